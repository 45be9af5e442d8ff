"""What is said of a page's neighbours: the data, and how front matter is read. Knows nothing of Sphinx."""

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
    """What front matter says leads nowhere; the message says why."""


class Way(StrEnum):
    """To which side of a page a link leads; the value is the key in the front matter."""

    PREVIOUS = "previous"
    NEXT = "next"

    @property
    def back(self) -> Way:
        """The way that leads back."""
        return Way.PREVIOUS if self is Way.NEXT else Way.NEXT

    @property
    def rel(self) -> str:
        """What HTML and Sphinx's templates call it."""
        return "next" if self is Way.NEXT else "prev"


@dataclass(frozen=True, slots=True)
class Said:
    """A neighbour as an author names it: a page, a page of another project (``project:page``) or an address."""

    target: str
    title: str | None = None

    @property
    def is_address(self) -> bool:
        """Whether it is an address, not a page."""
        return "://" in self.target


@dataclass(frozen=True, slots=True)
class Link:
    """Where a button leads: a page of this project, a page of another one, or an address.

    :ivar title: plain text.
    :ivar url: empty for a page of this project; else an address, or a path from the root of this site.
    :ivar page: the docname, unless it is an address.
    :ivar project: the other project's name, as its inventory gives it.
    :ivar key: the other project's key in ``intersphinx_mapping``.
    """

    title: str
    url: str = ""
    page: str | None = None
    project: str | None = None
    key: str | None = None

    @property
    def name(self) -> str:
        """How a message names it."""
        if self.page is None:
            return self.url
        return f"{self.key or self.project}:{self.page}" if self.project is not None else self.page

    @property
    def is_own(self) -> bool:
        """Whether it is a page of this project."""
        return self.page is not None and self.project is None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a page.

    :ivar said: the front matter says it; else it comes from the toctree's order.
    :ivar broken: what the front matter says leads nowhere.
    """

    link: Link | None = None
    said: bool = False
    broken: bool = False

    @property
    def name(self) -> str:
        """How a message names it."""
        where = self.link.name if self.link else "none"
        return where if self.said else f"{where} (by the toctree)"


if TYPE_CHECKING:
    #: The links of all pages, by page and direction.
    Sides = Mapping[tuple[str, Way], Side]


@dataclass(frozen=True, slots=True)
class NavProblem:
    """What is wrong with one side of a page; ``subtype`` is the warning's."""

    page: str
    way: Way
    subtype: str
    message: str


def parse(text: str) -> Said | None:
    """What a value of front matter says, as Sphinx keeps it: text, or JSON of a mapping; None is "no neighbour".

    :raises NavError: it has none of the forms.
    """
    text = text.strip()
    if text.lower() == "false":
        return None
    if text in {"", "null"}:
        raise NavError(f"it says nothing; write {_FORMS}")
    if text.startswith(("{", "[")):
        return _checked(_parse_mapping(text))
    titled = _TITLED.fullmatch(text)
    return _checked(Said(titled["target"].strip(), titled["title"].strip()) if titled else Said(text))


def _parse_mapping(text: str) -> Said:
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    match data:
        case {"title": str(title), "url": str(url)} if len(data) == 2 and title.strip():  # noqa: PLR2004
            said = Said(url.strip(), title.strip())
            if said.is_address:
                return said
            raise NavError(f"url is {url!r}, which is no address")
        case _:
            raise NavError(f"{text} is not {_FORMS}")


def _checked(said: Said) -> Said:
    if said.is_address:
        if not _ADDRESS.fullmatch(said.target):
            raise NavError(f"{said.target!r} is no http or https address")
        if said.title is None:
            raise NavError(f"an address needs a title: `Title <{said.target}>`")
    elif re.search(r"[<>\n]", said.target):
        raise NavError(f"{said.target!r} is not {_FORMS}")
    return said


def line_of(source: str, way: Way) -> int:
    """The line of a key in the front matter (or field list) of a page's source; 1 if it is not found."""
    key = re.compile(rf"(['\"]?){way}\1\s*:(\s|$)|:{way}:")
    lines = source.splitlines()
    in_yaml = lines[:1] == ["---"]
    for number, line in enumerate(lines, 1):
        if key.match(line):
            return number
        if in_yaml and number > 1 and line in {"---", "..."}:
            break
    return 1
