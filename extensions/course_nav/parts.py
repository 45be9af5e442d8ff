"""The parts of a site: books in one house, each with a home and a navigation of its own. Does not import Sphinx."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    #: The parts that an author names, with patterns of their pages.
    Patterns = Mapping[str, Sequence[str]]
    #: The pages in the toctrees of a page.
    Contents = Mapping[str, Sequence[str]]

#: The part of all pages that no pattern names.
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a site.

    :ivar home: the page whose toctrees are the navigation of the part.
    :ivar pages: the documents of the part.
    """

    name: str
    home: str
    pages: frozenset[str]


def name_of_part(page: str, patterns: Patterns) -> str:
    """The part of a page, which need not be a document (a search page is none)."""
    for name, own in patterns.items():
        if any(fnmatchcase(page, pattern) for pattern in own):
            return name
    return MAIN


def find_parts(patterns: Patterns, root: str, order: Iterable[str], contents: Contents) -> dict[str, Part]:
    """The parts that have a home: a page in a toctree of another part, from which most pages of the part are reached.

    :param root: the home of the main part.
    :param order: the pages in the order of the toctrees; of homes that are equal, the first is taken.
    """
    pages: dict[str, list[str]] = {name: [] for name in (MAIN, *patterns)}
    for page in order:
        pages[name_of_part(page, patterns)].append(page)
    found = {MAIN: Part(MAIN, root, frozenset(pages.pop(MAIN)))}
    for name, own in pages.items():
        entered = {page for above, below in contents.items() if above not in own for page in below}
        homes = [page for page in own if page in entered]
        if homes:
            home = max(homes, key=lambda page: len(reached(page, contents).intersection(own)))
            found[name] = Part(name, home, frozenset(own))
    return found


def reached(home: str, contents: Contents) -> set[str]:
    """A page and all pages that its toctrees lead to."""
    found: set[str] = set()
    waiting = [home]
    while waiting:
        page = waiting.pop()
        if page not in found:
            found.add(page)
            waiting.extend(contents.get(page, ()))
    return found
