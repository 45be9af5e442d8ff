"""Exercises: a task, a start, checks of what a program does, hints, and a solution that passes the checks.

``exec_exercise`` holds the others: ``exec_start``, ``exec_check``, ``exec_hint``, ``exec_feedback`` and
``exec_solution``. The build runs both programs: the solution must pass every check, the start must not. ``exec_wrong``
in ``exec_feedback`` is a wrong answer that must get this sentence. ``exec_lines`` is a solution whose shuffled lines
are the start.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.locale import get_translation
from sphinx.util.docutils import SphinxDirective

from ...core.errors import OptionError
from ...course.entries import Check
from ...course.line_order import ORDER_OPTIONS, Ordering, fit_for_ordering, start_of
from ..domain import note_mistake
from ..nodes import GOAL, await_check, await_exercise, await_feedback, await_fold, await_run, code_in
from ..page_language import speak_as_read
from .exec_code import BlockOptions, ExecCode, place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...core.model.snippet import Snippet

_ = get_translation("sphinx_await")


class ExecExercise(SphinxDirective):
    """An exercise. Its title is the argument; its name is that of the start."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The exercise with everything in it, or what is missing as a mistake."""
        node = await_exercise("", title=self.arguments[0] if self.arguments else "")
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        at_end = [fold for fold in node.findall(await_fold) if fold.get("at_end")]
        for fold in at_end:
            fold.parent.remove(fold)
            node += fold
        checks, wrong = _checks_in(node)
        programs = {role: [run for run in node.findall(await_run) if run.get("role") == role] for role in _ROLES}
        for role, found in programs.items():
            if len(found) != 1 and (found or not at_end):  # lines that cannot be shuffled were reported
                self._mistake(f"exec_exercise: one exec_{role} expected, found {len(found)}")
        if not checks and not wrong:
            self._mistake("exec_exercise: there is no exec_check")
        if name := self.options.get("name"):
            for role, ending in _ROLES.items():
                for run in programs[role]:
                    snippet: Snippet = run["snippet"]
                    run["snippet"] = replace(snippet, name=snippet.name or f"{name}{ending}")
            _name_wrong_answers(node, name)
        if checks:
            _list_goals(checks)
            node["checks"] = tuple(Check(check["test"], "", check["file"], check["line"]) for check in checks)
        return [node]

    def _mistake(self, message: str) -> None:
        note_mistake(self.env, *place_of(self), message)


#: The programs of an exercise, and how their names end.
_ROLES = {"start": "", "solution": "-solution"}


def _name_wrong_answers(exercise: await_exercise, name: str) -> None:
    wrong = (run for part in exercise.findall(await_feedback) for run in part.findall(await_run))
    for number, run in enumerate(wrong, 1):
        snippet: Snippet = run["snippet"]
        run["snippet"] = replace(snippet, name=snippet.name or f"{name}-wrong-{number}")


def _checks_in(exercise: await_exercise) -> tuple[list[await_check], int]:
    """The checks of an exercise, and the number of those with a mistake, which are removed."""
    found = list(exercise.findall(await_check))
    wrong = [check for check in found if not check["test"]]
    for check in wrong:
        check.parent.remove(check)
    return [check for check in found if check["test"]], len(wrong)


def _list_goals(checks: list[await_check]) -> None:
    """Collect the goals in one list, at the place of the first check."""
    goals = nodes.bullet_list("", classes=["await-goals"])
    checks[0].parent.insert(checks[0].parent.index(checks[0]), goals)
    for check in checks:
        check.parent.remove(check)
        goals += nodes.list_item("", *check.children, **{GOAL: True})


class ExecStart(ExecCode):
    """The start: the program that a reader begins with."""

    is_start = True

    def run(self) -> list[nodes.Node]:
        """As for any program, with its role."""
        return list(self._with_role("start"))

    def _with_role(self, role: str) -> Iterator[nodes.Node]:
        for node in super().run():
            if isinstance(node, await_run):
                node["role"] = role
            yield node


