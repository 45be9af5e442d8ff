"""What awaits what, what names mean and how tasks were called, by the source alone: said only where it is certain."""

from __future__ import annotations

import asyncio
import linecache
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.model.recording import Recording, Task
from sphinx_await.core.steps.builder import make_steps
from sphinx_await.core.steps.model import Phase
from sphinx_await.core.steps.places import Definitions
from sphinx_await.core.timeline.builder import make_timeline
from sphinx_await.core.timeline.describe import lane_note, table_rows
from sphinx_await.core.timeline.labels import Labels
from sphinx_await.core.timeline.names import Made, calls_of

from ..support.recordings import steps_of_run

if TYPE_CHECKING:
    from pathlib import Path

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


CALLS = """
async def serve(table, menu, seconds=1):
    pass
async def cook(menu):
    pass
async def main(menus):
    await gather(serve(1, "soup"), serve(1, "tea", 2))
    create_task(serve(seconds=3, table=1, menu="rice"))
    await gather(*(cook(menu) for menu in menus))
"""


def _made(*calls: tuple[str, int]) -> list[Task]:
    """Tasks with their functions, each made at a line."""
    main = Task("Task-1", coro="main")
    return [main, *(Task(f"Task-{number}", 0, coro=coro, line=line) for number, (coro, line) in enumerate(calls, 2))]


def test_tasks_of_one_function_are_told_apart_by_the_first_argument_that_is_another_in_each() -> None:
    """As the source spells it, by position or by name."""
    tasks = _made(("serve", 7), ("serve", 7), ("serve", 8))
    assert calls_of(tasks, CALLS) == {1: 'serve(…, "soup")', 2: 'serve(…, "tea", …)', 3: 'serve(…, "rice", …)'}


@pytest.mark.parametrize(
    ("tasks", "shown"),
    [
        (_made(("cook", 9), ("cook", 9)), None),  # the source does not say which menu
        (_made(("serve", 8)), None),  # one alone needs no more than its name
        (_made(("serve", 7), ("serve", 8)), None),  # one of two calls of a line: which is not known
        (_made(("serve", 7), ("serve", 7)), [1] * 6 + [None] * 3),  # readers do not see the line
        ([replace(task, name="soup") for task in _made(("serve", 7), ("serve", 7))], None),  # they have names
    ],
)
def test_tasks_have_no_argument_where_it_says_nothing_or_is_hidden(
    tasks: list[Task], shown: list[int | None] | None
) -> None:
    """Then they are called by their function alone."""
    assert calls_of(tasks, CALLS, shown) == {}


def test_a_picture_and_steps_call_tasks_by_their_arguments() -> None:
    """In the lanes, in the table, and in sentences."""
    tasks = tuple(replace(task, created=0.1, loop=0) for task in _made(("serve", 7), ("serve", 7)))
    ran = Recording("CPython 3.13.0", "Linux x86_64", "2026-11-24T21:40:00+00:00", 1.0, 0.0, 0, tasks=tasks)
    timeline = make_timeline(ran, source=CALLS)
    assert [lane_note(lane, Labels()) for lane in timeline.lanes[-2:]] == ['serve(…, "soup")', 'serve(…, "tea", …)']
    assert [row[0] for row in table_rows(timeline, Labels())][1] == 'Task-2 serve(…, "soup")'
    assert [task.coro for task in make_steps(ran, source=CALLS).tasks] == [
        "main()",
        'serve(…, "soup")',
        'serve(…, "tea", …)',
    ]


GATHERED = """\
import asyncio

async def work(seconds, fails):
    await asyncio.sleep(seconds)
    if fails:
        raise ValueError

async def main():
    tasks = [asyncio.create_task(work(n / 100, n == 2), name=str(n)) for n in (1, 2)]
    await asyncio.gather(*tasks, return_exceptions=True)
    done = asyncio.create_task(work(0, False), name="3")
    await done

asyncio.run(main())
"""


def test_a_chain_says_which_of_the_awaited_tasks_have_ended_and_how(tmp_path: Path) -> None:
    """From the moment on at which they end."""
    steps = steps_of_run(GATHERED, tmp_path)
    main = next(index for index, task in enumerate(steps.tasks) if task.coro == "main()")
    chains = []
    for index in range(len(steps.moments)):
        position = steps.positions(index).get(main)
        if position is not None and position.phase is Phase.WAITING and position.chain not in chains:
            chains.append(position.chain)
    assert chains == [
        ("main()", "asyncio.gather()", "1, 2"),
        ("main()", "asyncio.gather()", "1 ✓, 2"),
        ("main()", "asyncio.gather()", "1 ✓, 2 ✗"),
        ("main()", "3"),
        ("main()", "3 ✓"),
    ]
