"""Where a task waits, in words, without the help of the program."""

from __future__ import annotations

import asyncio

from sphinx_await.core.journal.reader import read_journal
from sphinx_await.core.journal.records import Journal
from sphinx_await.core.recorder.call_sites import CallSites


def words_of(seconds: float) -> str:
    """What is said of a task that sleeps for so long."""
    buffer = bytearray(1 << 12)

    async def main() -> None:
        task = asyncio.get_running_loop().create_task(asyncio.sleep(seconds))
        await asyncio.sleep(0)
        coro = task.get_coro()
        CallSites(Journal(buffer), ["snippet.py"]).find(coro, task._fut_waiter)  # type: ignore[attr-defined]
        task.cancel()

    asyncio.run(main())
    (record,) = read_journal(buffer)
    return record.payload.decode()


def test_a_number_is_written_as_a_program_would() -> None:
    """With the digits that matter."""
    assert [words_of(seconds) for seconds in (1, 0.25, 2.0)] == [
        "asyncio.sleep(1)",
        "asyncio.sleep(0.25)",
        "asyncio.sleep(2)",
    ]


def test_a_numbers_own_format_is_not_called() -> None:
    """A program's class may print or fail where it is formatted."""

    class Seconds(float):
        def __format__(self, spec: str) -> str:
            raise AssertionError

        __repr__ = __str__ = lambda self: self.__format__("")

    assert words_of(Seconds(1)) == "asyncio.sleep(…)"


def test_each_place_has_a_number_of_its_own_whoever_asks() -> None:
    """Also where another thread asks for one in the midst of it."""
    buffer = bytearray(1 << 12)
    sites = CallSites(Journal(buffer), ["snippet.py"])
    others = iter(["one", "another", "a third"])

    class Interrupted(str):
        __slots__ = ()

        def __hash__(self) -> int:
            sites.number(next(others, "one"))
            return super().__hash__()

    sites.number(Interrupted("first"))
    records = list(read_journal(buffer))
    assert len(records) == len({record.by for record in records}) > 1
