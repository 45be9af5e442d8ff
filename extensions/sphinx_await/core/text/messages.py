"""Words for readers, which a page can say in its own language.

A text is lines: :class:`Message` of ours, and strings that stay as they are, since they are a program's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence in English with the places of its values (``%s``), and the values.

    The English is what a catalogue of translations knows it by: it is written out where ``Message`` is called.
    """

    template: str
    values: tuple[object, ...] = ()

    def said(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, translated and then filled in; a value that is words itself is said likewise."""
        values = (value.said(translate) if isinstance(value, Message) else value for value in self.values)
        return str(translate(self.template)) % tuple(values)


def format_message(lines: Iterable[Message | str], translate: Callable[[str], str] = str) -> str:
    """A text of several lines, by default in English."""
    return "\n".join(line.said(translate) if isinstance(line, Message) else line for line in lines)


def N_(text: str) -> str:  # noqa: N802 - the name that gettext's documentation gives it
    """Mark a string for the catalogue of translations where it cannot be translated yet."""
    return text
