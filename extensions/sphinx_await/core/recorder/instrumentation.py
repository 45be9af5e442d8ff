"""Make the standard library and uvloop call the hooks."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from . import _cpython
from .internal_frames import make_new_internal
from .patching import PatchError, instrument_functions
from .uvloop_adapter import instrument_uvloop

if TYPE_CHECKING:
    from collections.abc import Callable

    from .hooks import Hooks
    from .patching import Addition
    from .tasks import TaskTracer


@cache
def task_tracer() -> type[TaskTracer]:
    """The class that records tasks. It is imported when it is first asked for: it needs asyncio."""
    from .tasks import TaskTracer

    make_new_internal()
    return TaskTracer


def _add_calls(hooks: Hooks, additions: list[Addition]) -> None:
    hooks.uninstrumented += instrument_functions(hooks, additions)


def _instrument_asyncio(hooks: Hooks, _: Any) -> None:
    # Once in the fork server, not in each program.
    task_tracer()
    _cpython.asyncio_internals()
    _add_calls(hooks, _asyncio_additions())


def _asyncio_additions() -> list[Addition]:
    run, create_task, run_forever, set_name = _cpython.asyncio_functions()
    additions: list[Addition] = [
        # A local name is called faster than an attribute.
        (
            run,
            {
                "before": f"before__ = target__.before_step; before__ = before__(self){_STEP_BEGINS}",
                "after": f"{_STEP_ENDS}after__ = target__.after_step; after__(before__); before__ = None",
            },
        ),
        (
            create_task,
            {
                "before": f"{_ASYNCIO_BEGINS}before__ = target__.before_task_creation(self)",
                "result": "target__.task_spawned(before__, result, coro)",
                "after": _ASYNCIO_ENDS,
            },
        ),
        (
            run_forever,
            {
                "before": f"{_ASYNCIO_BEGINS}target__.loop_started(self)",
                "after": f"target__.loop_stopped(self); {_ASYNCIO_ENDS}",
            },
        ),
    ]
    if set_name is not None:
        additions.append((set_name, {"before": "", "after": "target__.task_renamed(task)"}))
    if _HAS_TRACE:
        begins = _ASYNCIO_BEGINS.replace("self", "events.get_event_loop_policy()")
        additions.append((sys.modules["asyncio"].run, {"before": begins, "after": _ASYNCIO_ENDS}))
    return additions


#: Before Python 3.12 lines have a trace function, which is away while asyncio runs: see :mod:`.traced_lines`.
_HAS_TRACE = not hasattr(sys, "monitoring")
_STEP_BEGINS = "; target__.step_begins()" if _HAS_TRACE else ""
_STEP_ENDS = "target__.step_ends(); " if _HAS_TRACE else ""
_ASYNCIO_BEGINS = "lines__ = target__.asyncio_begins(self); " if _HAS_TRACE else ""
_ASYNCIO_ENDS = "target__.asyncio_ends(lines__)" if _HAS_TRACE else ""


def _instrument_threading(hooks: Hooks, _: Any) -> None:
    start, run = _cpython.thread_functions()
    _add_calls(hooks, [(start, {"before": "target__.work_submitted(self)"}), (run, _WORK)])


def _instrument_thread_pools(hooks: Hooks, module: Any) -> None:
    item = _cpython.work_item_type(module)
    _add_calls(hooks, [(item.__init__, {"before": "target__.work_submitted(self)"}), (item.run, _WORK)])


_WORK = {
    "before": "before__ = target__.before_work(self)",
    "after": "target__.after_work(before__); before__ = None",
}

#: For each module, the function that makes it call the hooks.
INSTRUMENTERS: dict[str, Callable[[Hooks, Any], None]] = {
    "asyncio": _instrument_asyncio,
    "threading": _instrument_threading,
    "concurrent.futures.thread": _instrument_thread_pools,
    "uvloop": instrument_uvloop,
}


def instrument(hooks: Hooks, imported: str = "") -> None:
    """Make the imported modules call the hooks, each once.

    A module that another Python has made otherwise is left as it is, and :attr:`.Hooks.refused` says why.

    :param imported: name of a module whose import is about to end.
    """
    if hooks.missing is None:
        hooks.missing = _cpython.missing("")
        if names := _cpython.missing(_cpython.EXIT):
            hooks.refused[_cpython.EXIT] = _lacks("programs cannot be ended as Python does", names)
    for name, instrument_module in INSTRUMENTERS.items():
        module = sys.modules.get(name)
        is_complete = name == imported or not _cpython.is_initializing(module)
        if module is None or not is_complete or name in hooks.instrumented or name in hooks.refused:
            continue
        hooks.instrumented.add(name)
        reason = _instrument(hooks, name, instrument_module)
        if reason:
            hooks.instrumented.discard(name)
            hooks.refused[name] = reason
    if hasattr(os, "register_at_fork") and "fork" not in hooks.instrumented:
        hooks.instrumented.add("fork")
        os.register_at_fork(after_in_child=hooks.disable)


def _instrument(hooks: Hooks, name: str, instrument_module: Callable[[Hooks, Any], None]) -> str:
    """Make one module call the hooks; the reason if that is impossible."""
    if names := [*(hooks.missing or ()), *_cpython.missing(name)]:
        return _lacks(f"{name} cannot be recorded", names)
    try:
        instrument_module(hooks, sys.modules[name])
    except PatchError as error:
        return f"{name} cannot be recorded with {_version()}: {error}"
    except Exception as error:  # noqa: BLE001 - another Python may be made otherwise: programs run as ever
        return f"{name} cannot be recorded with {_version()}: {error!r}"
    return ""


def _lacks(what: str, names: list[str]) -> str:
    return f"{what} with {_version()}, which lacks {', '.join(names)}"


def _version() -> str:
    return f"Python {sys.version.partition(' ')[0]}"
