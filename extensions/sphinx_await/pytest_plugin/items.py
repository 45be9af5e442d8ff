"""Pages as collectors, and their programs as tests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import pytest

from ..core.errors import EngineError, OptionError
from ..core.text.output_lines import shown_text
from ..core.validation.exercise_checks import judges_time
from ..core.validation.expected_output import compare, corrections, find_expectation, with_corrections
from ..core.validation.faults import Fault
from ..core.validation.verdict import judge
from ..course.exercises import faults_of
from ..course.jobs import jobs_of
from ..course.paths import shown_path
from ..course.printed import redact_printed
from .files import read_file
from .report import ProgramError, ProgramReport, Wrong, code_lines, printed_lines
from .updates import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ..core.model.recording import Recording
    from ..core.model.snippet import Snippet
    from ..core.validation.verdict import Problem
    from ..course.config import AwaitConfig
    from ..course.entries import Mistake
    from ..course.jobs import Job
    from ..course.pages.model import Page, PageContext
    from ..course.program_runs import ProgramRuns
    from ..course.project import Project
    from ..engine.result import Result
    from .shared import Shared
    from .updates import Updates

_NO_MARKDOWN = (
    "programs of Markdown pages are found by markdown-it-py and mdit-py-plugins, which are not installed: "
    "`pip install myst-parser`, or `pip install markdown-it-py mdit-py-plugins`"
)


@dataclass(frozen=True, slots=True)
class PagePrograms:
    """A page that was read, and what runs its programs.

    :ivar folders: of this machine, which a page does not show.
    :ivar updates: what writes expected output; None if nobody asked for that.
    """

    file: Path
    kind: str
    page: Page
    context: PageContext
    project: Project
    runs: ProgramRuns
    folders: tuple[str, ...]
    updates: Updates | None


class ProgramFile(pytest.File):
    """A page, a Python file with docstrings, or a program."""

    def __init__(self, *, shared: Shared, kind: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._shared = shared
        self._kind = kind

    def collect(self) -> Iterable[pytest.Item]:
        """The programs of the file in their order, and its mistakes in markup."""
        try:
            project = self._shared.projects.of(self.path)
            runs = self._shared.runs_of(project)
        except OptionError as error:
            raise self.CollectError(str(error)) from None
        context = project.context_of(self.path)
        page = self._read(context)
        self._shared.count_idle(page)
        folders = self._shared.folders_of(project)
        found = PagePrograms(self.path, self._kind, page, context, project, runs, folders, self._shared.updates)
        items: dict[str, _Item] = {}
        for job in jobs_of(page.entries, context.docname, project.config):
            for part, entry in enumerate(job.entries):
                name = entry.snippet.name
                items[name] = ProgramItem.of(self, found, job, part)
        for entry in page.entries:
            yield items.get(entry.snippet.name) or OtherPythonItem.of(self, entry.snippet, project.config)
        taken: set[str] = set()
        for mistake in page.mistakes:
            yield MistakeItem.of(self, mistake, taken)

    def _read(self, context: PageContext) -> Page:
        try:
            return read_file(self.path, self._kind, context)
        except ImportError as error:
            raise self.CollectError(f"{_NO_MARKDOWN} ({error})") from None
        except UnicodeDecodeError as error:
            reason = f"it is not UTF-8: {error.reason} at byte {error.start}"
            raise self.CollectError(f"{self.path}: {reason}") from None
        except OSError as error:
            raise self.CollectError(f"{self.path}: it cannot be read: {error.strerror}") from None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *arguments: Any) -> Any:
        """A sentence if the file cannot be read."""
        if isinstance(excinfo.value, self.CollectError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *arguments)


class _Item(pytest.Item):
    """What all our tests share."""

    place: tuple[str, int]
    what = "program"

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line from 0, and what it is. With the name alone, pytest would show other dots in it."""
        return Path(self.place[0]), self.place[1] - 1, f"{self.what} {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *arguments: Any) -> Any:
        """The author's own lines; no traceback of ours."""
        if isinstance(excinfo.value, ProgramError):
            return excinfo.value.report
        return super().repr_failure(excinfo, *arguments)

    def _shown(self, file: str) -> str:
        """A file from the folder in which pytest was started."""
        return shown_path(file, self.config.invocation_params.dir)


class MistakeItem(_Item):
    """A mistake in the markup of a page, which is a test that fails."""

    mistake: Mistake
    what = "markup at"

    @classmethod
    def of(cls, parent: pytest.Collector, mistake: Mistake, taken: set[str]) -> Self:
        """The test of a mistake."""
        name = f"line-{mistake.line}"
        while name in taken:
            name += "-"
        taken.add(name)
        item: Self = cls.from_parent(parent, name=name)
        item.mistake, item.place = mistake, (mistake.file, mistake.line)
        return item

    def runtest(self) -> None:
        """Fail.

        :raises ProgramError: always.
        """
        raise ProgramError(
            ProgramReport((Wrong(self._shown(self.mistake.file), self.mistake.line, self.mistake.message),))
        )


class OtherPythonItem(_Item):
    """A program that is for other Pythons: it is skipped."""

    @classmethod
    def of(cls, parent: pytest.Collector, snippet: Snippet, config: AwaitConfig) -> Self:
        """The test of such a program."""
        item: Self = cls.from_parent(parent, name=_selectable(snippet.name))
        item.place = snippet.file, snippet.line_in_file(1)
        reason = f"it is for Python {snippet.options.python}, and this is {config.interpreter().version}"
        item.add_marker(pytest.mark.skip(reason=reason))  # which says where it is, as a call would not
        return item

    def runtest(self) -> None:
        """Nothing, and never."""


