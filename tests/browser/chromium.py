"""The browser of the tests: found on this machine, or brought to it by ``python -m tests.browser.chromium``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

#: The environment variable that names the browser to take.
VARIABLE = "SPHINX_AWAIT_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
#: Debian's packages: the browser, and what Korean needs to be drawn.
BROWSER_PACKAGES = ("chromium",)
FONT_PACKAGES = ("fontconfig", "fonts-noto-cjk")
ADVICE = (
    f"no browser: install Chromium or Chrome (Debian: apt install chromium fonts-noto-cjk), "
    f"or set {VARIABLE} to the path of one"
)


def launch(playwright: Playwright) -> Browser:
    """Start the browser with a new profile.

    :raises LookupError: there is none.
    """
    path = find_browser(playwright)
    if path is None:
        raise LookupError(ADVICE)
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


def find_browser(playwright: Playwright) -> str | None:
    """The path of the browser that is named, of one on the path, or of Playwright's own; None if there is none."""
    if named := os.environ.get(VARIABLE):
        return shutil.which(named)
    # Where a browser comes as a snap, a name may be there that only says how to install it.
    found = next((path for path in map(shutil.which, NAMES) if path and _starts(path)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def _starts(path: str) -> bool:
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def bring(playwright: Playwright) -> str:
    """Find a browser; install one, and fonts for Korean, where that can be done.

    :raises LookupError: there is none, and none could be installed.
    """
    missing = () if find_browser(playwright) else BROWSER_PACKAGES
    if sys.platform == "linux" and not _has_korean_font():
        missing = (*missing, *FONT_PACKAGES)
    if missing and shutil.which("apt-get") and os.geteuid() == 0:
        _install_packages(missing)
    if find_browser(playwright) is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    path = find_browser(playwright)
    if path is None:
        raise LookupError(ADVICE)
    return path


def _has_korean_font() -> bool:
    command = shutil.which("fc-list")
    return bool(command and subprocess.run([command, ":lang=ko"], capture_output=True, check=False).stdout.strip())


def _install_packages(names: tuple[str, ...]) -> None:
    apt = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300"]  # seconds to wait for another installation
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *names]):
        subprocess.run(command, env=environment, check=False)


if __name__ == "__main__":
    with sync_playwright() as started:
        try:
            print(f"browser: {bring(started)}")
        except LookupError as error:
            sys.exit(str(error))
