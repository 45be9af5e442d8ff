"""Links of all pages, and checks that they agree. Does not import Sphinx."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .links import Link, NavError, NavProblem, Side, Way, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .exchange_file import Published
    from .links import Neighbour, Sides


@dataclass(frozen=True, slots=True)
class Order:
    """The order of pages in the toctree.

    :ivar links: the links of every page in both directions.
    :ivar parents: for each page, the page whose toctree contains it. A parent leads to the first page of its toctree,
        which need not lead back.
    """

    links: Mapping[tuple[str, Way], Link | None]
    parents: Mapping[str, str | None]

    def is_contents(self, page: str, link: Link) -> bool:
        """Whether the page leads to the target only because the target is in its toctree."""
        return link.page is not None and self.parents.get(link.page) == page


def read_sides(
    order: Order,
    front: Mapping[str, Mapping[str, str]],
    resolve: Callable[[Neighbour, str], Link],
) -> tuple[dict[tuple[str, Way], Side], list[NavProblem]]:
    """Return the links of every page in both directions, and a problem for each broken link.

    :param front: front matter, by page and key.
    :param resolve: finds the target that the front matter of a page names; raises NavError.
    """
    sides: dict[tuple[str, Way], Side] = {}
    problems: list[NavProblem] = []
    for (page, way), link in order.links.items():
        text = front.get(page, {}).get(way)
        try:
            sides[page, way] = (
                Side(link) if text is None else Side(_resolved(parse(text), page, resolve), explicit=True)
            )
        except NavError as error:
            sides[page, way] = Side(explicit=True, broken=True)
            problems.append(NavProblem(page, way, "target", f"{way}: {error}"))
    return {at: Side() if _is_refused(at, sides, order) else side for at, side in sides.items()}, problems


def _resolved(neighbour: Neighbour | None, page: str, resolve: Callable[[Neighbour, str], Link]) -> Link | None:
    if neighbour is None:
        return None
    link = resolve(neighbour, page)
    if link.is_own and link.page == page:
        raise NavError("it is this page itself")
    return link


def _is_refused(at: tuple[str, Way], sides: Sides, order: Order) -> bool:
    """Whether the toctree leads to a page whose front matter allows no link back."""
    page, way = at
    side = sides[at]
    if side.explicit or side.link is None or side.link.page is None or order.is_contents(page, side.link):
        return False
    other = sides[side.link.page, way.back]
    return other.explicit and other.link is None and not other.broken


def one_sided(sides: Sides, order: Order) -> Iterator[NavProblem]:
    """Find links between pages of this project that do not lead back."""
    for (page, way), side in sides.items():
        if side.link is None or not side.link.is_own or side.link.page is None:
            continue
        other = sides[side.link.page, way.back]
        if other.broken or (other.link is not None and other.link.is_own and other.link.page == page):
            continue
        if side.explicit:
            message = f"{way} is {side.link.name}, but the {way.back} page there is {other.name}"
            yield NavProblem(page, way, "one_sided", message)
        elif other.explicit and not order.is_contents(page, side.link):
            message = f"{way.back} is {other.name}, but by the toctree {page} leads here: set `{way}` in {page} as well"
            yield NavProblem(side.link.page, way.back, "one_sided", message)


@dataclass(frozen=True, slots=True)
class Home:
    """This project as other projects link to it: its name, and the page at each published address, if known."""

    project: str
    addresses: Mapping[str, str] = field(default_factory=dict)

    def page_of(self, link: Link) -> str | None:
        """The page of this project that a link of another project leads to; None if elsewhere or unknown."""
        if link.project is not None:
            return link.page if link.project == self.project else None
        return self.addresses.get(link.url.partition("#")[0]) if link.page is None else None

    def knows(self, link: Link | None) -> bool:
        """Whether it is known if a link of another project leads to this project."""
        return link is None or link.page is not None or bool(self.addresses)


def one_sided_abroad(sides: Sides, home: Home, abroad: Mapping[str, Published]) -> Iterator[NavProblem]:
    """Find links between this project and others that are known not to lead back."""
    for (page, way), side in sides.items():
        link = side.link
        published = abroad.get(link.key) if link and link.key else None
        if link and link.page and published and link.page in published.pages:
            back = published.pages[link.page].get(way.back)
            if home.knows(back) and (back is None or home.page_of(back) != page):
                name = "none" if back is None else f"{link.key}:{back.page}" if back.is_own else back.name
                message = f"{way} is {link.name}, but the {way.back} page there is {name}"
                yield NavProblem(page, way, "one_sided", message)
    for key, published in abroad.items():
        for there, way, link in published.links():
            here = home.page_of(link)
            if here is None or (here, way.back) not in sides:
                continue
            side = sides[here, way.back]
            if not side.broken and not _leads_to(side.link, key, there, published.addresses[there]):
                message = f"{way} of {key}:{there} is this page, but the {way.back} page here is {side.name}"
                yield NavProblem(here, way.back, "one_sided", message)


def _leads_to(link: Link | None, key: str, page: str, address: str) -> bool:
    """Whether the link leads to this page of another project, by inventory or by address."""
    return link is not None and ((link.key, link.page) == (key, page) or link.url == address)
