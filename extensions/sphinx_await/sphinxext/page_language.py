"""The language of a page: the site's, or the one that its front matter says (``lang: en``).

What is ours is said in the language of the page that is being read or written. Sphinx asks one catalogue for all pages;
here it is exchanged whenever a page begins.
"""

from __future__ import annotations

from functools import cache
from gettext import NullTranslations, translation
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import locale

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

#: The name of our catalogue, and of the front matter's field.
CATALOGUE, FIELD = "sphinx_await", "lang"
LOCALE = Path(__file__).with_name("locale")
_PLACE = "general", CATALOGUE
#: In it, what has no translation is said.
ENGLISH = "en"
#: The catalogue that Sphinx has loaded for the site, by its language.
_of_site: dict[str, NullTranslations] = {}


def language_of(env: BuildEnvironment, page: str) -> str:
    """The language of a page that was read."""
    return str(env.metadata[page].get(FIELD) or env.config.language or ENGLISH)


def languages_of(env: BuildEnvironment) -> set[str]:
    """The languages of all pages, the site's among them."""
    said = (str(fields[FIELD]) for fields in env.metadata.values() if fields.get(FIELD))
    return {str(env.config.language or ENGLISH), *said}


def speak(config: Config, language: str) -> None:
    """Say what is ours in a language from now on."""
    own = str(config.language or ENGLISH)
    current = locale.translators.get(_PLACE)
    if current is not None and not isinstance(current, _OfPage):
        _of_site[own] = current
    if language == own:
        if own in _of_site:
            locale.translators[_PLACE] = _of_site[own]
    else:
        locale.translators[_PLACE] = _catalogue(language)


def speak_as_page(env: BuildEnvironment, page: str) -> None:
    """Say what is ours in the language of a page that was read."""
    speak(env.config, language_of(env, page))


def speak_as_read(document: nodes.document, config: Config) -> None:
    """Say what is ours in the language of a page that is being read: its front matter comes first in it."""
    fields = (field for head in document.children[:3] for field in _fields(head))
    said = (str(body) for name, body in fields if name == FIELD)
    speak(config, next(said, str(config.language or ENGLISH)))


def fallback(env: BuildEnvironment, page: str) -> str | None:
    """The language in which ours is said on a page, where that is not the page's own: it has no catalogue."""
    language = language_of(env, page)
    return None if language.partition("_")[0] == ENGLISH or has_catalogue(language) else ENGLISH


@cache
def has_catalogue(language: str) -> bool:
    """Whether there is a catalogue of a language."""
    return _catalogue(language).has_messages


class _OfPage(NullTranslations):
    """The messages of one language; English where there are none."""

    def __init__(self, language: str) -> None:
        super().__init__()
        found = translation(CATALOGUE, str(LOCALE), [language], fallback=True)
        self.has_messages = type(found) is not NullTranslations
        if self.has_messages:
            self.add_fallback(found)


@cache
def _catalogue(language: str) -> _OfPage:
    return _OfPage(language)


def _fields(head: nodes.Node) -> Iterable[tuple[str, str]]:
    for field in head.children:
        if isinstance(field, nodes.field):
            name, body = field.children
            yield name.astext(), body.astext().strip()
