"""The programs of the course that run in a browser, and how their output is compared with the page's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx_await.core.validation.expected_output import Expectation, differ_only_in_times

if TYPE_CHECKING:
    from playwright.sync_api import Locator

PAGES = (
    "index",
    "generator",
    "asyncio",
    "metaclass",
    "asyncio/turns",
    "asyncio/nothing-happens",
    "asyncio/blocking",
    "asyncio/task-life",
    "asyncio/together",
    "asyncio/cancellation",
    "asyncio/time-limits",
    "asyncio/shared-values",
    "asyncio/how-many",
    "asyncio/with-and-for",
)
#: Programs that print other numbers in a browser, and why.
OTHERWISE = {"list-size": "objects are smaller on a system of 32 bits"}
#: Programs that no browser runs, and what they need.
ONLY_BUILT = {
    "blocking-thread": "asyncio.to_thread",
    "blocking-gives-up": "asyncio.to_thread",
    "count-threads": "asyncio.to_thread",
    "count-processes": "concurrent",
    "wait-threads": "concurrent",
    "thread-to-loop": "asyncio.to_thread",
    "blocking-file": "asyncio.to_thread",
    "count-interpreters": "concurrent",
    "child-blocks": "subprocess",
    "child-awaited": "subprocess",
    "child-stuck": "subprocess",
    "framework-handlers": "asyncio.to_thread",
    "test-not-run": "unittest",
    "test-run": "unittest",
    "cancel-interrupt": "signal",
}


def printed(run: Locator) -> list[str]:
    """The lines of standard output below an element."""
    return run.locator(".await-stdout .await-text").all_text_contents()


def is_not_for_this_python(run: Locator) -> bool:
    """Whether a program did not run when its page was built, since it is for newer Pythons than the one here."""
    return run.locator(".await-facts", has_text="에서는 실행하지 않음").count() > 0


def prints_the_same(title: str, built: list[str], mine: list[str]) -> bool:
    """Whether a program printed the same lines in the same order, but for how long things took."""
    if title in OTHERWISE:
        return built != mine and without_numbers(built) == without_numbers(mine)
    expectation = Expectation(tuple(built), any_order=False, first_line=1)
    return differ_only_in_times(expectation, "\n".join(mine))


def without_numbers(lines: list[str]) -> list[str]:
    """The lines with a sign for each number."""
    return [re.sub(r"\d+", "#", line) for line in lines]
