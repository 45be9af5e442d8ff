"""What a page shows of the code of a run, and what readers may edit of it.

A comment of expected output that was right repeats the output below it, so it is left out where that is shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import get_translation

from ...core.validation.expected_output import (
    ends_with_expectation,
    expectation_lines,
    find_expectation,
    without_expectation,
)
from ..build_session import session_of
from ..nodes import code_in, code_of, place_in

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from ...core.model.snippet import Snippet
    from ..nodes import await_run
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

#: The attribute of a run's node that has the words beside its output, where its expected output is not shown.
CONFIRMED = "await_confirmed"


def leave_out_expectation(env: BuildEnvironment, node: await_run, run: PublishableRun) -> None:
    """Leave the comment of expected output out of the code, and keep what is said beside the output instead.

    It stays where its author wants it, where the output is not shown, where it was not compared or was wrong, and where
    code follows it.
    """
    config, options = session_of(env).config, run.snippet.options
    is_wanted = config.show_expected if options.show_expected is None else options.show_expected
    block, markers = code_in(node), config.expect_markers
    if is_wanted or block is None or run.snippet.typed is not None or run.problems or options.expect == "off":
        return
    texts = (run.snippet.code, code_of(block))
    is_shown = bool(run.lines) and place_in(node) is not None
    is_at_end = all(expectation_lines(one, markers) and ends_with_expectation(one, markers) for one in texts)
    if not (is_shown and is_at_end):
        return
    expectation = find_expectation(run.snippet.code, markers)
    any_order = options.expect == "any-order" or (expectation is not None and expectation.any_order)
    node[CONFIRMED] = str(_("As expected; the order may be another one") if any_order else _("As expected"))
    block.rawsource = without_expectation(texts[1], markers)
    block[:] = [nodes.Text(block.rawsource)]


def offered_snippet(env: BuildEnvironment, node: await_run, snippet: Snippet) -> Snippet:
    """The program as readers may edit it: without the comment of expected output, where the page does not show it."""
    if "prediction" not in node and CONFIRMED not in node:
        return snippet
    code = without_expectation(snippet.code, session_of(env).config.expect_markers)
    shown = None if snippet.shown is None else snippet.shown[: code.count("\n") + 1]
    return replace(snippet, code=code, shown=shown)


def number_lines(env: BuildEnvironment, node: await_run, snippet: Snippet) -> None:
    """Number the lines of the code: pictures, tracebacks and a reader's own run name lines by these numbers."""
    asked = snippet.options.line_numbers
    is_wanted = session_of(env).config.line_numbers if asked is None else asked
    block = code_in(node)
    if block is None or snippet.typed is not None or not (is_wanted and "\n" in code_of(block).rstrip("\n")):
        return
    block["linenos"] = True
