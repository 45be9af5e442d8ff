"""What may come into a page of the HTML that programs display: its content, sanitised by nh3.

Nothing of it runs, loads anything, leads elsewhere than to an address of the web, or looks like a part of the page: no
scripts, styles, forms, images, headings, landmarks, ids and classes.
"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import Any

_NOT_SHOWN = frozenset(
    {"img", "map", "area", "article", "aside", "footer", "header", "hgroup", "nav", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_SCHEMES = frozenset({"http", "https"})
_WEB = re.compile(r"https?://", re.IGNORECASE)
_ATTRIBUTES = {
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "a": {"href"},
    "*": {"lang", "dir", "title"},
}
#: Elements that have no end, which XML wants to be told.
_EMPTY = re.compile(r"<((?:br|hr|col|wbr)(?:\s[^<>]*)?)>")
_TAG = re.compile(r"<[^<>]*>")


def _cleaner() -> Any:
    """The module nh3; None if it is not installed."""
    try:
        return importlib.import_module("nh3")
    except ImportError:
        return None


def is_available() -> bool:
    """Whether HTML can be sanitised."""
    return _cleaner() is not None


def _kept(_tag: str, name: str, value: str) -> str | None:
    """The value of an attribute; None for a link to a place of the page, or of its site."""
    return None if name == "href" and not _WEB.match(value) else value


@lru_cache(maxsize=64)
def sanitised(html: str) -> str:
    """The content of some HTML, also well-formed as XML; empty if there is no text in it, or no nh3."""
    if (nh3 := _cleaner()) is None:
        return ""
    cleaned: str = nh3.clean(
        html,
        tags=set(nh3.ALLOWED_TAGS) - _NOT_SHOWN,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    cleaned = _EMPTY.sub(r"<\1/>", cleaned).replace("&nbsp;", "&#160;")
    return cleaned if _TAG.sub("", cleaned).strip() else ""
