"""The nodes of sphinx-await, and how to find the parts of a run in a doctree."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from sphinx import addnodes

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Titled(nodes.Element, addnodes.translatable):
    """A node with a text of its author in an attribute, which translators find in their catalogues.

    Such a node has one text only: Sphinx translates no text of a node if the last one's translation is equal to it.
    """

    #: The attribute. It may be empty.
    text: ClassVar[str]
    _ORIGINAL = "original"

    def preserve_original_messages(self) -> None:
        """Keep the text for :meth:`extract_original_messages`."""
        self[self._ORIGINAL] = self[self.text]

    def apply_translated_message(self, _original: str, translated: str) -> None:
        """Take the translation."""
        self[self.text] = translated

    def extract_original_messages(self) -> Sequence[str]:
        """The text as its author wrote it."""
        original: str = self[self._ORIGINAL]
        return [original] if original else []


class await_run(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A snippet in its document. Its children are the code and the placeholder of its output.

    Attributes: ``snippet`` (:class:`.Snippet`); ``docname``, which builders that merge documents would lose;
    ``displayed``, while it is read: the code that it shows, before it is translated.
    """


class await_compare(nodes.General, _Titled):  # noqa: N801 - docutils names nodes so
    """Runs to compare, which are its children: ``docname``, ``caption``."""

    text = "caption"


class await_compared(nodes.Part, _Titled):  # noqa: N801
    """A run of a comparison: ``name``, and its ``heading`` in the picture, which is the name where it is empty."""

    text = "heading"


