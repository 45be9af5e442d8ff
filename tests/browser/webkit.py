"""Safari's engine as WebKitGTK, if it is there: Selenium drives it, by the protocol that it speaks itself (WebDriver).

``python -m tests.browser.webkit`` says what is missing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from selenium.webdriver.remote.webelement import WebElement
    from selenium.webdriver.webkitgtk.webdriver import WebDriver

_Found = TypeVar("_Found")
#: The environment variable that names the driver to take; the driver knows where its browser is.
VARIABLE = "SPHINX_AWAIT_WEBKIT"
DRIVER = "WebKitWebDriver"
SELENIUM_ADVICE = "no Selenium: `nox -s webkit` brings it"
DRIVER_ADVICE = (
    f"no {DRIVER}: install WebKitGTK with its driver (Debian: apt install webkit2gtk-driver), "
    f"or set {VARIABLE} to the path of one"
)
DISPLAY_ADVICE = "no display: install Xvfb (Debian: apt install xvfb), or set DISPLAY"
#: Seconds that anything may take, the runtime's first start among them.
PATIENCE = 60
#: Pages stand still: they do not glide to a result while a button is pressed. WebKitGTK asks GTK whether they may move.
GTK_SETTINGS = "[Settings]\ngtk-enable-animations=0\n"
#: No protocol tells what a page complains of, so it is noted in the page.
NOTE_TROUBLES = """
const troubles = window.troubles = [];
addEventListener("error", ({ message }) => troubles.push(`error: ${message}`));
addEventListener("unhandledrejection", ({ reason }) => troubles.push(`rejection: ${reason}`));
addEventListener("securitypolicyviolation", ({ blockedURI }) => troubles.push(`policy: ${blockedURI}`));
for (const kind of ["error", "warn"]) console[kind] = (...all) => troubles.push(`${kind}: ${all.join(" ")}`);
"""
#: Bring an element to the middle of the window, and wait for what a page does when it has been scrolled.
BRING = """
const [element, done] = arguments;
element.scrollIntoView({ block: "center", behavior: "instant" });
requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)));
"""
#: Paste a text where the focus is: what is typed is indented by the editor.
PASTE = """
const clipboardData = new DataTransfer();
clipboardData.setData("text/plain", arguments[0]);
const options = { clipboardData, bubbles: true, cancelable: true };
document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
"""


def missing() -> str | None:
    """What must be installed before WebKit can be driven; None if all is there."""
    if importlib.util.find_spec("selenium") is None:
        return SELENIUM_ADVICE
    if _find_driver() is None:
        return DRIVER_ADVICE
    return None if _has_display() or shutil.which("Xvfb") else DISPLAY_ADVICE


def _find_driver() -> str | None:
    return shutil.which(os.environ.get(VARIABLE) or DRIVER)


def _has_display() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


@contextmanager
def launch(*, dark: bool = False) -> Iterator[WebDriver]:
    """Start WebKit with a new profile, on a display of its own where there is none, in a dark theme if asked."""
    from selenium import webdriver
    from selenium.webdriver.webkitgtk.service import Service

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "gtk-3.0").mkdir()
        (folder / "gtk-3.0" / "settings.ini").write_text(GTK_SETTINGS, encoding="utf-8")
        display = {} if _has_display() else {"DISPLAY": stack.enter_context(_display())}
        theme = {"GTK_THEME": "Adwaita:dark" if dark else "Adwaita"}
        service = Service(_find_driver(), env={**os.environ, **display, **theme, "XDG_CONFIG_HOME": str(folder)})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # this class calls another as it should not be any more
            driver = webdriver.WebKitGTK(service=service)
        stack.callback(driver.quit)
        driver.set_script_timeout(PATIENCE)
        yield driver


@contextmanager
def _display() -> Iterator[str]:
    """Start a display that nobody sees; gives its name."""
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        assert server.stdout
        try:
            yield f":{server.stdout.readline().strip()}"
        finally:
            server.terminate()


@dataclass(frozen=True)
class Window:
    """A window of WebKit, and what a reader does in it.

    :ivar address: the server's, without a slash at its end.
    """

    driver: WebDriver
    address: str

    def open(self, name: str) -> None:
        """Open a page as somebody who was never here, and note from then on what it complains of."""
        self.driver.get(f"{self.address}/{name}")
        self.driver.execute_script("localStorage.clear(); sessionStorage.clear();")
        self.driver.refresh()
        self.driver.execute_script(NOTE_TROUBLES)

    def open_in_frame(self, name: str, width: int, height: int) -> None:
        """Open a page in a frame, since no window is narrower than its tool bar."""
        self.open(name)
        self.driver.execute_script(
            "const frame = Object.assign(document.createElement('iframe'), { src: location.href });"
            "[frame.width, frame.height, frame.style.border] = [...arguments, '0'];"
            "document.body.replaceChildren(frame);",
            *(width, height),
        )
        self.driver.switch_to.frame(self.first("iframe"))
        self.first(".await-go")
        self.driver.execute_script(NOTE_TROUBLES)

    def all(self, selector: str, within: WebElement | None = None) -> list[WebElement]:
        """All elements there now that a selector is true of."""
        found: list[WebElement] = (within or self.driver).find_elements("css selector", selector)
        return found

    def first(self, selector: str, within: WebElement | None = None) -> WebElement:
        """Wait for the first element that a selector is true of."""
        return next(iter(self.wait_for(lambda: self.all(selector, within))))

    def wait_for(self, condition: Callable[[], _Found]) -> _Found:
        """Wait until something is so; gives what is found then."""
        from selenium.webdriver.support.ui import WebDriverWait

        waiting = WebDriverWait(self.driver, PATIENCE, poll_frequency=0.05)
        found: _Found = waiting.until(lambda _driver: condition())
        return found

    def ask(self, function: str, *values: Any) -> Any:
        """Call a function of JavaScript in the page; what it promises is waited for."""
        script = (
            "const done = arguments[arguments.length - 1];"
            f"Promise.resolve(({function})(...[...arguments].slice(0, -1))).then(done);"
        )
        return self.driver.execute_async_script(script, *values)

    def press(self, selector: str, within: WebElement | None = None) -> None:
        """Press the first element that a selector is true of, by the mouse."""
        element = self.first(selector, within)
        self.driver.execute_async_script(BRING, element)
        element.click()

    def type(self, *keys: str, control: bool = False) -> None:
        """Press keys where the focus is, with the control key held if asked."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        chain = ActionChains(self.driver)
        if control:
            chain.key_down(Keys.CONTROL)
        chain.send_keys(*keys)
        if control:
            chain.key_up(Keys.CONTROL)
        chain.perform()

    def paste(self, text: str) -> None:
        """Put a text in place of all that is where the focus is."""
        self.type("a", control=True)
        self.driver.execute_script(PASTE, text)

    def wait_for_end(self, figure: WebElement) -> None:
        """Wait until the reader's run of a figure is over."""
        self.first("await-live[state=ended]", figure)


if __name__ == "__main__":
    if advice := missing():
        sys.exit(advice)
    print(f"WebKit: {_find_driver()}")
