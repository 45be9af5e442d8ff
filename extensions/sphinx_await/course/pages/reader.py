"""Collects the programs of one page, whatever its markup is.

:mod:`.markdown` and :mod:`.restructuredtext` find fences and directives; what these mean is here.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.errors import OptionError
from ...core.model.snippet import PARSERS, Options, Snippet
from ..cells import read_cell
from ..entries import Check, Exercise, FeedbackEntry, Mistake, SnippetEntry, free_name
from ..exercises import check_mistake, options_of_start
from ..fence_comment import TAGS
from ..file_parts import PART_OPTIONS, FilePart, is_python_file
from ..line_order import ORDER_OPTIONS, Ordering, fit_for_ordering, start_of
from ..page_defaults import NONE, WORDS, PageDefaults, read_head, set_up, with_defaults
from ..paths import shown_path
from ..prompts import PROMPT_TAGS, begins_with_prompt, has_prompts, read_typed
from ..python_versions import read_options
from ..source_map import read_code, read_plain, read_program
from .model import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..fence_comment import AskedRun
    from ..source_map import SourceMap
    from .model import Directive, Lines, PageContext

    #: Gives a reader all fences and directives of some lines.
    Scanner = Callable[["PageReader", Lines], None]

MARKDOWN, RESTRUCTUREDTEXT = "markdown", "restructuredtext"
RUNS = frozenset({"exec_code", "exec_start", "exec_lines", "exec_solution", "exec_wrong"})
#: What options of ``code-block`` a program may have; each also for its output.
_BLOCK_OPTIONS = ("force", "linenos", "dedent", "lineno-start", "emphasize-lines", "caption", "class", "name")
OPTION_NAMES = frozenset(
    {
        *PARSERS,
        *_BLOCK_OPTIONS,
        "hide",
        "language",
        "filename",
        *PART_OPTIONS,
        *(f"{name}_output" for name in (*_BLOCK_OPTIONS, "hide", "language")),
    }
)
#: A program whose lines are to be put in order: it has options of its own.
_LINES = "exec_lines"


def option_names(directive: str) -> frozenset[str]:
    """The options that a directive with a program has."""
    return OPTION_NAMES.union(ORDER_OPTIONS) if directive == _LINES else OPTION_NAMES


#: It shows a file.
_INCLUDED = "literalinclude"
#: Directives that show code, whose language is their argument. In reStructuredText they are what a plain fence is.
CODE = frozenset({"code", "code-block", "code-tab", "sourcecode"})
#: Directives whose content is no markup.
LITERAL = frozenset(
    {
        *CODE,
        "code-cell",
        "command-output",
        "csv-table",
        "digraph",
        "doctest",
        "exec_choices",
        "exec_compare",
        "exec_distractors",
        "graph",
        "graphviz",
        "image",
        "ipython",
        "jupyter-execute",
        _INCLUDED,
        "math",
        "mermaid",
        "parsed-literal",
        "plantuml",
        "productionlist",
        "program-output",
        "prompt",
        "raw",
        "testcleanup",
        "testcode",
        "testoutput",
        "testsetup",
        "tikz",
        "toctree",
    }
)
#: Directives whose code sphinx.ext.doctest runs, and no build of ours.
_DOCTESTS = frozenset({"doctest", "testcode", "testsetup", "testcleanup"})
_DEEPEST_INCLUDE = 20


@dataclass(slots=True)
class _OpenExercise:
    """An exercise of which the end was not read yet."""

    programs: dict[str, list[int]] = field(default_factory=lambda: {"start": [], "solution": []})
    checks: list[Check] = field(default_factory=list)
    mistakes: int = 0
    feedback: list[tuple[str, str, int, list[int]]] = field(default_factory=list)
    #: Solutions that come at the end, each with whether its output is hidden; None for one that cannot be read.
    at_end: list[tuple[Snippet, bool] | None] = field(default_factory=list)


#: The programs of an exercise, and how their names end.
_ROLES = {"start": "", "solution": "-solution"}
_WRONG = "wrong"


class PageReader:
    """Takes the fences and directives of a page in its order.

    :param markup: the markup of the page.
    :param scanners: what finds fences and directives in each markup.
    :ivar file: the file that is read: of the page, or one that it includes.
    :ivar highlight: the language of blocks that name none.
    """

    def __init__(self, context: PageContext, file: Path, markup: str, scanners: Mapping[str, Scanner]) -> None:
        self.context = context
        self.file = file
        self.highlight = context.highlight
        self._markup = markup
        self._is_restructuredtext = markup == RESTRUCTUREDTEXT and file.suffix != ".py"
        self._scanners = scanners
        self._snippets: list[Snippet] = []
        self._silent: list[bool] = []
        self._exercises: list[_OpenExercise] = []
        self._within: list[_OpenExercise] = []
        #: The wrong answers of the sentence that is read.
        self._wrong: list[int] | None = None
        self._mistakes: list[Mistake] = []
        self._including: list[Path] = [file]
        self._idle = 0
        self._doctests = 0
        self._defaults = NONE
        #: What the names of programs begin with to which their author gives none.
        self.stem = context.docname
        self._stems: list[str] = []

    def mistake(self, line: int, message: str) -> None:
        """Note something wrong in the markup."""
        self._mistakes.append(Mistake(str(self.file), line, message))

    def fence(self, code: str, first_line: int, asked: AskedRun | None, *, prompts: bool = False) -> None:
        """Take a plain fence of Python.

        :param asked: what its comment asks for; None if it has none.
        :param prompts: it is typed at a prompt, or was meant to be.
        """
        prompts = prompts or begins_with_prompt(code)
        if asked is None and prompts and not has_prompts(code):
            return
        runs_all = self.context.runs_all if self._defaults.run is None else self._defaults.run
        if asked is None and not runs_all:
            self._idle += 1
            return
        if asked is not None and not asked.run:
            return
        try:
            source, typed = read_typed(code, first_line) if prompts else (read_plain(code, first_line), None)
        except OptionError as error:
            self.mistake(first_line, str(error))
            return
        name, options = (asked.name, asked.options) if asked else ("", Options())
        self._add(Snippet(name, source.executed, str(self.file), source.lines, options, typed=typed), silent=False)

    def is_python(self, directive: Directive | None = None) -> bool:
        """Whether a directive shows Python; of None, whether blocks do that name no language."""
        if directive is not None and directive.name == _INCLUDED:
            return is_python_file(directive.argument, directive.options.get("language", ""))
        language = (directive.argument.split() or [""])[0] if directive is not None else ""
        is_shown = directive is None or directive.name in CODE
        return is_shown and (language or self.highlight).casefold() in TAGS | PROMPT_TAGS

    def commented(self, directive: Directive, asked: AskedRun, line: int) -> None:
        """Take what a directive shows that is Python.

        :param asked: what the comment before it asks for.
        :param line: of the comment.
        """
        if asked.caption and "caption" in directive.options:
            self.mistake(line, "caption: the directive has one")
        elif directive.name == _INCLUDED:
            self._included(directive, asked, line)
        else:
            self.block(directive.body, asked)

    def block(self, body: Lines, asked: AskedRun | None) -> None:
        """Take a block of Python that is no fence: without a comment it is a program in reStructuredText only."""
        while body and not body[0][1]:
            body = body[1:]
        if body and (asked is not None or self._is_restructuredtext):
            self.fence("\n".join(text for _, text in body), body[0][0], asked)

    def directive(self, directive: Directive, parse: Callable[[Lines], None]) -> None:
        """Take a directive.

        :param parse: finds fences and directives in lines of the same markup.
        """
        name = directive.name
        if name == _LINES:
            self._lines(directive)
        elif name in RUNS:
            self._run(directive)
        elif name in self.context.cells:
            self._cell(directive)
        elif name == "exec_exercise":
            self._exercise(directive, parse)
        elif name == "exec_check":
            self._check(directive)
        elif name == "exec_feedback":
            self._feedback(directive, parse)
        elif name == "eval-rst":
            self._scanners[RESTRUCTUREDTEXT](self, directive.body)
        elif not self._shown(directive):
            parse(directive.body)

    def _shown(self, directive: Directive) -> bool:
        """Take a directive that shows something; False if its content is markup."""
        if directive.name == "highlight":
            self.highlight = directive.argument
        elif directive.name == "include":
            self._include(directive)
        elif directive.name not in CODE:
            self._doctests += directive.name in _DOCTESTS
            return directive.name in LITERAL
        elif self.is_python(directive):
            self.block(directive.body, None)
        return True

    def scan(self) -> None:
        """Read the page.

        :raises OSError: the page cannot be read.
        :raises UnicodeDecodeError: the page is not UTF-8.
        """
        lines = lines_of_page(self.content_of(self.file))
        head = read_head([text for _, text in lines], markdown=self._markup == MARKDOWN)
        try:
            self._defaults = PageDefaults.of(head)
        except OptionError as error:
            self.mistake(head[WORDS].line, str(error))
        self._scanners[self._markup](self, lines)

    def scan_lines(self, markup: str, lines: Lines) -> None:
        """Read some lines of a markup."""
        self._scanners[markup](self, lines)

    def program(self) -> None:
        """Take the file itself as a program.

        :raises OSError: the file cannot be read.
        """
        try:
            source = read_program(self.file, self.content_of(self.file))
        except OptionError as error:
            self.mistake(1, str(error))
            return
        if source.executed:
            self._add(Snippet("", source.executed, str(self.file), source.lines), silent=False)

    def page(self) -> Page:
        """All that was found, with the names that a build gives to the programs."""
        taken = {snippet.name for snippet in self._snippets}
        seen: dict[str, Snippet] = {}
        entries = []
        counts: Counter[str] = Counter()
        for snippet, silent, stem in zip(self._snippets, self._silent, self._stems, strict=True):
            name = snippet.name
            counts[stem] += 1
            if name in seen:
                first = seen[name]
                place = f"{shown_path(first.file, self.context.source)}:{first.line_in_file(1)}"
                message = f"there is another program named {name!r} on this page: {place}"
                self._mistakes.append(Mistake(snippet.file, snippet.line_in_file(1), message))
            is_named = name != "" and name not in seen
            if not is_named:
                name = free_name(name or stem, counts[stem], taken)
            options = with_defaults(snippet.options, self._defaults.options)
            entry = SnippetEntry(replace(snippet, name=name, options=options), silent, named=is_named)
            if is_named:
                seen[name] = entry.snippet
            entries.append(entry)
        entries = set_up(entries, self.context.docname, self.context.config, self._defaults)
        if any(entry.snippet.options.meets for entry in entries):
            from ..meetings import meeting_mistakes  # few programs meet

            for entry, message in meeting_mistakes(entries):
                self._mistakes.append(Mistake(entry.snippet.file, entry.snippet.line_in_file(1), message))
        exercises = []
        for found in self._exercises:
            programs = [entries[index].snippet.name for role in _ROLES for index in found.programs[role]]
            if found.checks and all(len(found.programs[role]) == 1 for role in _ROLES):
                feedback = tuple(
                    FeedbackEntry(condition, file, line, tuple(entries[index].snippet.name for index in wrong))
                    for condition, file, line, wrong in found.feedback
                )
                checks = tuple(found.checks)
                (start,) = (entries[index].snippet.code for index in found.programs["start"])
                told = (checks, feedback, "", "", start)
                exercises.append(Exercise(self.context.docname, programs[0], programs[1], *told))
        return Page(tuple(entries), tuple(exercises), tuple(self._mistakes), self._idle, self._doctests)

    def _add(self, snippet: Snippet, *, silent: bool) -> int:
        self._snippets.append(snippet)
        self._silent.append(silent)
        self._stems.append(self.stem)
        return len(self._snippets) - 1

    def _run(self, directive: Directive) -> None:
        role = directive.name.removeprefix("exec_")
        try:
            snippet = self._snippet(directive)
        except OptionError as error:
            self.mistake(directive.line, str(error))
            return
        unfinished = options_of_start(snippet.options, snippet.code) if role == "start" else None
        snippet = snippet if unfinished is None else replace(snippet, options=unfinished)
        index = self._add(snippet, silent="hide_output" in directive.options or unfinished is not None)
        if role == _WRONG:
            if self._wrong is not None:
                self._wrong.append(index)
            else:
                self.mistake(snippet.line_in_file(1), "exec_wrong is in no exec_feedback")
        elif role in _ROLES and self._within:
            self._within[-1].programs[role].append(index)
        elif role in _ROLES:
            self.mistake(snippet.line_in_file(1), f"exec_{role} is in no exec_exercise")

    def _lines(self, directive: Directive) -> None:
        """Take a program whose lines are to be put in order: its shuffled lines are the start."""
        start: Snippet | None = None
        try:
            solution = self._snippet(directive)
        except OptionError as error:
            self.mistake(directive.line, str(error))
            for around in self._within[-1:]:
                around.at_end.append(None)
            return
        try:
            ordering = Ordering.of(directive.options)
            solution = fit_for_ordering(solution)
            start, _ = start_of(solution, ordering)
        except OptionError as error:
            self.mistake(solution.line_in_file(1), f"exec_lines: {error}")
        is_silent = "hide_output" in directive.options
        starts = [] if start is None else [self._add(start, silent=True)]
        if self._within:
            self._within[-1].programs["start"] += starts
            self._within[-1].at_end.append((solution, is_silent))
            return
        self._add(solution, silent=is_silent)
        if start is not None:
            self.mistake(min(start.lines), "exec_lines is in no exec_exercise")

    def _cell(self, directive: Directive) -> None:
        """Take a cell of a notebook, unless it is empty or only shown."""
        try:
            cell = read_cell(directive.name, directive.argument, directive.options)
        except OptionError as error:
            self.mistake(directive.line, str(error))
            return
        if not cell.runs or ("filename" not in cell.given and not any(text.strip() for _, text in directive.body)):
            return
        given = {name: value for name, value in cell.given.items() if name in OPTION_NAMES}
        self._run(replace(directive, options=given))

    def _included(self, directive: Directive, asked: AskedRun, line: int) -> None:
        """Take a file that a page includes as text."""
        if not asked.run:
            return
        path = self._path_of(directive.name, directive.argument)
        try:
            source = read_program(path, self.context.contents.get(path))
        except OptionError as error:
            self.mistake(line, str(error))
            return
        self._add(Snippet(asked.name, source.executed, str(path), source.lines, asked.options), silent=False)

    def _snippet(self, directive: Directive) -> Snippet:
        """The program of a directive.

        :raises OptionError: the directive is not valid.
        """
        given = directive.options
        if directive.wrong:
            raise OptionError(f"{directive.name}: {directive.wrong}")
        if unknown := sorted(set(given) - option_names(directive.name)):
            raise OptionError(f"{directive.name}: unknown option {unknown[0]!r}")
        options = read_options({name: given[name] or None for name in PARSERS if name in given})
        file, source = self._source(directive)
        is_cell = directive.name in self.context.cells
        return Snippet(given.get("name", ""), source.executed, str(file), source.lines, options, cell=is_cell)

    def _source(self, directive: Directive) -> tuple[Path, SourceMap]:
        part = FilePart.of(directive.options)
        if filename := directive.options.get("filename", ""):
            path = self._path_of(directive.name, filename)
            return path, read_program(path, self.context.contents.get(path), part)
        if part.given:
            raise OptionError(f"{min(part.given)}: parts are those of a file: `:filename:` is missing")
        filled = [text.strip() for _, text in directive.body if text.strip()]
        if not filled:
            raise OptionError(f"{directive.name}: there is no code")
        if filled[0] in OPTION_NAMES and filled[0] != "name" and directive.name in RUNS:
            raise OptionError(f"{directive.name}: `{filled[0]}` is an option: write `:{filled[0]}:`")
        return self.file, read_code([text for _, text in directive.body], directive.body[0][0])

    def _path_of(self, directive: str, filename: str) -> Path:
        """The path of the file with a program; that of a cell is found from its page."""
        folder = self.context.examples
        if directive not in RUNS:
            folder = self.context.source if filename.startswith("/") else self.file.parent
            filename = filename.lstrip("/")
        return Path(os.path.abspath(folder / filename))

    def _exercise(self, directive: Directive, parse: Callable[[Lines], None]) -> None:
        found = _OpenExercise()
        self._within.append(found)
        parse(directive.body)
        self._within.pop()
        for solution, is_silent in filter(None, found.at_end):
            found.programs["solution"].append(self._add(solution, silent=is_silent))
        for role, programs in found.programs.items():
            if len(programs) != 1 and (programs or not found.at_end):  # lines that cannot be shuffled were reported
                self.mistake(directive.line, f"exec_exercise: one exec_{role} expected, found {len(programs)}")
        if not found.checks and not found.mistakes:
            self.mistake(directive.line, "exec_exercise: there is no exec_check")
        name = directive.options.get("name", "")
        for role, ending in _ROLES.items():
            for index in found.programs[role] if name else ():
                snippet = self._snippets[index]
                self._snippets[index] = replace(snippet, name=snippet.name or f"{name}{ending}")
        wrong = [index for *_, indices in found.feedback for index in indices] if name else []
        for number, index in enumerate(wrong, 1):
            snippet = self._snippets[index]
            self._snippets[index] = replace(snippet, name=snippet.name or f"{name}-wrong-{number}")
        self._exercises.append(found)

    def _check(self, directive: Directive) -> None:
        if not self._within:
            self.mistake(directive.line, "exec_check is in no exec_exercise")
            return
        test = directive.argument
        if mistake := check_mistake(test, "\n".join(text for _, text in directive.body)):
            self._within[-1].mistakes += 1
            self.mistake(directive.line, f"exec_check: {mistake}")
        else:
            self._within[-1].checks.append(Check(test, "", str(self.file), directive.line))

    def _feedback(self, directive: Directive, parse: Callable[[Lines], None]) -> None:
        if not self._within:
            self.mistake(directive.line, "exec_feedback is in no exec_exercise")
            return
        condition = directive.argument
        if mistake := check_mistake(condition, "\n".join(text for _, text in directive.body)):
            self.mistake(directive.line, f"exec_feedback: {mistake}")
            condition = ""
        around, self._wrong = self._wrong, []
        self._within[-1].feedback.append((condition, str(self.file), directive.line, self._wrong))
        parse(directive.body)
        self._wrong = around

    def _include(self, directive: Directive) -> None:
        """Read what a page includes. What cannot be included is the build's to report."""
        options, name = directive.options, directive.argument.strip()
        if not name or "literal" in options or "code" in options:
            return
        folder = self.context.source if name.startswith("/") else self.file.parent
        path = Path(os.path.abspath(folder / name.lstrip("/")))
        if path in self._including or len(self._including) > _DEEPEST_INCLUDE:
            return
        try:
            lines = lines_of_page(self.content_of(path))
        except (OSError, UnicodeDecodeError):
            return
        around, self.file = self.file, path
        self._including.append(path)
        markup = self._markup
        if parser := options.get("parser", ""):
            self._markup = RESTRUCTUREDTEXT if "rst" in parser or "restructuredtext" in parser else MARKDOWN
        self._scanners[self._markup](self, _part(lines, options))
        self._markup = markup
        self._including.pop()
        self.file = around

    def content_of(self, path: Path) -> bytes:
        """The content of a file.

        :raises OSError: there is no such file.
        """
        given = self.context.contents.get(path)
        return path.read_bytes() if given is None else given


_LINE_END = re.compile(r"\r\n|\r|\n")


def lines_of_page(content: bytes) -> Lines:
    """The lines of a page, with their numbers.

    :raises UnicodeDecodeError: the content is not UTF-8.
    """
    return list(enumerate(_LINE_END.split(content.decode("utf-8-sig")), 1))


def _part(lines: Lines, options: object) -> Lines:
    """The part of a file that ``include`` names."""
    assert isinstance(options, dict)
    for name, cut in (("end-line", slice), ("start-line", None)):
        text = str(options.get(name, ""))
        if re.fullmatch(r"-?\d+", text):
            lines = lines[: int(text)] if cut else lines[int(text) :]
    if after := options.get("start-after"):
        at = next((index for index, (_, text) in enumerate(lines) if after in text), None)
        lines = lines if at is None else lines[at + 1 :]
    if before := options.get("end-before"):
        at = next((index for index, (_, text) in enumerate(lines) if before in text), None)
        lines = lines if at is None else lines[:at]
    return lines
