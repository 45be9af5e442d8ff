"""A list of synonyms, as an author writes it: one line for what means the same."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class SynonymsError(ValueError):
    """A list of synonyms that cannot be read; its message has file and line."""


def read_synonyms(path: Path) -> tuple[tuple[str, ...], ...]:
    """The groups of a file in UTF-8: ``타임아웃 = 시간 제한 = timeout`` on each line; ``#`` begins a comment.

    :raises SynonymsError: the file cannot be read, or a line is no group of two or more.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SynonymsError(f"{path}: the synonyms cannot be read: {error}") from error
    groups = []
    for number, line in enumerate(lines, 1):
        text = unicodedata.normalize("NFKC", line.partition("#")[0]).strip()
        if not text:
            continue
        words = [" ".join(word.lower().split()) for word in text.split("=")]
        if len(words) < 2 or not all(words):  # noqa: PLR2004 - a group
            raise SynonymsError(f"{path}:{number}: write words with the same meaning with = between them: 락 = Lock")
        groups.append(tuple(dict.fromkeys(words)))
    return tuple(groups)
