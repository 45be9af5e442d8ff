"""Makes the standard library and uvloop call the hooks."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from .patching import instrument_function
from .uvloop_adapter import instrument_uvloop

if TYPE_CHECKING:
    from collections.abc import Callable

    from .hooks import Hooks


def _instrument_asyncio(hooks: Hooks, asyncio: Any) -> None:
    from . import tasks  # noqa: F401 - loaded once in the warm parent, not in each program

    instrument_function(
        asyncio.Handle._run,  # noqa: SLF001 - every callback of asyncio's own loops passes here, and only here
        hooks,
        # A name of its own is called faster than an attribute.
        before="seen__ = target.step_began; seen__ = seen__(self)",
        after="ended__ = target.step_ended; ended__(seen__); seen__ = None",
    )
    instrument_function(
        asyncio.BaseEventLoop.create_task,
        hooks,
        before="seen__ = target.task_making(self)",
        result="target.task_made(seen__, result, coro)",
    )
    if hasattr(asyncio.tasks, "_set_task_name"):  # before 3.13
        instrument_function(
            asyncio.tasks._set_task_name,  # noqa: SLF001
            hooks,
            before="",
            after="target.task_named(task)",
        )
    instrument_function(
        asyncio.BaseEventLoop.run_forever,
        hooks,
        before="target.loop_began(self)",
        after="target.loop_ended(self)",
    )


def _instrument_threading(hooks: Hooks, threading: Any) -> None:
    instrument_function(threading.Thread.start, hooks, before="target.work_given(self)")
    instrument_function(
        threading.Thread._bootstrap_inner,  # noqa: SLF001 - `run` may be the program's own
        hooks,
        before="seen__ = target.work_began(self)",
        after="target.work_ended(seen__); seen__ = None",
    )


def _instrument_executors(hooks: Hooks, module: Any) -> None:
    item = module._WorkItem  # noqa: SLF001 - the one place through which an executor's calls pass
    instrument_function(item.__init__, hooks, before="target.work_given(self)")
    instrument_function(
        item.run,
        hooks,
        before="seen__ = target.work_began(self)",
        after="target.work_ended(seen__); seen__ = None",
    )


#: For each module, the function that makes it call the hooks.
INSTRUMENTERS: dict[str, Callable[[Hooks, Any], None]] = {
    "asyncio": _instrument_asyncio,
    "threading": _instrument_threading,
    "concurrent.futures.thread": _instrument_executors,
    "uvloop": instrument_uvloop,
}


def instrument(hooks: Hooks, arrived: str = "") -> None:
    """Make the imported modules call the hooks. Modules that call them already are left alone.

    :param arrived: name of a module whose import is about to end.
    """
    for name, instrument_module in INSTRUMENTERS.items():
        module = sys.modules.get(name)
        # A module that is being imported may still lack what is looked for.
        is_complete = name == arrived or not getattr(getattr(module, "__spec__", None), "_initializing", False)
        if module is not None and is_complete and name not in hooks.instrumented:
            hooks.instrumented.add(name)
            try:
                instrument_module(hooks, module)
            except Exception as error:  # noqa: BLE001 - another Python may differ inside: programs go on
                hooks.trouble.append(f"{name} cannot be watched: {error!r}")
    if hasattr(os, "register_at_fork") and "fork" not in hooks.instrumented:
        hooks.instrumented.add("fork")
        os.register_at_fork(after_in_child=hooks.sleep)
