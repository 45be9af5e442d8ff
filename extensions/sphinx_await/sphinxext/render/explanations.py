"""What messages of Python mean that readers of a course meet, in a sentence each."""

from __future__ import annotations

from sphinx.locale import get_translation

_ = get_translation("sphinx_await")


def explanations() -> list[tuple[str, str]]:
    """Patterns of messages, each with what it means, in the language of the page.

    The patterns mean the same to Python and to JavaScript, with ``^`` for the start of a line. Of several that fit, the
    first one says most.
    """
    return [(pattern, str(text)) for pattern, text in _sentences()]


def _sentences() -> list[tuple[str, str]]:
    return [
        (
            r"asyncio\.run\(\) cannot be called from a running event loop",
            _("An event loop runs already. Inside of a coroutine, await instead of calling asyncio.run()."),
        ),
        (
            r"'await' outside (async )?function|'async (with|for)' outside|asynchronous comprehension outside",
            _("await, async with and async for belong into a function that begins with async def."),
        ),
        (
            r"can't be used in 'await' expression|object can't be awaited",
            _(
                "Only a coroutine, a task or a future can be awaited. Perhaps the function that "
                "is called lacks its async."
            ),
        ),
        (
            r"'coroutine' object (is not|has no|does not)|unsupported operand .*'coroutine'",
            _("This is a coroutine, and not its result. Await it first."),
        ),
        (
            r"await wasn't used with future|operand .*\b(Task|\w*Future)'|\b(Task|\w*Future)' object (is not|has no)",
            _("This is a task or a future, and not its result. Await it first."),
        ),
        (
            r"cannot reuse already awaited coroutine",
            _("A coroutine can be awaited once. Call its function again for another one."),
        ),
        (
            r"no running event loop",
            _("This works only while an event loop runs. Call it inside of a coroutine."),
        ),
        (
            r"Event loop is closed|bound to a different event loop|attached to a different loop",
            _(
                "This belongs to another event loop, or to one that has ended. Call "
                "asyncio.run() once, and make it in there."
            ),
        ),
        (
            r"^TimeoutError",
            _("It was not done within its time limit, and what was awaited has been cancelled."),
        ),
        (
            r"^(asyncio\.exceptions\.)?CancelledError",
            _("The task was cancelled while it waited."),
        ),
        (
            r"unhandled errors in a TaskGroup",
            _("A task of the group raised, so the others were cancelled. except* catches what they raised together."),
        ),
        (
            r"exception was never retrieved",
            _("A task raised, and nobody awaited it: its exception shows only now."),
        ),
        (
            r"Task was destroyed but it is pending",
            _("A task was lost before it ended. Keep it in a variable, and await it."),
        ),
        (
            r"Did you mean to use 'async with'",
            _("This object is for async with, not for with."),
        ),
        (
            r"object does not support the asynchronous context manager protocol",
            _("This object is not for async with. Perhaps it has to be called or awaited first, or is for with."),
        ),
        (
            r"'async for' requires an object with __aiter__",
            _("This is not for async for. Lists and generators are walked through by for."),
        ),
        (
            r"'async_generator' object is not iterable",
            _("An asynchronous generator is walked through by async for."),
        ),
        (
            r"a coroutine was expected|or an awaitable is required",
            _(
                "A coroutine is needed here. Perhaps the parentheses of the call or the async of "
                "the function are missing."
            ),
        ),
        (
            r"can't send non-None value to a just-started",
            _("A generator takes values only after its first yield. Call next() once before."),
        ),
        (
            r"generator already executing",
            _("The generator was asked to go on while it was running."),
        ),
        (
            r"(generator|coroutine) raised StopIteration",
            _("A StopIteration came out of a generator. It ends by return."),
        ),
        (
            r"metaclass conflict",
            _("The base classes have different metaclasses. A metaclass that is derived from all of them is needed."),
        ),
        (
            r"invalid character|invalid non-printable character",
            _("This character cannot be in a program. Perhaps it is a full-width sign, or a blank that is none."),
        ),
        (
            r"^(IndentationError|TabError)",
            _("The blanks at the start of this line do not fit to those of the lines above."),
        ),
        (
            r"expected ':'",
            _("A colon is missing at the end of this line."),
        ),
        (
            r"was never closed|^SyntaxError: unterminated",
            _("A bracket or a quotation mark is not closed."),
        ),
        (
            r"^NameError: ",
            _("Nothing has this name. Look at its spelling, and at the imports."),
        ),
        (
            r"^EOFError",
            _("There is nothing left to read. Write another line into the field of input, and run it again."),
        ),
        (
            r"a browser has no threads",
            _("Threads cannot run in a browser. This works under Python on a computer."),
        ),
        (
            r"a browser has no (processes|signals)|in a browser only asyncio and aiohttp",
            _("A browser lets a program do no such thing. This works under Python on a computer."),
        ),
        (
            r"^ModuleNotFoundError",
            _("The browser's Python has no module of this name."),
        ),
        (
            r"^RecursionError",
            _("A function has called itself too often. Look at the condition that ends it."),
        ),
        (
            r"was never awaited",
            _(
                "A coroutine was called and not awaited: nothing of it has run. Put await before "
                "the call, or make a task of it."
            ),
        ),
    ]
