"""What is said of messages of Python, in the language of a page."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from sphinx_await.sphinxext.render.explanations import explanations

TWO = "M, N = [type(name, (type,), {}) for name in 'MN']\n"
RUN = "asyncio.run(main())"
START = "import asyncio\nasync def f(): pass\ndef g(): yield\n"
#: Programs, and words of the one sentence that is said of each.
PROGRAMS = {
    "f()": "called and not awaited",
    "async def main(): asyncio.run(f())\nasyncio.run(main())": "An event loop runs already",
    "def h(): await f()": "begins with async def",
    "def h():\n    async with f(): pass": "begins with async def",
    "async def main(): await 1\nasyncio.run(main())": "Only a coroutine",
    "async def main():\n    for x in f(): pass\nasyncio.run(main())": "not its result",
    "async def main(): a, b = asyncio.gather(f(), f())\nasyncio.run(main())": "not its result",
    "async def main(): asyncio.create_task(f())[0]\nasyncio.run(main())": "not its result",
    "async def main(): asyncio.gather(f()) + 1\nasyncio.run(main())": "not its result",
    "async def main():\n    c = f(); await c; await c\nasyncio.run(main())": "awaited once",
    "asyncio.get_running_loop()": "only while an event loop runs",
    "async def main(): await asyncio.wait_for(asyncio.sleep(1), 0.01)\nasyncio.run(main())": "within its time limit",
    "async def main(): asyncio.current_task().cancel(); await asyncio.sleep(1)\nasyncio.run(main())": "was cancelled",
    "async def h(): 1 / 0\nasync def main():\n    async with asyncio.TaskGroup() as t: t.create_task(h())\n"
    + RUN: "except* catches",
    "async def h(): 1 / 0\nasync def main(): t = asyncio.create_task(h()); await asyncio.sleep(0)\n"
    + RUN: "nobody awaited it",
    "async def main():\n    async with open('/dev/null'): pass\nasyncio.run(main())": "not for async with",
    "async def main():\n    async for x in [1]: pass\nasyncio.run(main())": "not for async for",
    "async def h(): yield\nlist(h())": "walked through by async for",
    "asyncio.run(f)": "A coroutine is needed",
    "g().send(1)": "after its first yield",
    "def h():\n    next(it); yield\nit = h(); next(it)": "while it was running",
    "def h():\n    yield next(iter([]))\nlist(h())": "ends by return",
    TWO + "class C(M('A', (), {}), N('B', (), {})): pass": "different metaclasses",
    "print（1）": "This character",
    "if 1:\nprint(1)": "blanks at the start",
    "if 1\n    print(1)": "A colon",
    "print((1)": "is not closed",
    "x = 'a": "is not closed",
    "prnt(1)": "has this name",
    "input()": "nothing left to read",
    "def h(): h()\nh()": "called itself",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_message_has_the_sentence_that_says_what_it_means(program: str) -> None:
    """Among all that a program writes to standard error."""
    command = [sys.executable, "-c", START + program]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    said = (sentence for pattern, sentence in explanations() if re.search(pattern, done.stderr, re.MULTILINE))
    assert PROGRAMS[program] in next(said), done.stderr


def test_what_nobody_stumbles_on_has_none() -> None:
    """An exception of the program's own is its own affair."""
    assert not [one for one, _sentence in explanations() if re.search(one, "ValueError: wrong", re.MULTILINE)]
