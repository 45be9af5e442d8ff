"""Translatable messages for readers of a page.

A text is a list of lines. A :class:`Message` is translated. A string stays as it is, because it is a program's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Message:
    """An English sentence with placeholders (``%s``), and their values.

    The sentence is the key in the catalogue of translations, so it is a literal in each call of ``Message``.
    """

    template: str
    values: tuple[object, ...] = ()

    def said(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, translated and then filled in; a value that is words itself is said likewise."""
        values = (value.said(translate) if isinstance(value, Message) else value for value in self.values)
        return str(translate(self.template)) % tuple(values)


def format_message(lines: Iterable[Message | str], translate: Callable[[str], str] = str) -> str:
    """Join the lines of a text, by default in English."""
    return "\n".join(line.said(translate) if isinstance(line, Message) else line for line in lines)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's documentation gives it
    """Mark a string for the catalogue of translations where it cannot be translated yet."""
    return text
