"""What awaits what, and what names mean, by the source alone: said only where it is certain."""

from __future__ import annotations

import asyncio
import linecache
from typing import Any

import pytest

from sphinx_await.core.steps.names import Made
from sphinx_await.core.steps.places import Definitions

SOURCE = """
import asyncio
from contextlib import asynccontextmanager

async def cook():
    await asyncio.sleep(0.01)

async def serve():
    await cook()

async def plainly():
    task = asyncio.create_task(serve())
    await serve()
    await task

async def by_tasks():
    await asyncio.gather(serve(), cook())

async def either(coro):
    await coro
    await cook()

async def two_ways():
    await serve()
    await cook()

async def limited():
    await asyncio.wait_for(cook(), 1)

async def again(n):
    if n:
        await again(n - 1)
    await cook()

class Kitchen:
    async def open(self):
        await self.boil()
    async def boil(self):
        await cook()
    async def __aenter__(self):
        await cook()
    async def __aexit__(self, *_):
        pass

@asynccontextmanager
async def shop():
    await cook()
    yield

async def in_shop():
    async with shop():
        await serve()

async def in_kitchen():
    async with Kitchen():
        pass

async def outer():
    async def inside():
        await cook()
    event = asyncio.Event()
    event.set()
    await event.wait()
    await inside()

async def lines():
    await cook()
    yield 1

async def reads():
    async for _ in lines():
        pass
"""


@pytest.mark.parametrize(
    ("outer", "inner", "through"),
    [
        ("serve", "cook", ("serve", "cook")),
        ("plainly", "cook", ("plainly", "serve", "cook")),
        ("Kitchen.open", "cook", ("Kitchen.open", "Kitchen.boil", "cook")),
        ("outer", "cook", ("outer", "outer.inside", "cook")),
        ("outer.<locals>.inside", "cook", ("outer.inside", "cook")),
        ("by_tasks", "cook", None),
        ("either", "cook", None),
        ("two_ways", "cook", None),
        ("limited", "cook", None),
        ("again", "cook", None),
        ("in_shop", "cook", None),
        ("in_kitchen", "cook", None),
        ("reads", "cook", None),
        ("cook", "cook", None),
        ("nobody", "cook", None),
    ],
)
def test_a_source_says_through_which_functions_one_awaits_another(
    outer: str, inner: str, through: tuple[str, ...] | None
) -> None:
    """Where there are several ways, or a value may be any coroutine, it says nothing."""
    assert Definitions(SOURCE).between(outer, inner) == through


def test_what_the_source_says_is_what_python_awaits() -> None:
    """Each task of a program, at each of its turns: what its coroutine really awaits."""
    name = "chains.py"
    linecache.cache[name] = (len(SOURCE), None, SOURCE.splitlines(keepends=True), name)
    program: dict[str, Any] = {}
    exec(compile(SOURCE, name, "exec"), program)  # noqa: S102 - a program of this test
    definitions, seen = Definitions(SOURCE), set()

    async def watch() -> None:
        kitchen = program["Kitchen"]()
        makers = ("serve", "plainly", "by_tasks", "two_ways", "limited", "in_shop", "in_kitchen", "outer", "reads")
        coros = [program[one]() for one in makers]
        coros += [program["either"](program["cook"]()), program["again"](2), kitchen.open()]
        tasks = [asyncio.ensure_future(coro) for coro in coros]
        while not all(task.done() for task in tasks):
            for task in tasks:
                chain = _chain(task.get_coro(), name)
                if len(chain) > 1 and (known := definitions.between(chain[0], chain[-1])) is not None:
                    assert known == tuple(one.replace("<locals>.", "") for one in chain)
                    seen.add(known)
            await asyncio.sleep(0)

    asyncio.run(watch())
    assert {("serve", "cook"), ("plainly", "serve", "cook"), ("outer", "outer.inside", "cook")} <= seen


def _chain(it: Any, name: str) -> list[str]:
    """The functions of the program through which a coroutine waits."""
    chain = []
    while it is not None and getattr(it, "cr_frame", None) is not None:
        if it.cr_code.co_filename == name:
            chain.append(it.cr_code.co_qualname)
        it = it.cr_await
    return chain


LOCKS = """
import asyncio
top = asyncio.Lock()
twice = asyncio.Lock()
twice = asyncio.Lock()

async def cook(name, first, second=None):
    async with first:
        async with second:
            pass

async def often():
    own = asyncio.Lock()
    async with own:
        pass

async def main():
    pot, board = asyncio.Lock(), asyncio.Lock()
    asyncio.create_task(cook("a", pot, second=board))
    await asyncio.gather(cook("b", board, top), cook("c", *[pot, board]))
    await often()
    await often()
    async with twice:
        pass

asyncio.run(main())
"""
_LINES = LOCKS.split("\n")


def _line(text: str) -> int:
    return next(number for number, line in enumerate(_LINES, 1) if text in line)


@pytest.mark.parametrize(
    ("name", "at", "made", "meant"),
    [
        ("top", "async with first", None, ".top"),
        ("pot", 'cook("a"', None, "main.pot"),
        ("first", "async with first", Made("cook", _line('cook("a"'), 0, 1), "main.pot"),
        ("second", "async with second", Made("cook", _line('cook("a"'), 0, 1), "main.board"),
        ("first", "async with first", Made("cook", _line('cook("b"'), 0, 2), "main.board"),
        ("second", "async with second", Made("cook", _line('cook("b"'), 0, 2), ".top"),
        ("first", "async with first", Made("cook", _line('cook("b"'), 1, 2), ""),  # it is given by a star
        (
            "first",
            "async with first",
            Made("cook", _line('cook("b"'), 0, 3),
            "",
        ),  # which of the calls it is is not known
        ("first", "async with first", None, ""),
        ("first", "async with first", Made("other", _line('cook("a"'), 0, 1), ""),
        ("own", "async with own", None, ""),  # its function runs twice
        ("twice", "async with twice", None, ""),
        ("nobody", "async with own", None, ""),
    ],
)
def test_a_name_means_an_object_where_the_source_leaves_no_doubt(
    name: str, at: str, made: Made | None, meant: str
) -> None:
    """Parameters mean what the task of their function was given."""
    assert Definitions(LOCKS).names.meant(name, _line(at), made) == meant
