"""The nodes of sphinx-await, and how to find the parts of a run in a doctree."""

from __future__ import annotations

from docutils import nodes


class await_run(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A snippet in its document. Its children are the code and the placeholder of its output.

    Attributes: ``snippet`` (:class:`.Snippet`); ``docname``, which builders that merge documents would lose;
    ``displayed``, while it is read: the code that it shows, before it is translated.
    """


class await_compare(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Runs to compare: ``runs`` (name and heading of each), ``docname``, ``caption``."""


class await_picture(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A picture: ``runs`` (:class:`.ShownRun`), ``prefix`` of its ids, ``label``; once written, its ``files``.

    A comparison has a ``caption``, which may be empty.
    """


class await_live(nodes.General, nodes.Element):  # noqa: N801
    """A program that a reader may run: ``program`` (JSON-ready)."""


class await_exercise(nodes.General, nodes.Element):  # noqa: N801
    """An exercise with all its parts: ``title``, ``checks`` (a tuple of :class:`.Check`).

    The programs in it have a ``role``: ``start``, which has the same ``checks``, or ``solution``.
    """


class await_check(nodes.General, nodes.Element):  # noqa: N801
    """A check, until its exercise collects it: ``test``, ``file``, ``line``. Its children describe the goal.

    The ``test`` of a check with a mistake is empty.
    """


class await_fold(nodes.General, nodes.Element):  # noqa: N801
    """Folded content under its ``summary``."""


def place_in(run: nodes.Element) -> nodes.literal_block | None:
    """The placeholder of a run's output; None if the author hides the output."""
    return next((block for block in run.findall(nodes.literal_block) if block.get("await_output")), None)


def code_in(run: nodes.Element) -> nodes.literal_block | None:
    """The code that a run shows; None if its author hides it."""
    return next((block for block in run.findall(nodes.literal_block) if not block.get("await_output")), None)


def first_number(block: nodes.literal_block) -> int:
    """The number that a block shows, or would show, before its first line."""
    arguments: dict[str, int] = block.get("highlight_args", {})
    return arguments.get("linenostart", 1)


def output_place(text: str = "") -> nodes.literal_block:
    """The literal block that a recording's output will fill."""
    return nodes.literal_block(text, text, language="none", await_output=True)


#: An inline node has this attribute: the name of the run whose time it says.
TIME_OF = "await_time_of"


class await_figure(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A run: ``name``, ``wall`` (seconds), ``failed``."""


class await_code(nodes.General, nodes.Element):  # noqa: N801
    """The code as Sphinx shows it, in a box that scrolls: ``label``."""


class await_outputs(nodes.General, nodes.Element):  # noqa: N801
    """Output: ``lines`` of (moment in seconds, stream, task's name or None, text), ``label``, and how to show them.

    ``styles``: for each line its colours and styles: start, end, names (:meth:`~..core.text.styles.Style.names`).
    ``omitted``: the words before a line before which lines are missing, by its index.
    ``marks``: for a line that has a mark in the picture, its own id and the mark's.
    """


class await_facts(nodes.General, nodes.TextElement):  # noqa: N801
    """What was measured, as one line."""
