"""Other Sphinx projects: their pages from inventories, and their links from ``course-nav.json``."""

from __future__ import annotations

import difflib
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util import logging, requests

from .exchange_file import INVENTORY, from_text, location_beside
from .links import Link, NavError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx

    from .exchange_file import Published

logger = logging.getLogger(__name__)

_TIMEOUT = 10.0  # seconds, where intersphinx_timeout says nothing


def find_page(app: Sphinx, key: str, page: str) -> Link:
    """Find a page of another project.

    :param key: the project's key in ``intersphinx_mapping``.
    :raises NavError: there is no such project, inventory or page.
    """
    if key not in app.config.intersphinx_mapping:
        raise NavError(f"{key!r} is no project of intersphinx_mapping{like(key, app.config.intersphinx_mapping)}")
    inventory = InventoryAdapter(app.env).named_inventory.get(key)
    if inventory is None:
        raise NavError(f"the inventory of {key!r} could not be read")
    pages = inventory.get("std:doc", {})
    if page not in pages:
        raise NavError(f"{key!r} has no page {page!r}{like(page, pages)}")
    item = pages[page]
    title = page if item.display_name == "-" else item.display_name
    return Link(title, item.uri, page, item.project_name, key)


def like(name: str, names: Iterable[str]) -> str:
    """A suggestion of a similar name, or an empty text."""
    near = difflib.get_close_matches(name, list(names), 1)
    return f"; is {near[0]!r} meant?" if near else ""


def read_others(app: Sphinx, linked: Iterable[str]) -> dict[str, Published]:
    """Read the links that other projects publish, by key.

    Every project of ``intersphinx_mapping`` that is a file is read. Over the network, only linked projects are.
    """
    others: dict[str, Published] = {}
    linked = frozenset(linked)
    for key, (base, locations) in app.config.intersphinx_mapping.values():
        for location in locations:
            beside = location_beside(location or posixpath.join(base, INVENTORY))
            if "://" not in beside or key in linked:
                published = _read(app, beside, base)
                if published is not None:
                    others[key] = published
                    break
    return others


def _read(app: Sphinx, location: str, base: str) -> Published | None:
    """Read the file at a location; None if there is none, because a project need not publish it."""
    try:
        content = _fetched(app, location) if "://" in location else Path(app.srcdir, location).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:  # errors of requests are OSErrors, too
        logger.info("course_nav: not read, so links back from there are not checked: %s (%s)", location, error)
        return None
    try:
        return from_text(content.decode("utf-8"), base)
    except ValueError as error:
        logger.warning("course_nav: %s: %s", location, error, type="course_nav", subtype="published")
        return None


def _fetched(app: Sphinx, location: str) -> bytes:
    """Fetch a file in the way in which intersphinx fetches the inventory.

    :raises OSError: the file cannot be fetched.
    """
    config = app.config
    tls = (config.tls_verify, config.tls_cacerts)
    timeout = config.intersphinx_timeout or _TIMEOUT
    with requests.get(location, timeout=timeout, _user_agent=config.user_agent, _tls_info=tls) as response:
        response.raise_for_status()
        return response.content
