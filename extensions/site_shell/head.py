"""What a page's head says to those who do not read the page: search engines and messengers. Does not import Sphinx."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, unquote, urljoin

#: Characters that search engines and messengers show of a description.
MOST = 160
#: What Open Graph calls a language.
_LOCALES = {"ko": "ko_KR", "en": "en_US", "ja": "ja_JP", "zh_CN": "zh_CN"}


@dataclass(frozen=True, slots=True)
class Head:
    """What is said of a page.

    :ivar address: its absolute address, or nothing where it is not known.
    :ivar card: the absolute address of its picture, or nothing.
    """

    title: str
    site: str
    description: str
    language: str
    address: str = ""
    card: str = ""
    is_home: bool = False


def tags(head: Head, *, width: int, height: int) -> str:
    """The elements for a page's head."""
    graph = {
        "og:type": "website" if head.is_home else "article",
        "og:title": head.title,
        "og:site_name": head.site,
        "og:description": head.description,
        "og:locale": _LOCALES.get(head.language, ""),
        "og:url": head.address,
        "og:image": head.card,
    }
    if head.card:
        graph |= {"og:image:type": "image/png", "og:image:width": str(width), "og:image:height": str(height)}
    lines = [f'<meta name="description" content="{escape(head.description)}">'] if head.description else []
    lines += [f'<meta property="{name}" content="{escape(value)}">' for name, value in graph.items() if value]
    lines.append(f'<meta name="twitter:card" content="{"summary_large_image" if head.card else "summary"}">')
    return "".join(f"\n    {line}" for line in lines)


def shortened(text: str) -> str:
    """The first sentences of a text that fit into a description, or its first words."""
    text = " ".join(text.split())
    if len(text) <= MOST:
        return text
    ends = [found.end() for found in re.finditer(r"[.!?](?=\s)", text[: MOST + 1])]
    if ends and ends[-1] >= MOST / 3:
        return text[: ends[-1]]
    return text[: MOST - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def absolute(base: str, path: str) -> str:
    """The address of a path below the address of a site; letters that are not ASCII are escaped, once.

    :param path: escaped, as the builder ``html`` has it, or not, as ``dirhtml`` has it.
    """
    return urljoin(f"{base.rstrip('/')}/", quote(unquote(path))) if base else ""


def sitemap(addresses: list[str]) -> str:
    """A sitemap of pages."""
    urls = "".join(f"  <url><loc>{escape(address)}</loc></url>\n" for address in addresses)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="{space}">\n{urls}</urlset>\n'


def with_prefix(page: str, prefix: str) -> str:
    """A page whose relative addresses begin at the prefix, so that it can stand at any address."""
    page = re.sub(r'(\s(?:href|src|action)=")(?![#/?]|[a-z]+:)(?:\./)?', rf"\g<1>{prefix}", page)
    return page.replace('data-content_root="./"', f'data-content_root="{prefix}"')
