"""Makes a run publishable, once, right after it was judged.

The result has nothing that the author hides, no folder of the machine, and nothing that turns the direction of a page's
text. Renderers get nothing else.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from ...core.model.dependencies import Dependencies
from ...core.model.recording import Output, Recording
from ...core.text.directions import without_turns
from ...core.text.output_lines import OutputLine, lines_and_all_places, visible_lines, with_text
from ...core.text.source_mapping import map_to_document, map_to_page
from ...core.text.transcript import as_displayed
from ...course.printed import folders_of, redact_printed, without_folders
from ..outcome import PublishableRun
from ..words import left_out

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from ...core.model.snippet import Snippet
    from ...core.validation.verdict import Problem
    from ...course.entries import SnippetEntry


class Publisher:
    """Makes the runs of one program publishable: of a snippet, or of all parts of a session.

    :param entries: the snippet; for a session, all of its snippets in order.
    :param folders: folders of this machine, which no page may show.
    :param html: whether pages may show HTML that programs display.
    """

    def __init__(
        self, docname: str, entries: Sequence[SnippetEntry], folders: tuple[str, ...], *, html: bool = False
    ) -> None:
        self._docname = docname
        self._entries = entries
        self._parts = [entry.snippet for entry in entries]
        self._folders = folders
        self._html = html

    def publish(self, part: int, recording: Recording, problems: Iterable[Problem]) -> PublishableRun:
        """Make one run publishable."""
        entry = self._entries[part]
        folders = folders_of(recording, self._folders)

        @cache
        def redact(text: str) -> str:
            """Redact a traceback or a message, and give its lines the numbers that the page shows."""
            return without_turns(without_folders(map_to_page(text, self._parts, part), folders))

        def reported(text: str) -> str:
            """The same for what an author has to mend: with the file and lines of the document."""
            return without_turns(without_folders(map_to_document(text, self._parts, _file), folders))

        def printed(text: str) -> str:
            return without_turns(self.redact_printed(recording, text))

        visible, places, starts = _visible_lines(entry, recording)
        lines = tuple(
            _with_public_links(
                with_text(line, printed(line.text) if line.stream == "stdout" else redact(line.text)), printed
            )
            for line in visible
        )
        displays = () if entry.silent else recording.displays
        if displays:
            from .displays import publishable_displays  # most programs display nothing

            displays = publishable_displays(displays, places, entry.snippet, printed, html=self._html)
        examples = tuple(replace(run, after=place) for run, place in zip(recording.examples, starts, strict=False))
        recording = replace(recording, displays=displays, examples=examples)
        if entry.silent:  # a value may be what the program printed
            recording = replace(recording, turns=tuple(replace(turn, value=None) for turn in recording.turns))
        hides_errors = entry.silent or entry.snippet.options.stderr == "hide"
        return PublishableRun(
            self._docname,
            entry.snippet if entry.silent else as_displayed(entry.snippet, lines, starts, left_out),
            tuple(self._parts[:part]),
            _publishable_recording(recording, lines, redact, hides_errors=hides_errors),
            lines,
            tuple(_each_text(problem, reported) for problem in problems),
            _printed_lines(entry, recording, lines, printed),
        )

    def redact_printed(self, recording: Recording, text: str) -> str:
        """Redact a printed text."""
        return redact_printed(recording, text, self._folders)


def _visible_lines(
    entry: SnippetEntry, recording: Recording
) -> tuple[list[OutputLine], tuple[int, ...], tuple[int, ...]]:
    """The lines of output that the author does not hide, and how many come before each display and each example."""
    if entry.silent:
        return [], (), ()
    hides_errors = entry.snippet.options.stderr == "hide"
    return lines_and_all_places(recording, stderr=not hides_errors)


def _with_public_links(line: OutputLine, redact: Callable[[str], str]) -> OutputLine:
    """A line whose links lead to addresses in which there is nothing to redact."""
    styles = tuple(
        (start, end, style if redact(style.link) == style.link else replace(style, link=""))
        for start, end, style in line.styles
    )
    return replace(line, styles=styles) if styles != line.styles else line


def _printed_lines(
    entry: SnippetEntry, recording: Recording, lines: Iterable[OutputLine], redact: Callable[[str], str]
) -> tuple[str, ...]:
    """The lines of standard output, hidden ones too: an author may name one."""
    if entry.silent:
        return tuple(redact(line.text) for line in visible_lines(recording, stderr=False))
    return tuple(line.text for line in lines if line.stream == "stdout")


def _file(snippet: Snippet) -> str:
    return snippet.file


def _publishable_recording(
    recording: Recording, lines: Sequence[OutputLine], redact: Callable[[str], str], *, hides_errors: bool
) -> Recording:
    """The recording with the lines that readers see as its outputs."""
    bare = replace(recording, outputs=(), displays=(), requires=Dependencies(), machine=None)
    redacted: Recording = _each_text(bare, redact)
    failure = redacted.failure
    if failure and hides_errors:
        failure = replace(failure, message="", traceback="")
    examples = redacted.examples
    if hides_errors:
        examples = tuple(
            replace(run, failure=run.failure and replace(run.failure, message="", traceback="")) for run in examples
        )
    outputs = tuple(
        Output(line.at, line.stream, f"{line.text}\n", line.task, line.thread, line.switches) for line in lines
    )
    omitted = recording.omitted
    if omitted is not None:
        after = next((index for index, line in enumerate(lines) if line.omitted), len(lines))
        omitted = replace(omitted, after=after) if lines else None
    displays = recording.displays  # they are publishable already
    return replace(redacted, outputs=outputs, failure=failure, omitted=omitted, displays=displays, examples=examples)


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Apply a change to every string in plain data; data without strings stays the same object."""
    kind: Any = type(value)
    if kind is str:
        return change(value)
    if kind is tuple:
        # Mostly of numbers, or of steps, which are many and hold nothing to change.
        has_text = any(map(_may_hold_text, {*map(type, value)}))
        return tuple(_each_text(item, change) for item in value) if has_text else value
    changed = {}
    for name in _text_fields(kind):
        if (new := _each_text(old := getattr(value, name), change)) is not old and new != old:
            changed[name] = new
    return replace(value, **changed) if changed else value


@cache
def _may_hold_text(kind: Hashable) -> bool:
    return kind is str or kind is tuple or bool(_text_fields(kind))


@cache
def _text_fields(kind: Hashable) -> tuple[str, ...]:
    """The fields of a dataclass that may contain text to change; none for other types."""
    if not isinstance(kind, type) or not is_dataclass(kind):
        return ()
    return tuple(one.name for one in fields(kind) if one.type not in _AS_THEY_ARE)


#: Types of which nothing can be redacted: a file's name has no folder, and no character that cannot be shown.
_AS_THEY_ARE = frozenset({"int", "float", "bool", "int | None", "float | None", "bool | None", "FileName | None"})
