"""Uses a wheel as an author does: ``python tools/check_release.py DIST FOLDER``.

In a new virtual environment with the wheel only, the course that ``sphinx-await new`` makes is built and tested, and a
program of its pages runs in a real browser. Then the same environment gets the package as ``pip install git+...``
gives it, and a build has to say what that lacks.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parents[1]
LANGUAGES = ("en", "ko")
#: What nobody who installs a wheel has in the environment.
_OURS = ("PYTHONPATH", "PYTHONHOME", "SPHINX_AWAIT_RUNTIME", "VIRTUAL_ENV")
#: Milliseconds in which the first run of a program in a browser is done.
_PATIENCE = 120_000


class Author:
    """Somebody with a new virtual environment and a folder."""

    def __init__(self, folder: Path) -> None:
        """:param folder: is made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        self.scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
        self.environment = {name: value for name, value in os.environ.items() if name not in _OURS}

    def do(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        """Run a program of the environment, and return what it printed; exit with that if it fails."""
        words = [program, *map(str, arguments)]
        began = time.monotonic()
        command = [str(self.scripts / program), *words[1:]]
        done = subprocess.run(
            command, cwd=cwd or self.folder, env=self.environment, text=True, capture_output=True, check=False
        )
        print(f"{time.monotonic() - began:6.1f} s  {' '.join(words)}", flush=True)
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\nexit status {done.returncode}: {' '.join(words)}")
        return done.stdout + done.stderr

    def pip(self, *arguments: str | Path) -> None:
        """Install something."""
        self.do("python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def use_wheel(author: Author, wheel: Path) -> None:
    """Make, build and test a course of each language with the wheel alone."""
    author.pip(wheel, "furo", "pytest")
    author.do("python", "-m", "pip", "check")
    for language in LANGUAGES:
        course = author.folder / "www" / language
        made = author.do("sphinx-await", "new", course, "--language", language)
        expect("Note:" not in made, f"the wheel lacks something: {made}")
        author.do("python", "-m", "sphinx", "-W", "-q", "source", "build", cwd=course)
        author.do("python", "-m", "pytest", "--await", "-q", cwd=course)


def press_run(folder: Path, site: str) -> None:
    """Press the Run button of the chapter's first program in a browser, and see that it prints what the page has."""
    from playwright.sync_api import expect as wait_for
    from playwright.sync_api import sync_playwright
    from tests.browser.chromium import launch
    from tests.browser.reader import Reader
    from tests.browser.sites import serve
    from tests.support.course_programs import printed

    began = time.monotonic()
    with serve(folder) as address, sync_playwright() as playwright:
        reader = Reader(launch(playwright), address)
        run = reader.open(f"{site}/waiting.html").locator("figure.await-run:has(.await-code)").first
        built = printed(run)
        run.locator(".await-go").click()
        wait_for(run.locator("await-live")).to_have_attribute("state", "ended", timeout=_PATIENCE)
        mine = printed(run.locator(".await-mine"))
        run.locator(".await-edit").click()
        wait_for(run.locator(".cm-editor")).to_be_visible(timeout=_PATIENCE)
        expect(mine == built, f"the browser printed {mine!r}, the build {built!r}")
        expect(not reader.troubles, "\n".join(reader.troubles))
    print(f"{time.monotonic() - began:6.1f} s  Run and Edit in a browser: {site}", flush=True)


def use_git(author: Author, course: Path) -> None:
    """Install what git holds, as from its address, and see that a build says what it lacks."""
    author.pip("--force-reinstall", "--no-deps", f"git+{HERE.as_uri()}")
    shutil.rmtree(course / "build")
    said = author.do("python", "-m", "sphinx", "-W", "source", "build", cwd=course)
    for words in ("has no runtime for browsers", "has no editor", "noxfile.py -s live editor"):
        expect(words in said, f"a build without what git does not hold has to say {words!r}: {said}")


def expect(holds: bool, otherwise: str) -> None:
    """Exit with a sentence if something does not hold."""
    if not holds:
        sys.exit(otherwise)


def main(arguments: Sequence[str]) -> None:
    """Check the wheel of a folder."""
    dist, folder = Path(arguments[0]).resolve(), Path(arguments[1]).resolve()
    [wheel] = dist.glob("*.whl")
    author = Author(folder)
    use_wheel(author, wheel)
    for language in LANGUAGES:
        press_run(folder, f"{language}/build")
    use_git(author, folder / "www" / LANGUAGES[0])


if __name__ == "__main__":
    main(sys.argv[1:])
