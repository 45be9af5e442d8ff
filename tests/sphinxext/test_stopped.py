"""Programs that are stopped after a while, and programs that read their input."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB
from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

CONF = 'language = "en"\nproject = "Stopped"\nversion = "1"\ncopyright = "2026"\n'
SERVER = """\
import asyncio

async def main():
    async with await asyncio.start_server(print, "127.0.0.1", 0) as server:
        print("serving")
        await server.serve_forever()

asyncio.run(main())
# Expected output: serving
"""
STOPPED = f"# A\n\n<!-- await: stop-after=0.4 -->\n```python\n{SERVER}```\n\n"
PAGE = f"{STOPPED}<!-- await: stop-after=5 -->\n```python\nprint('ended')\n```\n"


@pytest.mark.parametrize(("builder", "page"), [("html", "index.html"), ("text", "index.txt"), ("latex", "stopped.tex")])
def test_a_server_is_stopped_and_the_page_says_so(
    project: Project, monkeypatch: pytest.MonkeyPatch, builder: str, page: str
) -> None:
    """It is no failure, and is kept; one that ends before says nothing of it."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("index.md", PAGE)
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    words = re.sub(r"\s+", " ", built.page(page))
    assert words.count("It was stopped after 0.4 s, as it is meant to be.") == 1
    assert "serving" in words
    if builder == "html":
        html = BeautifulSoup(built.page(page), "html.parser")
        programs = [json.loads(one.get_text()) for one in html.select("await-live script")]
        assert [(one["hangs"], one["stops"]) for one in programs] == [(None, 0.4), (None, 5.0)]
    project.clean()
    again = project.build("-W", "-D", "await_execute=cached", builder=builder)
    assert again.status == 0, again.err


def test_what_is_wrong_before_a_program_is_stopped_is_an_error(project: Project) -> None:
    """Its exception, and what it printed until then."""
    wrong = STOPPED.replace("output: serving", "output: served")
    project.write("index.md", f"{wrong}<!-- await: stop-after=5 -->\n```python\n1 / 0\n```\n")
    built = project.build()
    assert re.search(r"index\.md:13: ERROR: index-1: printed something else", built.err), built.err
    assert re.search(r"index\.md:18: ERROR: index-2: ZeroDivisionError", built.err), built.err


def test_a_program_reads_what_its_author_gives_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Line by line, in a session by one after another; another text runs it again. The page says what it was."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    page = (
        '# A\n\n<!-- await: stdin="Ada\\n36" -->\n```python\nname = input("name? ")\nprint(name, int(input()))\n```\n\n'
        "```{exec_code}\n---\nstdin: |\n  one\n  둘\n---\nimport sys\nprint([*sys.stdin])\n```\n\n"
        "<!-- await: session=s stdin=first -->\n```python\nprint(input())\n```\n\n"
        "<!-- await: session=s stdin=second -->\n```python\nprint(input())\n```\n\n"
        "<!-- await: raises=EOFError stdin=once -->\n```python\ninput()\ninput()\n```\n"
    )
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("index.md", page)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page())[:4] == ["name? Ada 36", "['one\\n', '둘\\n']", "first", "second"]
    html = BeautifulSoup(built.page(), "html.parser")
    assert "standard input: Ada, 36" in html.select(".await-facts")[0].get_text()
    only = [json.loads(one.get_text())["only"] for one in html.select("await-live script")]
    assert only[0] == ""
    project.write("index.md", page.replace("Ada", "Eve"))
    assert texts(project.build("-W").page())[0] == "name? Eve 36"


def test_input_that_nobody_gives_is_an_error_that_names_the_option(project: Project) -> None:
    """With the line that reads."""
    project.write("index.md", "# A\n\n```python\nx = 1\ninput()\n```\n")
    built = project.build()
    assert re.search(r"index\.md:5: ERROR: index-1: EOFError", built.err), built.err
    assert "`stdin` gives more to it" in built.err