def _selectable(name: str) -> str:
    """The name of a program as one of a test, which could not be selected if it had "::" in it."""
    return name.replace("::", ":")


class ProgramItem(_Item):
    """A program of a page: it ends well, or with the exception that it must, and prints what it says."""

    found: PagePrograms
    job: Job
    part: int

    @classmethod
    def of(cls, parent: ProgramFile, found: PagePrograms, job: Job, part: int) -> Self:
        """The test of a program."""
        snippet = job.entries[part].snippet
        item: Self = cls.from_parent(parent, name=_selectable(snippet.name))
        item.found, item.job, item.part = found, job, part
        item.place = snippet.file, snippet.line_in_file(1)
        return item

    @property
    def snippet(self) -> Snippet:
        """The program."""
        return self.job.entries[self.part].snippet

    @property
    def is_timed(self) -> bool:
        """Whether a check of its exercise asks how long something took."""
        exercises = [one for one in self.found.page.exercises if self.snippet.name in one.programs]
        return any(judges_time(test) for exercise in exercises for test in (*exercise.tests, *exercise.conditions))

    def runtest(self) -> None:
        """Run the program, unless that was done, and judge it.

        :raises ProgramError: the run is wrong.
        """
        config = self.found.project.config
        if config.execute == "off":
            pytest.skip("await_execute is 'off'")
        try:
            recordings = self.found.runs.recordings(self.job.program)
        except EngineError as error:
            raise ProgramError(ProgramReport((self._wrong(str(error)),))) from None
        if recordings is None:
            message = "it has no valid recording, and await_execute is 'cached'"
            raise ProgramError(ProgramReport((self._wrong(message),)))
        recording = recordings[self.part]
        problems = self._problems(recording)
        is_other = [problem.fault for problem in problems] == [Fault.MISMATCH] and self.snippet.typed is None
        if self.found.updates is not None and is_other:
            self._update(self.found.updates, recording)
            problems = ()
        if problems:
            raise ProgramError(self._report(recording, problems))
        self._see_exercise(recording)

    def is_suspect(self, result: Result) -> bool:
        """Whether a result of the program is wrong only in durations, which a busy machine can cause."""
        return any(problem.doubtful for problem in self._problems(result.recordings[self.part]))

    def _displayed(self, recording: Recording) -> Callable[[str], str]:
        """What a page shows of a text that the program printed."""
        return partial(_redacted, recording, self.found.folders)

    def _update(self, updates: Updates, recording: Recording) -> None:
        """Write what it printed into its comment.

        :raises ProgramError: the output cannot be written into a comment.
        """
        code, mode = self.snippet.code, self.snippet.options.expect
        expectation = find_expectation(code, self.found.project.config.expect_markers)
        assert expectation is not None
        printed = self._displayed(recording)(shown_text(recording.outputs, "stdout"))
        exact, any_order = mode == "exact", mode == "any-order" or (mode is None and expectation.any_order)
        changed = corrections(code, expectation, printed, exact=exact, any_order=any_order)
        again = find_expectation(with_corrections(code, changed), self.found.project.config.expect_markers)
        reason = "no comment can say it"
        if again is not None and compare(again, printed, exact=exact, any_order=any_order) is None:
            found = self.found
            reason = updates.write(Change(found.file, found.kind, found.context, found.page, self.snippet, changed))
        if reason:
            raise ProgramError(ProgramReport((self._wrong(f"its expected output is not written: {reason}"),)))

    def _problems(self, recording: Recording) -> tuple[Problem, ...]:
        return judge(
            self.snippet,
            recording,
            markers=self.found.project.config.expect_markers,
            timeout=self.job.program.timeout_of(self.part),
            earlier=self._earlier,
            displayed=self._displayed(recording),
        )

    def _earlier(self) -> list[str]:
        """The programs before it on its page, without those of its session."""
        parts, _ = self.job.parts_of_process(self.part)
        together = {entry.snippet.name for entry in parts}
        before = takewhile(lambda entry: entry.snippet.name != self.snippet.name, self.found.page.entries)
        return [entry.snippet.code for entry in before if entry.snippet.name not in together]

    def _wrong(self, message: str, line: int | None = None, details: Iterable[str] = ()) -> Wrong:
        return Wrong(self._shown(self.snippet.file), self.snippet.line_in_file(line), message, tuple(details))

    def _report(self, recording: Recording, problems: Iterable[Problem]) -> ProgramReport:
        wrongs = []
        for problem in problems:
            message, *details = problem.message.split("\n")
            wrongs.append(self._wrong(message, problem.line, details))
        parts = [entry.snippet for entry in self.job.parts_of_process(self.part)[0]]
        code = code_lines(self.snippet, [wrong.line for wrong in wrongs])
        return ProgramReport(tuple(wrongs), code, printed_lines(recording, parts, self._file_of))

    def _file_of(self, snippet: Snippet) -> str:
        return self._shown(snippet.file)

    def _see_exercise(self, recording: Recording) -> None:
        """Check that a solution passes its exercise, that a start does not, and what a wrong answer gets.

        :raises ProgramError: one of these is not so.
        """
        wrongs = tuple(
            self._wrong(message) if part is None else Wrong(self._shown(part.file), part.line, message)
            for exercise in self.found.page.exercises
            if self.snippet.name in exercise.programs
            for part, message in faults_of(exercise, self.snippet, recording)
        )
        if wrongs:
            parts = [entry.snippet for entry in self.job.parts_of_process(self.part)[0]]
            code = code_lines(self.snippet, [wrong.line for wrong in wrongs])
            raise ProgramError(ProgramReport(wrongs, code, printed_lines(recording, parts, self._file_of)))


def _redacted(recording: Recording, folders: tuple[str, ...], text: str) -> str:
    return redact_printed(recording, text, folders)
