"""Writes expected output into pages, and changes nothing else in them."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.validation.expected_output import with_corrections
from .files import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..core.model.snippet import Snippet
    from ..course.pages.model import Page, PageContext

_WITH_END = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_OTHER = "the page would have other programs then; write it by hand"
_ESCAPE = "its backslashes would be no valid escapes in this docstring; make it a raw one (`r` before its quotes)"
#: A program as it was collected, wherever pages include it: file, lines in it, and code.
_Place = tuple[str, object, str]


@dataclass(frozen=True, slots=True)
class Change:
    """New lines of one program.

    :ivar file: of the page, as it was collected, with its kind and context.
    :ivar page: as it was collected.
    :ivar lines: for lines of its code, those that take their place.
    """

    file: Path
    kind: str
    context: PageContext
    page: Page
    snippet: Snippet
    lines: Mapping[int, tuple[str, ...]]


@dataclass(slots=True)
class _File:
    """A file as it was, and what takes the place of its lines."""

    lines: list[str]
    encoding: str
    content: bytes
    changed: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> _File:
        """Read a file, each line with its end.

        :raises OSError: the file cannot be read.
        :raises UnicodeDecodeError: the file is not in its encoding.
        """
        content = path.read_bytes()
        encoding = "utf-8"
        if path.suffix == ".py":
            encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0].removesuffix("-sig")
        return cls(_WITH_END.findall(content.decode(encoding)), encoding, content)

    def with_changes(self, changed: Mapping[int, tuple[str, ...]]) -> bytes:
        """The content with other lines.

        :raises UnicodeEncodeError: its encoding does not have a character.
        """
        end = next((line[len(line.rstrip("\r\n")) :] for line in self.lines if line.rstrip("\r\n") != line), "\n")
        texts = []
        for number, line in enumerate(self.lines, 1):
            if number not in changed:
                texts.append(line)
                continue
            own_end = line[len(line.rstrip("\r\n")) :]
            text = (own_end or end).join(changed[number])
            texts.append(f"{text}{own_end}" if changed[number] else "")
        return "".join(texts).encode(self.encoding)


class Updates:
    """Writes what programs printed into their comments.

    :ivar written: file and line of each comment.
    """

    def __init__(self) -> None:
        self.written: list[tuple[Path, int]] = []
        self._files: dict[Path, _File] = {}
        self._written: dict[_Place, Mapping[int, tuple[str, ...]]] = {}

    def write(self, change: Change) -> str:
        """Write the new lines of a program. Nothing is written if the page would then have other programs.

        :returns: why nothing is written; empty if it is.
        """
        path = Path(change.snippet.file)
        try:
            if path not in self._files:
                self._files[path] = _File.read(path)
            return self._write(change, path, self._files[path])
        except (OSError, UnicodeError) as error:
            return f"{path}: {error}"

    def _write(self, change: Change, path: Path, file: _File) -> str:
        if path.read_bytes() != file.content:
            return f"{path} was changed meanwhile; run it again"
        lines = _lines_of_file(change, file)
        if lines is None:
            return "its lines are not in the file as they run; write it by hand"
        if all(file.changed.get(number) == texts for number, texts in lines.items()):
            return ""  # another page includes the same file
        if file.changed.keys() & lines.keys():
            return "another program has the same lines and prints something else"
        changed = file.changed | lines
        content = file.with_changes(changed)
        written = {**self._written, _place(change.snippet): change.lines}
        wanted = [_code_with(entry.snippet, written) for entry in change.page.entries]
        has_programs = _has_programs(change, path, content, wanted)
        if not has_programs or (path.suffix == ".py" and _warnings(content) > _warnings(file.content)):
            return _ESCAPE if has_programs else _OTHER
        path.write_bytes(content)
        file.content, file.changed = content, changed
        self._written = written
        self.written.append((path, min(lines)))
        return ""


def _place(snippet: Snippet) -> _Place:
    return snippet.file, snippet.lines, snippet.code


def _code_with(snippet: Snippet, written: Mapping[_Place, Mapping[int, tuple[str, ...]]]) -> str:
    """The code of a program with what was written into its file for whichever page."""
    return with_corrections(snippet.code, written.get(_place(snippet), {}))


def _warnings(content: bytes) -> int:
    """How many warnings Python has for a file: escapes that are not valid, which may end its import."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        try:
            ast.parse(content)
        except (SyntaxError, ValueError, RecursionError):
            return sys.maxsize
    return len(found)


def _lines_of_file(change: Change, file: _File) -> dict[int, tuple[str, ...]] | None:
    """The new lines of the file, with what is before each line of the program; None if that cannot be seen."""
    code = change.snippet.code.split("\n")
    found = {}
    for number, texts in change.lines.items():
        at = change.snippet.line_in_file(number)
        line, shown = file.lines[at - 1].rstrip("\r\n"), code[number - 1].strip()
        if not shown or not line.rstrip().endswith(shown):
            return None
        before = line.rstrip().removesuffix(shown)
        # A line that stays keeps what is after it, too.
        found[at] = tuple(line if text == code[number - 1] else before + text.strip() for text in texts)
    return found


def _has_programs(change: Change, path: Path, content: bytes, wanted: list[str]) -> bool:
    """Whether the page would have these programs, and else be the same."""
    contents = {**change.context.contents, path: content}
    page = read_file(change.file, change.kind, replace(change.context, contents=contents))
    before, after = change.page.entries, page.entries
    return (
        [entry.snippet.code for entry in after] == wanted
        and [(entry.snippet.name, entry.snippet.options) for entry in after]
        == [(entry.snippet.name, entry.snippet.options) for entry in before]
        and len(page.mistakes) == len(change.page.mistakes)
    )
