"""A server and its clients, each a fence of a page."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB
from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which program listens")

CLIENT = """\
import socket
with socket.create_connection(("127.0.0.1", 8765)) as connection:
    connection.sendall(b"Ada\\n")
    print(connection.recv(99).decode().strip())
# Expected output: hello Ada
"""
SERVER = """\
import asyncio

async def handle(reader, writer):
    line = await reader.readline()
    writer.write(b"hello " + line)
    await reader.read()
    print("gone:", line.decode().strip())
    writer.close()

async def main():
    async with await asyncio.start_server(handle, "127.0.0.1", 8765) as server:
        await server.serve_forever()

asyncio.run(main())
# Expected output: gone: Ada
"""
PAGE = (
    f"# A\n\n<!-- await: name=client meets=server -->\n```python\n{CLIENT}```\n\n"
    f"```{{exec_code}}\n:name: server\n:stop-after: 20\n{SERVER}```\n"
)


def test_a_page_shows_both_as_any_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged pair does not run, an edit of one runs both. A browser cannot run them, and the page says why."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("conf.py", project.read("conf.py") + 'language = "en"\n')
    project.write("index.md", PAGE)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["hello Ada", "gone: Ada"]
    html = BeautifulSoup(built.page(), "html.parser")
    assert [one.get_text(strip=True) for one in html.select(".await-hanging")] == [
        "It was stopped when the programs that it serves had ended, as it is meant to be."
    ]
    facts = [one.get_text() for one in html.select(".await-facts")]
    assert ["run at the same time as server" in one for one in facts] == [True, False]
    only = [json.loads(one.get_text())["only"] for one in html.select("await-live script")]
    assert ["two programs that run at the same time" in one for one in only] == [True, True]
    project.clean()
    assert project.build("-W").ran == []
    project.write("index.md", PAGE.replace('b"hello "', 'b"good day, "').replace("hello Ada", "good day, Ada"))
    assert texts(project.build("-W", "-D", "await_sandbox=off").page()) == ["good day, Ada", "gone: Ada"]


#: The options of programs of a page, what each is told, and what it does.
WRONG = [
    ("meets=nobody", r"meets: no program .* is named 'nobody' \(own, .*\); give it a name by name=nobody", "x = 1"),
    ("name=own stop-after=5 meets=own", "meets: 'own' cannot meet itself", "x = 1"),
    ("name=a stop-after=5 meets=b", "meets: 'a' meets 'b' meets 'a', so that none of them can begin", "x = 1"),
    ("name=b stop-after=5 meets=a", "meets: 'b' meets 'a' meets 'b', so that none of them can begin", "x = 1"),
    ("meets=endless", r"meets: 'endless' \(index\.md:\d+\) never .*: give it stop-after=SECONDS", "x = 1"),
    ("meets=short", r"did not run: what it meets \(`short`\) had ended before it listened", "print(1)"),
    ("meets=late", r"did not run: what it meets \(`late`\) listened on no socket until it was stopped", "print(1)"),
    ('meets=short python=">=3"', r"'short' \(index\.md:\d+\) is for other versions of Python", "x = 1"),
    ("name=endless", "", "x = 1"),
    ("name=short stop-after=5", "", "x = 1"),
    ("name=late stop-after=0.2", "", "import time; time.sleep(60)"),
]


def test_what_cannot_meet_is_an_error_with_its_line(project: Project) -> None:
    """And it says what to do."""
    fences = [f"<!-- await: {options} -->\n```python\n{code}\n```\n" for options, _, code in WRONG]
    project.write("index.md", "\n".join(["# A\n", *fences]))
    built = project.build()
    for number, (_, message, _) in enumerate(WRONG):
        found = re.findall(rf"index\.md:{5 + 5 * number}: ERROR: (.*)", built.err)
        assert [one for one in found if re.search(message, one)] == found[:1] if message else found == [], built.err