class ExecSolution(ExecStart):
    """A program that solves the exercise; folded."""

    is_start = False

    def run(self) -> list[nodes.Node]:
        """The program in its fold."""
        return [await_fold("", *self._with_role("solution"), summary="", kind=str(_("Solution")), part="solution")]


class ExecLines(ExecStart):
    """A program whose lines a reader puts in order. The shuffled lines are the start, the program is the solution."""

    is_start = False
    option_spec: ClassVar[dict[str, Any]] = {
        **ExecStart.option_spec,
        "fixed": directives.unchanged,
        "indent": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """The start, and the solution in a fold that its exercise puts at its end."""
        made = list(self._with_role("solution"))
        runs = [node for node in made if isinstance(node, await_run)]
        try:
            starts = [self._start_of(run) for run in runs]
        except OptionError as error:
            note_mistake(self.env, *self._where(), f"exec_lines: {error}")
            starts = []
        return [*starts, await_fold("", *made, summary="", kind=str(_("Solution")), part="solution", at_end=True)]

    def _start_of(self, solution: await_run) -> await_run:
        """The run of the shuffled lines.

        :raises OptionError: the lines cannot be shuffled.
        """
        ordering = Ordering.of({name: self.options.get(name) for name in ORDER_OPTIONS if name in self.options})
        solution["snippet"] = fit_for_ordering(solution["snippet"], solution.get("displayed"))
        node = await_run("", role="start", ordering=ordering)
        self.set_source_info(node)
        node += self._block(BlockOptions(hide=False, language="python", options={}), [""])
        for block in node.findall(nodes.literal_block):
            block["translatable"] = False  # the solution is
        shuffle(node, solution["snippet"], "")
        return node


def shuffle(start: await_run, solution: Snippet, name: str) -> None:
    """Give a start the shuffled lines of a solution.

    :raises OptionError: the lines cannot be shuffled.
    """
    snippet, start["order"] = start_of(solution, start["ordering"])
    start["snippet"] = replace(snippet, name=name)
    block = code_in(start)
    if block is not None:
        block.rawsource = snippet.code
        block[:] = [nodes.Text(snippet.code)]


class ExecWrong(ExecStart):
    """A wrong answer, for the build alone."""

    is_start = False

    def run(self) -> list[nodes.Node]:
        """The program, of which nothing is shown."""
        self.options |= {"hide": None, "hide_output": None}
        return list(self._with_role("wrong"))


class ExecFeedback(SphinxDirective):
    """What is said of wrong answers of a kind. Its argument is the condition that they meet."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the feedback node, for the exercise around it. A condition that cannot be parsed is reported."""
        file, line = place_of(self)
        node = await_feedback("", condition=self.arguments[0], file=file, line=line, classes=["no-search"])
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        said = " ".join(one.astext() for one in node.children if not isinstance(one, await_run))
        if mistake := _check_mistake(self.arguments[0], said):
            note_mistake(self.env, file, line, f"exec_feedback: {mistake}")
            node["condition"] = ""
        return [node]


class ExecHint(SphinxDirective):
    """A hint; folded."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The hint in its fold."""
        speak_as_read(self.state.document, self.config)
        summary = self.arguments[0] if self.arguments else ""
        node = await_fold("", summary=summary, kind=str(_("Hint")), part="hint")
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class ExecCheck(SphinxDirective):
    """A check. Its argument is the expression, its content describes the goal."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The check, for the exercise around it; an unreadable one is a mistake."""
        file, line = place_of(self)
        test = self.arguments[0]
        if mistake := _check_mistake(test, "\n".join(self.content)):
            note_mistake(self.env, file, line, f"exec_check: {mistake}")
            return [await_check("", test="", file=file, line=line)]  # so that nobody misses a check
        node = await_check("", test=test, file=file, line=line)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def _check_mistake(test: str, text: str) -> str:
    from ...course.exercises import check_mistake  # many courses have no exercise

    return check_mistake(test, text)
