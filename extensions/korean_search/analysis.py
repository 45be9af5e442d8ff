"""What a text is found by: its words without particles and endings.

With kiwipiepy, a morphological analyser, words are taken from their context. Without it, everything that looks like a
particle or an ending is taken off, which finds nouns nearly as well and verbs less.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, Protocol

from .endings import is_rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HANGUL = re.compile("[가-힣]+")
#: An identifier, a number, a word of another script; never Hangul, so that "asyncio로" has two.
_OTHER = re.compile(r"[^\W가-힣ᄀ-ᇿ㄰-㆏]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
#: Kiwi's tags of what is looked for alone, and of what only makes compounds. Dependent nouns (것, 수) are neither.
_NOUNS = {"NNG", "NNP", "NR", "XR", "MAG"}
_PARTS = {*_NOUNS, "XPN", "XSN"}
#: The last is of verbs that help others; verbs that could, such as 만들다, are often taken for one.
_PREDICATES = ("VV", "VA", "VX")
#: One of each kind of ending; together they show all shapes that a stem takes.
_SHAPES = (
    *(("EF", "다"), ("EC", "고"), ("EC", "으면"), ("EC", "으니까"), ("ETM", "는"), ("ETM", "은"), ("ETM", "을")),
    *(("ETN", "음"), ("EF", "ᆸ니다"), ("EF", "습니다"), ("EC", "어"), ("EP", "었")),
)


class Analyser(Protocol):
    """Finds words, and says by which beginnings a verb or an adjective is recognised."""

    def words(self, text: str) -> list[str]:
        """What the text is found by, in lower case, in order; verbs and adjectives in the form of dictionaries."""

    def forms(self, word: str) -> list[str]:
        """The beginnings of all inflected forms of a verb or an adjective that was found; none for other words."""


def other_words(text: str) -> Iterator[str]:
    """Words in scripts other than Hangul, in lower case, and the parts of identifiers: ``aenter`` of ``__aenter__``."""
    for found in _OTHER.finditer(text):
        yield found[0].lower()
        parts = [part.lower() for piece in found[0].split("_") for part in _CAMEL.findall(piece)]
        yield from (part for part in parts if len(part) > 1 and part != found[0].lower())


class RuleAnalyser:
    """Takes off what looks like particles and endings; needs nothing but this package."""

    def words(self, text: str) -> list[str]:
        """Every word of Hangul whole, and each beginning of it after which a rest may follow."""
        text = unicodedata.normalize("NFC", text)
        found = list(other_words(text))
        for match in HANGUL.finditer(text):
            word = match[0]
            found.append(word)
            found += [word[:end] for end in range(2, len(word)) if is_rest(word[end:])]
        return found

    def forms(self, word: str) -> list[str]:  # noqa: ARG002 - the protocol's
        """Rules do not know what is a verb."""
        return []


class KiwiAnalyser:
    """Asks Kiwi, which is loaded at the first word (about two seconds, once per build that writes a page).

    :param names: Hangul words that Kiwi may not know.
    :raises ModuleNotFoundError: kiwipiepy is not installed.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        from kiwipiepy import Kiwi

        self._kiwi: Any = Kiwi(num_workers=1)
        for name in sorted(set(names)):
            self._kiwi.add_user_word(name, "NNP", 1.0)
        #: Of each verb and adjective found, what Kiwi calls it.
        self._tags: dict[str, str] = {}

    def words(self, text: str) -> list[str]:
        """Nouns, adverbs, verbs, adjectives; compounds whole and in parts."""
        text = unicodedata.normalize("NFC", text)
        found = list(other_words(text))
        if not HANGUL.search(text):
            return found
        compound: list[Any] = []
        for token in self._kiwi.tokenize(text):
            if compound and (token.tag not in _PARTS or token.start != compound[-1].start + compound[-1].len):
                found += _joined(compound)
                compound = []
            if token.tag in _PARTS:
                compound.append(token)
            if not HANGUL.fullmatch(token.form):
                continue
            if token.tag in _NOUNS:
                found.append(token.form)
            elif token.tag.startswith(_PREDICATES):
                word = f"{token.form}다"
                if not token.tag.startswith("VX") or word not in self._tags:
                    self._tags[word] = token.tag
                found.append(word)
        return found + _joined(compound)

    def forms(self, word: str) -> list[str]:
        """Shapes of the stem, made by Kiwi's own rules: 기다리, 기다린, 기다릴, 기다림, 기다립, 기다려, 기다렸."""
        tag = self._tags.get(word)
        if tag is None:
            return []
        stem = word[:-1]
        shapes = {stem}
        for ending, written in _SHAPES:
            whole = unicodedata.normalize("NFC", self._kiwi.join([(stem, tag), (written, ending)]))
            shapes.add(_without(whole, written))
        # The shortest say it for those that they begin: 기다리 for 기다리는.
        return sorted(
            shape for shape in shapes if not any(shape != other and shape.startswith(other) for other in shapes)
        )


def _without(whole: str, ending: str) -> str:
    """A form without the syllables that are the ending's alone: 기다립 of 기다립니다, 기다려 of 기다려."""
    for length in range(len(ending), 0, -1):
        if len(whole) > length and whole.endswith(ending[-length:]):
            return whole[:-length]
    return whole


def _joined(compound: list[Any]) -> list[str]:
    word = "".join(token.form for token in compound)
    return [word] if len(compound) > 1 and HANGUL.fullmatch(word) else []
