"""``course-nav.json``: the links of a project, published beside its inventory. Does not import Sphinx.

A build also reads the file in its output folder, to find out which links the pages there show.
"""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .links import Link, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .links import Sides

FILE = "course-nav.json"
INVENTORY = "objects.inv"
VERSION = 1


@dataclass(frozen=True, slots=True)
class Published:
    """The pages of another project: their addresses and links."""

    addresses: Mapping[str, str]
    pages: Mapping[str, Mapping[Way, Link]]

    def links(self) -> Iterator[tuple[str, Way, Link]]:
        """Iterate over all links: page, direction and link."""
        for page, links in self.pages.items():
            for way, link in links.items():
                yield page, way, link


def location_beside(inventory: str) -> str:
    """The location of the file: in the folder of the inventory; NAME.course-nav.json for a copy named NAME.inv."""
    folder, slash, name = inventory.rpartition("/")
    kept_as = "" if name == INVENTORY else name.removesuffix(".inv") + "."
    return f"{folder}{slash}{kept_as}{FILE}"


def to_data(project: str, titles: Mapping[str, str], urls: Mapping[str, str], sides: Sides) -> dict[str, Any]:
    """The content of the file as data; ``urls`` are relative to the root of the site."""
    pages: dict[str, dict[str, Any]] = {page: {"title": titles[page], "url": urls[page]} for page in sorted(titles)}
    for (page, way), side in sides.items():
        if side.link is not None:
            link = side.link
            url = urls[link.page] if link.is_own and link.page is not None else link.url
            named = {"page": link.page, "project": link.project}
            known = {key: value for key, value in named.items() if value is not None}
            pages[page][way] = {"title": link.title, "url": url, **known}
    return {"version": VERSION, "project": project, "pages": pages}


def to_text(data: Mapping[str, Any]) -> str:
    """The text of the file."""
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def from_text(text: str, base: str) -> Published:
    """Read the file of another project; ``base`` is the address of its site.

    :raises ValueError: the text is not such a file, or its version is unknown.
    """
    data = json.loads(text)
    try:
        if data["version"] != VERSION:
            raise ValueError(f"its version is {data['version']!r}, not {VERSION}")
        entries = {str(page): dict(entry) for page, entry in data["pages"].items()}
        return Published(
            addresses={page: posixpath.join(base, entry["url"]) for page, entry in entries.items()},
            pages={page: {way: _link(entry[way]) for way in Way if way in entry} for page, entry in entries.items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"it does not have the form of {FILE}: {error!r}") from None


def _link(data: Mapping[str, str]) -> Link:
    return Link(str(data["title"]), str(data["url"]), data.get("page"), data.get("project"))
