"""What a program of the corpus is expected to do, one file for all Pythons.

A line holds for every Python, but for one that begins with versions in brackets: ``[3.11] Task-2 runs``. A Python newer
than those has the lines of the newest.
"""

from __future__ import annotations

import re
import sys
from difflib import SequenceMatcher

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_TAGGED = re.compile(r"\[(?P<versions>3[\d. ]+)\] (?P<text>.*)")


def this_version() -> str:
    """The version whose lines hold here."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    return own if own in VERSIONS else VERSIONS[-1]


def lines_for(text: str, version: str) -> list[str]:
    """The lines of a file of expectations that hold for a version."""
    return [line for line, versions in _read(text) if version in versions]


def replace_lines(text: str, version: str, lines: list[str]) -> str:
    """The file with other lines for one version; an empty file had none for any, and gets these for all."""
    if not text:
        return "".join(f"{line}\n" for line in lines)
    of_each = {one: lines_for(text, one) for one in VERSIONS} | {version: lines}
    merged: list[tuple[str, list[str]]] = []
    for one in VERSIONS:
        merged = _merge(merged, of_each[one], one)
    return "".join(f"{_tag(versions)}{line}\n" for line, versions in merged)


def _read(text: str) -> list[tuple[str, list[str]]]:
    read = []
    for line in text.splitlines():
        match = _TAGGED.fullmatch(line)
        read.append((match["text"], match["versions"].split()) if match else (line, list(VERSIONS)))
    return read


def _merge(merged: list[tuple[str, list[str]]], lines: list[str], version: str) -> list[tuple[str, list[str]]]:
    result: list[tuple[str, list[str]]] = []
    matcher = SequenceMatcher(None, [line for line, _ in merged], lines, autojunk=False)
    for what, start, end, new_start, new_end in matcher.get_opcodes():
        if what == "equal":
            result += [(line, [*versions, version]) for line, versions in merged[start:end]]
        else:
            result += merged[start:end]
            result += [(line, [version]) for line in lines[new_start:new_end]]
    return result


def _tag(versions: list[str]) -> str:
    return "" if len(versions) == len(VERSIONS) else f"[{' '.join(versions)}] "
