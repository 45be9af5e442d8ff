"""What readers of the course look for, and the pages that must be among the first three results.

``python -m tests.browser.searches FOLDER`` says how many a built site finds, and which it does not.
"""

from __future__ import annotations

import functools
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from playwright.sync_api import sync_playwright

from .chromium import launch

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUERIES = Path(__file__).with_name("searches.txt")
#: Each query with the pages that must be found; of those with | between them one must be.
SEARCHES = {
    query.strip(): pages.split()
    for query, _, pages in (
        line.partition(" = ") for line in QUERIES.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
    )
}


def results(page: Page, address: str, query: str, search: str = "search") -> list[str]:
    """The links of all results in order, as their pages have them."""
    page.goto(f"{address}/{search}.html?q={quote(query)}")
    # The dots that stand for waiting go when all results are written.
    page.wait_for_function("Search.title && !Search.title.contains(Search.dots)")
    links = page.locator("#search-results ul.search > li > a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    return [unquote(link) for link in links]


def is_found(wanted: list[str], links: list[str]) -> bool:
    """Whether the first links lead to all pages that a query is looking for."""
    found = first_pages(links)
    return all(set(one.split("|")) & set(found) for one in wanted)


def first_pages(links: list[str], number: int = 3) -> list[str]:
    """The pages that the first links lead to."""
    return [link.partition("#")[0].removesuffix(".html") for link in links[:number]]


def main(folder: str) -> None:
    """Print what is not found, and how many are."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    good = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        for query, wanted in SEARCHES.items():
            links = results(page, f"http://127.0.0.1:{server.server_port}", query)
            if is_found(wanted, links):
                good += 1
            else:
                print(f"{query}: {' '.join(first_pages(links)) or '-'}; wanted {' '.join(wanted)}")
        browser.close()
    server.shutdown()
    print(f"{good} of {len(SEARCHES)} searches find all their pages among the first three")


if __name__ == "__main__":
    main(sys.argv[1])