class await_picture(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A picture: ``runs`` (:class:`.ShownRun`), ``prefix`` of its ids, ``label``; once written, its ``files``.

    A comparison has a ``caption``, which may be empty.
    """


class await_index(nodes.General, nodes.Element):  # noqa: N801
    """The place of an index of runs: ``docname``, ``patterns`` of documents (none are all)."""


class await_downloads(nodes.General, nodes.Element):  # noqa: N801
    """The place of the programs of a page as files: ``docname``; once written, its ``files``."""


class await_live(nodes.General, nodes.Element):  # noqa: N801
    """A program that a reader may run: ``program`` (JSON-ready)."""


class await_exercise(nodes.General, _Titled):  # noqa: N801
    """An exercise with all its parts: ``title``, ``checks`` (a tuple of :class:`.Check`), ``key``.

    The ``key`` is that of the :class:`.Exercise`.

    The programs in it have a ``role``: ``start``, which has the same ``checks`` and the conditions of ``feedback``,
    ``solution``, or ``wrong``.
    """

    text = "title"


class await_progress(nodes.General, nodes.Element):  # noqa: N801
    """The place of a list of pages with exercises: ``docname``, ``patterns`` of documents (none are all)."""


class await_count(nodes.Inline, nodes.TextElement):  # noqa: N801
    """How many exercises and questions a page has, in words.

    ``exercises`` are the names by which a reader's progress is kept, ``questions`` is a number.
    """


class await_check(nodes.General, nodes.Element):  # noqa: N801
    """A check, until its exercise collects it: ``test``, ``file``, ``line``. Its children describe the goal.

    The ``test`` of a check with a mistake is empty.
    """


class await_feedback(nodes.General, nodes.Element):  # noqa: N801
    """What is said of wrong answers of a kind, as its children: ``condition``, ``file``, ``line``, ``index``.

    The ``index`` is that among those of its exercise. The ``condition`` is empty if it has a mistake. Programs in it
    have the ``role`` ``wrong`` and are never shown.
    """


class await_predict(nodes.General, _Titled):  # noqa: N801
    """A question about a run: ``title``, ``kind``, ``at`` (seconds), ``file``, ``line``.

    Its parts are among its children: the program, the choices, the sentences for mistakes. What follows the program is
    shown with the answer.
    """

    text = "title"


class await_choices(nodes.General, nodes.Element):  # noqa: N801
    """Choices of a question, which are its children: ``wrong`` (whether they are distractors), ``file``, ``line``."""


class await_choice(nodes.Part, _Titled):  # noqa: N801
    """One choice: ``choice``."""

    text = "choice"


class await_why(nodes.General, _Titled):  # noqa: N801
    """The explanation of a mistake, as its children: ``mistake`` (as its author names it), ``file``, ``line``."""

    text = "mistake"


class await_question(nodes.General, nodes.Element):  # noqa: N801
    """The question in a page: ``data`` for the script (JSON-ready), ``hint``, ``choices``.

    A choice is its text, and whether that is of the program: a line of output, a name.
    """


class await_answer(nodes.General, nodes.Element):  # noqa: N801
    """The answer of a question, folded or at the foot of its page: ``title`` of its question."""


class await_fold(nodes.General, _Titled):  # noqa: N801
    """Folded content under its ``summary``, or under the words for its ``kind`` if that is empty.

    The ``part`` of an exercise that it is: ``hint`` or ``solution``.
    """

    text = "summary"

    @property
    def shown_summary(self) -> str:
        """What is to be read above it."""
        return str(self["summary"] or self["kind"])


def place_in(run: nodes.Element) -> nodes.literal_block | None:
    """The placeholder of a run's output; None if the author hides the output."""
    return next((block for block in run.findall(nodes.literal_block) if block.get("await_output")), None)


def code_in(run: nodes.Element) -> nodes.literal_block | nodes.doctest_block | None:
    """The code that a run shows; None if its author hides it.

    Until a page is written, a block with prompts stays what reStructuredText makes of it: doctest's builder finds it by
    its class.
    """
    blocks = (node for node in run.findall(nodes.FixedTextElement) if isinstance(node, _BLOCKS))
    return next((block for block in blocks if not block.get("await_output")), None)


_BLOCKS = (nodes.literal_block, nodes.doctest_block)


def code_of(block: nodes.Element) -> str:
    """The text of a block of code, or of a comment.

    While a page is read, docutils puts what it has to say of a block's name into the block itself.
    """
    return "".join(part.astext() for part in block.children if not isinstance(part, nodes.system_message))


def first_number(block: nodes.Element) -> int:
    """The number that a block shows, or would show, before its first line."""
    arguments: dict[str, int] = block.get("highlight_args", {})
    return arguments.get("linenostart", 1)


def output_place(text: str = "") -> nodes.literal_block:
    """The literal block that a recording's output will fill."""
    return nodes.literal_block(text, text, language="none", await_output=True)


#: What the name of a run's output ends with, and each option of a directive that is of its output.
OUTPUT = "_output"

#: The placeholder has this attribute: how many characters its lines lose at their starts; None for their indentation.
DEDENT = "await_dedent"

#: An item of a list has this attribute: what a check of an exercise is about.
GOAL = "await_goal"

#: An inline node has these attributes: the name of the run of which it says something, and what (:class:`.RunValue`).
RUN_OF, VALUE = "await_run_of", "await_value"
#: The name of another run, of whose time it is the ratio to.
RATIO_TO = "await_ratio_to"


class await_figure(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A run: ``name``, ``wall`` (seconds), ``failed``."""


class await_code(nodes.General, nodes.Element):  # noqa: N801
    """The code as Sphinx shows it, in a box that scrolls: ``label``."""


class await_outputs(nodes.General, nodes.Element):  # noqa: N801
    """Output: ``lines`` of (moment in seconds, stream, task's name or None, text), ``label``, and how to show them.

    ``styles``: for each line its colours and styles: start, end, names (:meth:`~..core.text.styles.Style.names`),
    and the address to which that leads, or nothing.
    ``omitted``: the words before a line before which lines are missing, by its index.
    ``marks``: for a line that has a mark in the picture, its own id and the mark's.
    ``before``: how many lines of the same output come before these.
    """


class await_display(nodes.General, nodes.Element):  # noqa: N801
    """A result that a program displayed, which is its child: ``at`` (seconds), ``task`` (its name, or None).

    One that can be too wide has a ``label``, its name for screen readers.
    """


class await_indexed(nodes.General, nodes.TextElement):  # noqa: N801
    """A text that the visitor of its parent writes itself; it is here for search indexes, and shown nowhere."""


class await_facts(nodes.General, nodes.TextElement):  # noqa: N801
    """What was measured, as one line: ``folded``, whether it is in the fold of an answer."""
