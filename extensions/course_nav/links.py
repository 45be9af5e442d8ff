"""Data of links between pages, and a parser for front matter. Does not import Sphinx."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_TITLED = re.compile(r"(?P<title>[^<>]*[^<>\s])\s*<(?P<target>[^<>]+)>")
_ADDRESS = re.compile(r"https?://[^\s<>/][^\s<>]*")
_FORMS = "a page, `project:page`, `Title <https://...>`, a mapping of title and url, or false"


class NavError(ValueError):
    """A link in front matter leads nowhere; the message gives the reason."""


class Way(StrEnum):
    """The direction of a link. The value is the key in the front matter."""

    PREVIOUS = "previous"
    NEXT = "next"

    @property
    def back(self) -> Way:
        """The opposite direction."""
        return Way.PREVIOUS if self is Way.NEXT else Way.NEXT

    @property
    def rel(self) -> str:
        """Its name in ``rel`` of HTML and in Sphinx's templates."""
        return "next" if self is Way.NEXT else "prev"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbour as the author names it: a page, a page of another project (``project:page``) or an address."""

    target: str
    title: str | None = None

    @property
    def is_address(self) -> bool:
        """Whether it is an address, not a page."""
        return "://" in self.target


@dataclass(frozen=True, slots=True)
class Link:
    """The target of a button: a page of this project, a page of another project, or an address.

    :ivar title: plain text.
    :ivar url: empty for a page of this project; otherwise an address, or a path from the root of this site.
    :ivar page: the docname; None for an address.
    :ivar project: the name of the other project in its inventory.
    :ivar key: the key of the other project in ``intersphinx_mapping``.
    """

    title: str
    url: str = ""
    page: str | None = None
    project: str | None = None
    key: str | None = None

    @property
    def name(self) -> str:
        """The link as messages show it."""
        if self.page is None:
            return self.url
        return f"{self.key or self.project}:{self.page}" if self.project is not None else self.page

    @property
    def is_own(self) -> bool:
        """Whether it is a page of this project."""
        return self.page is not None and self.project is None


@dataclass(frozen=True, slots=True)
class Side:
    """The link of a page in one direction.

    :ivar explicit: whether it comes from front matter; otherwise it comes from the order of the toctree.
    :ivar broken: whether the link in the front matter leads nowhere.
    """

    link: Link | None = None
    explicit: bool = False
    broken: bool = False

    @property
    def name(self) -> str:
        """The link as messages show it."""
        where = self.link.name if self.link else "none"
        return where if self.explicit else f"{where} (by the toctree)"


if TYPE_CHECKING:
    #: The links of all pages, by page and direction.
    Sides = Mapping[tuple[str, Way], Side]


@dataclass(frozen=True, slots=True)
class NavProblem:
    """A problem with one link of a page; ``subtype`` is the subtype of its warning."""

    page: str
    way: Way
    subtype: str
    message: str


def parse(text: str) -> Neighbour | None:
    """Parse a value of front matter in Sphinx's form: text, or a mapping as JSON. Return None for "no neighbour".

    :raises NavError: the value has no valid form.
    """
    text = text.strip()
    if text.lower() == "false":
        return None
    if text in {"", "null"}:
        raise NavError(f"it is empty; write {_FORMS}")
    if text.startswith(("{", "[")):
        return _checked(_parse_mapping(text))
    titled = _TITLED.fullmatch(text)
    return _checked(Neighbour(titled["target"].strip(), titled["title"].strip()) if titled else Neighbour(text))


def _parse_mapping(text: str) -> Neighbour:
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    match data:
        case {"title": str(title), "url": str(url)} if len(data) == 2 and title.strip():  # noqa: PLR2004
            neighbour = Neighbour(url.strip(), title.strip())
            if neighbour.is_address:
                return neighbour
            raise NavError(f"url is {url!r}, which is no address")
        case _:
            raise NavError(f"{text} is not {_FORMS}")


def _checked(neighbour: Neighbour) -> Neighbour:
    if neighbour.is_address:
        if not _ADDRESS.fullmatch(neighbour.target):
            raise NavError(f"{neighbour.target!r} is no http or https address")
        if neighbour.title is None:
            raise NavError(f"an address needs a title: `Title <{neighbour.target}>`")
    elif re.search(r"[<>\n]", neighbour.target):
        raise NavError(f"{neighbour.target!r} is not {_FORMS}")
    return neighbour


def line_of(source: str, way: Way) -> int:
    """The line of a key in the front matter or field list of a source; 1 if the key is not found."""
    key = re.compile(rf"(['\"]?){way}\1\s*:(\s|$)|:{way}:")
    lines = source.splitlines()
    in_yaml = lines[:1] == ["---"]
    for number, line in enumerate(lines, 1):
        if key.match(line):
            return number
        if in_yaml and number > 1 and line in {"---", "..."}:
            break
    return 1
