"""Somebody who reads pages in a browser, and notes whatever goes wrong on one."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response

#: Widths of the window, in CSS pixels.
WIDE, NARROW = 1280, 390
#: The page with every kind of figure.
FIGURES = "figures/index.html"
#: The page whose programs a stub "runs".
LIVE = "live/index.html"


@dataclass  # not frozen: Playwright keeps things of its own on whatever its events are bound to
class Reader:
    """A reader of one server's pages.

    :ivar address: the server's, without a slash at its end.
    :ivar troubles: errors, foreign requests and failed requests of all pages, in words.
    :ivar answers: all that the server sent for the pages that are open.
    """

    browser: Browser
    address: str
    troubles: list[str] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, name: str, *, width: int = WIDE, dark: bool = False, script: bool = True) -> Page:
        """Open a page in a window of its own that shares nothing with others."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            reduced_motion="reduce",
            locale="ko-KR",
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("request", self._see_request)
        page.on("requestfailed", self._see_failure)
        page.on("response", self._see_response)
        page.goto(f"{self.address}/{name}")
        return page

    def close(self) -> None:
        """Close all windows."""
        self.answers.clear()
        while self.contexts:
            self.contexts.pop().close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "blob:")):
            self.troubles.append(f"foreign: {request.url}")

    def _see_failure(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # as when a page is left before it is whole
            self.troubles.append(f"failed: {request.url} {request.failure}")

    def _see_response(self, response: Response) -> None:
        self.answers.append(response)
        if response.status >= HTTPStatus.BAD_REQUEST:  # 304 says that the browser has it already
            self.troubles.append(f"{response.status}: {response.url}")


def figure(page: Page, name: str) -> Locator:
    """The figure of a run."""
    return page.locator(f'figure.await-run[data-name="{name}"]')
