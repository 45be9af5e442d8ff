"""CPython's internals that the recorder relies on. No other module of the recorder names one, but the hot path.

Each name has a :class:`Probe`, which tries it before a module is instrumented. If one fails, that module is not
recorded and the recording says which name is missing: the program runs as ever. What can be learned by trying is
learned and not spelled: the type of the callbacks that step a task, or the name of those that wake one.

Where Python has a public way it is taken: a frame's ``f_locals`` since 3.13, where reading them leaves no copy behind.
The await graph of 3.14 (:func:`asyncio.capture_call_graph`) is not: it leads from a future to the tasks that await it,
and the recorder asks which ones a task awaits.
"""

# ruff: noqa: SLF001 - this is where private names are used

from __future__ import annotations

import atexit
import gc
import sys
import threading
from functools import cache
from types import AsyncGeneratorType, BuiltinMethodType, CodeType, CoroutineType, GeneratorType, MethodType, coroutine
from typing import TYPE_CHECKING, Any

from ..journal.records import GeneratorKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType, ModuleType


#: The identity of an object as a number. ``id()`` raises an audit event, which costs time where a hook listens, and a
#: hook of the program would see it.
identity: Callable[[object], int] = object.__hash__

#: What a program needs at its end: without it, threads are not joined or exit handlers not called.
EXIT = "exit"


class Probe:
    """One internal, and a test of it.

    :ivar module: the module that cannot be recorded without it, or :data:`EXIT`, or empty for what all of them need.
    :ivar test: returns something false, or raises, if the internal is missing or means something else.
    """

    __slots__ = ("module", "name", "test")

    def __init__(self, name: str, module: str, test: Callable[[], object]) -> None:
        self.name = name
        self.module = module
        self.test = test

    def is_met(self) -> bool:
        """Whether this Python has the internal."""
        try:
            return bool(self.test())
        except Exception:  # noqa: BLE001 - whatever another Python does
            return False


def missing(module: str) -> list[str]:
    """The internals that a module lacks."""
    return [probe.name for probe in PROBES if probe.module == module and not probe.is_met()]


# Frames, imports, the end of the interpreter


def frame_of_thread(thread: int) -> FrameType | None:
    """The frame that a thread executes now; None if it has none."""
    return sys._current_frames().get(thread)


def other_frames() -> list[FrameType]:
    """The frames that the other threads execute now."""
    return [frame for thread, frame in sys._current_frames().items() if thread != threading.get_ident()]


def caller(above: int) -> FrameType:
    """The frame so many levels above the function that calls this one."""
    return sys._getframe(above + 1)


def is_initializing(module: object) -> bool:
    """Whether a module is being imported and may lack what it will have."""
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def import_functions() -> tuple[Any, Any]:
    """The functions of the import system that search for a module, and that load what was found."""
    bootstrap: Any = sys.modules["_frozen_importlib"]
    return bootstrap._find_spec, bootstrap._load_unlocked


def set_import_functions(search: Callable[..., Any], load: Callable[..., Any]) -> None:
    """Have the import system call others: where these cannot be instrumented."""
    bootstrap: Any = sys.modules["_frozen_importlib"]
    bootstrap._find_spec = sys.modules["importlib.util"]._find_spec = search  # type: ignore[attr-defined]
    bootstrap._load_unlocked = load


def is_import(search: FrameType) -> bool:
    """Whether the frame of a search belongs to an import, and not to ``importlib.util.find_spec``."""
    return search.f_back is not None and search.f_back.f_code.co_name == "_find_and_load_unlocked"


def is_import_by_lock(name: str) -> bool:
    """The same of a module that is searched for by this thread, without an audit event: an import holds its lock.

    A finder that itself asks ``importlib.util.find_spec`` for the module meanwhile counts as the import.
    """
    bootstrap: Any = sys.modules["_frozen_importlib"]
    lock = bootstrap._module_locks.get(name, _no_lock)()
    return lock is not None and lock.owner == threading.get_ident()


def _no_lock() -> None:
    return None


def exit_functions() -> Iterator[Callable[[], object]]:
    """What the interpreter calls at its end: to join the threads that are no daemons, and to call exit handlers."""
    for module, name in ((threading, "_shutdown"), (atexit, "_run_exitfuncs")):
        if hasattr(module, name):
            yield getattr(module, name)


# Turns of generators

#: The bits of a code's flags that say that it is the code of a generator, a coroutine, an asynchronous generator.
TURN_FLAGS = {0x20: GeneratorKind.GENERATOR, 0x80: GeneratorKind.COROUTINE, 0x200: GeneratorKind.ASYNC_GENERATOR}


def arguments(code: CodeType, frame: FrameType) -> Iterator[Any]:
    """What the parameters of a function that begins were given, in their order."""
    values = frame.f_locals
    yield from (values.get(name) for name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
    if sys.version_info < (3, 13):
        values.clear()  # it is a copy, which the frame would keep


# Suspended functions

_GENERATORS = (CoroutineType, GeneratorType, AsyncGeneratorType)
#: The types of what ``asend`` and the like, a coroutine's ``__await__`` and ``anext`` return.
_WRAPPERS = frozenset({"async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable"})


def wrapped(it: object) -> Any:
    """What an awaitable of the interpreter's own wraps; None if it is not one. Only the collector knows."""
    if type(it).__name__ not in _WRAPPERS:
        return None
    inner = gc.get_referents(it)
    return next((one for one in inner if type(one) in _GENERATORS or type(one).__name__ in _WRAPPERS), None)


if sys.version_info >= (3, 13):

    def first_local(_: object, code: CodeType, frame: FrameType) -> Any:
        """The value of a suspended function's first variable; None if it has none."""
        names = code.co_varnames
        return frame.f_locals.get(names[0]) if names else None

else:

    def first_local(it: object, code: CodeType, _: FrameType) -> Any:
        """The value of a suspended function's first variable; None if it has none.

        Reading ``f_locals`` would leave a copy in the frame, which keeps objects alive.
        """
        held = gc.get_referents(it)
        after = [held[index + 1] for index, value in enumerate(held[:-1]) if value is code]
        return after[-1] if after else None


def position(code: CodeType, frame: FrameType) -> tuple[int | None, int | None, int | None, int | None]:
    """First and last line, first and last column of what a frame executes: two bytes are one instruction."""
    return list(code.co_positions())[frame.f_lasti // 2]


# Threads


def thread_functions() -> tuple[Any, Any]:
    """The functions that start a thread, and that a thread begins with. ``run`` may be the program's own."""
    thread_type: Any = threading.Thread
    return thread_type.start, thread_type._bootstrap_inner


def current_thread_name() -> str:
    """The name of this thread.

    ``threading.current_thread()`` would create a dummy thread where a thread was not started by :mod:`threading`, or
    has not registered itself yet, and use up a number of the program's ``Thread-N`` names.
    """
    module: Any = threading
    thread = module._active.get(threading.get_ident())
    return "thread" if thread is None else thread.name


def thread_target(thread: threading.Thread) -> Any:
    """The function that a thread was made with."""
    return getattr(thread, "_target", None)


def work_item_type(module: ModuleType) -> Any:
    """The class through which all calls of a thread pool pass."""
    return module._WorkItem


def submitted_function(item: Any) -> Any:
    """The function that a thread pool was given. Since Python 3.14 an item holds a task, whose first part it is."""
    return item.fn if hasattr(item, "fn") else item.task[0]


#: What threads do for asyncio and for pools, by module and qualified name. Calls of a pool are recorded one by one.
THREAD_INTERNALS = frozenset(
    {
        ("asyncio.base_events", "BaseEventLoop._do_shutdown"),
        ("asyncio.unix_events", "ThreadedChildWatcher._do_waitpid"),
        ("asyncio.unix_events", "_ThreadedChildWatcher._do_waitpid"),
        ("concurrent.futures.thread", "_worker"),
        ("concurrent.futures.process", "_ExecutorManagerThread.run"),
        ("multiprocessing.pool", "Pool._handle_results"),
        ("multiprocessing.pool", "Pool._handle_tasks"),
        ("multiprocessing.pool", "Pool._handle_workers"),
        ("multiprocessing.queues", "Queue._feed"),
    }
)


# asyncio

#: Module and qualified name of ``asyncio.sleep``, whose first variable is the delay.
SLEEP = "asyncio.tasks", "sleep"
#: Coroutines that `asyncio.run` runs at its end. A reader would look for them in the program in vain.
SHUTDOWN_COROUTINES = frozenset(
    f"{loop}.{name}"
    for loop in ("BaseEventLoop", "Loop")
    for name in ("shutdown_asyncgens", "shutdown_default_executor")
)


class AsyncioInternals:
    """What was learned of this Python's asyncio.

    :ivar task_types: the classes of tasks, of which all others are made.
    :ivar step_type: the type of the callbacks that step a task of C.
    :ivar wakeup_name: the name of the callbacks that wake one.
    :ivar method_names: the names of the methods that step or wake a task of Python.
    :ivar leaf_types: the types of what a coroutine awaits last: nothing, or the iterator of a future.
    """

    __slots__ = (
        "_python_task_of",
        "_running_loop",
        "_task_of",
        "leaf_types",
        "method_names",
        "step_type",
        "task_types",
        "wakeup_name",
    )
    method_names: frozenset[str]

    def __init__(self) -> None:
        tasks = sys.modules["asyncio.tasks"]
        c_task, python_task = getattr(tasks, "_CTask", None), tasks._PyTask
        self.task_types = (python_task,) if c_task is None else (c_task, python_task)
        python = _Trial(python_task)
        self.method_names = frozenset({python.step[1], python.wakeup[1]})
        trial = python if c_task is None else _Trial(c_task)
        is_c = trial.step[0] is not MethodType
        self.step_type: type | None = trial.step[0] if is_c else None
        self.wakeup_name = trial.wakeup[1] if is_c else ""
        self.leaf_types = {type(None), trial.leaf, python.leaf}
        self._running_loop: Callable[[], Any] = running_loop_function()
        self._task_of: Callable[[Any], Any] = tasks.current_task
        # From 3.14 on its C function does not know tasks of the other class.
        self._python_task_of = tasks._py_current_task if sys.version_info >= (3, 14) else None

    def current_task(self) -> Any:
        """The task that runs in this thread, also one of asyncio's class in Python; None if there is none."""
        loop = self._running_loop()
        if loop is None:
            return None
        task = self._task_of(loop)
        if task is None and self._python_task_of is not None:
            return self._python_task_of(loop)
        return task

    def is_step(self, callback: Any) -> bool:
        """Whether a callback steps a task, and does not, say, cancel one."""
        kind = type(callback)
        if kind is self.step_type:
            return True
        if kind is BuiltinMethodType:
            return callback.__name__ == self.wakeup_name and isinstance(callback.__self__, self.task_types)
        return (
            kind is MethodType
            and callback.__name__ in self.method_names
            and isinstance(callback.__self__, self.task_types)
        )


def asyncio_internals() -> AsyncioInternals:
    """What was learned of the asyncio that is imported: once in the fork server, and not again in each program."""
    tasks = sys.modules["asyncio.tasks"]
    return _learned(getattr(tasks, "_CTask", None), tasks._PyTask)


@cache
def _learned(*_task_types: Any) -> AsyncioInternals:
    return AsyncioInternals()


#: What a program calls, for asyncio's private coroutines that it waits in.
PUBLIC_NAMES = {
    "_AsCompletedIterator._wait_for_one": "as_completed",
    "as_completed.<locals>._wait_for_one": "as_completed",
    "_AsCompletedIterator.__anext__": "as_completed",
}


def running_loop_function() -> Callable[[], Any]:
    """The function that returns the loop that runs in this thread, or None; the public one raises instead."""
    function: Callable[[], Any] = sys.modules["asyncio"]._get_running_loop
    return function


def handle_parts(handle: Any) -> tuple[Any, tuple[Any, ...], Any]:
    """The callback of a handle, its arguments, and its loop. A cancelled handle has lost the first two."""
    return handle._callback, handle._args or (), handle._loop


def ready_queue(loop: Any) -> Any:
    """The handles that a loop will run in its next turn."""
    return loop._ready


def awaited_future(task: Any) -> Any:
    """The future that a suspended task waits for; None after a bare yield."""
    return task._fut_waiter


def exception_of(task: Any) -> BaseException | None:
    """The exception of a task that ended. To call ``exception()`` would mark it as retrieved."""
    error: BaseException | None = task._exception
    return error


def is_gathering(future: object) -> bool:
    """Whether a future is what ``asyncio.gather`` returned."""
    return isinstance(future, sys.modules["asyncio.tasks"]._GatheringFuture)


def gathered(future: Any) -> Iterable[Any]:
    """The futures that a ``gather`` waits for; the future itself if it is not of one."""
    return future._children if is_gathering(future) else (future,)


def awaited_by_function(module: str, name: str, first: Callable[[], Any]) -> tuple[Any, ...] | None:
    """The futures that a function of asyncio for several of them waits for; None if it is not such a function.

    :param first: returns the value of its first variable.
    """
    if module.partition(".")[0] != "asyncio":
        return None
    match name:
        case "TaskGroup.__aexit__" | "TaskGroup._aexit":
            return tuple(getattr(first(), "_tasks", ()))
        case "_wait":
            return tuple(first() or ())
        case "wait_for" if sys.version_info < (3, 12):
            return (first(),)
    return None


def expired_timeout(callback: Any) -> Any:
    """The task whose ``asyncio.timeout`` has a callback called; None if it is not such a callback."""
    return callback.__self__._task if getattr(callback, "__qualname__", "") == "Timeout._on_timeout" else None


def is_wait_timeout(callback: Any) -> bool:
    """Whether a callback is the one with which ``asyncio.wait`` (and 3.11's ``wait_for``) ends at its time limit."""
    return getattr(callback, "__qualname__", "") == "_release_waiter"


def asyncio_functions() -> tuple[Any, Any, Any, Any]:
    """The functions that run each callback of a loop, create a task, run a loop, and (before 3.13) name a task."""
    asyncio: Any = sys.modules["asyncio"]
    loop_type = asyncio.BaseEventLoop
    set_name = getattr(asyncio.tasks, "_set_task_name", None)
    return asyncio.Handle._run, loop_type.create_task, loop_type.run_forever, set_name


# Trials: a task is run by hand, in a loop that does nothing by itself


class _TrialLoop:
    """The least that a task needs of an event loop."""

    def __init__(self) -> None:
        self.scheduled: list[tuple[Any, tuple[Any, ...]]] = []

    def run_next(self) -> tuple[type, str]:
        """Call what was scheduled: the type of the callback, and its name if it has one."""
        ((callback, arguments),) = self.scheduled
        self.scheduled.clear()
        seen = type(callback), getattr(callback, "__name__", "")
        try:
            callback(*arguments)
        finally:
            del callback, arguments  # a traceback may keep this frame
        return seen

    def get_debug(self) -> bool:
        return False

    def call_soon(self, callback: Any, *args: Any, context: Any = None) -> None:  # noqa: ARG002 - as of a loop
        self.scheduled.append((callback, args))

    def call_exception_handler(self, context: Any) -> None:
        pass


async def _wait_and_fail(future: Any) -> None:
    await future
    raise LookupError


class _Trial:
    """What was seen of a task that waited for a future and ended. It keeps nothing alive.

    :ivar step: type and name of the callback of its first step.
    :ivar wakeup: type and name of the callback of its second step.
    :ivar leaf: the type of what its coroutine awaited.
    :ivar waited: it said for which future it waited.
    :ivar failed: it kept its exception.
    """

    def __init__(self, task_type: Any) -> None:
        asyncio: Any = sys.modules["asyncio"]
        loop, before = _TrialLoop(), asyncio._get_running_loop()
        future = asyncio.Future(loop=loop)
        coro: Any = _wait_and_fail(future)
        task = task_type(coro, loop=loop, name="trial")  # without a name it would take one from the program's tasks
        asyncio._set_running_loop(loop)
        try:
            self.step = loop.run_next()
            self.leaf = type(coro.cr_await)
            self.waited = task._fut_waiter is future
            future.set_result(None)
            self.wakeup = loop.run_next()
        finally:
            asyncio._set_running_loop(before)
            coro.close()
        self.failed = isinstance(exception_of(task), LookupError)
        task.exception()  # else it would say that this was never retrieved
        del task, coro, future, loop  # the traceback of that exception has this frame


def _trials() -> list[_Trial]:
    tasks = sys.modules["asyncio.tasks"]
    types = [getattr(tasks, "_CTask", None), tasks._PyTask]
    return [_Trial(task_type) for task_type in types if task_type is not None]


# Tests


def _has(owner: Callable[[], Any], *names: str) -> Callable[[], object]:
    return lambda: all(hasattr(owner(), name) for name in names)


def _module(name: str) -> Callable[[], Any]:
    return lambda: sys.modules[name]


def _parameters(function: Any) -> tuple[str, ...]:
    code: CodeType = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _running_loop() -> bool:
    """It returns the loop that was set as the running one."""
    asyncio: Any = sys.modules["asyncio"]
    running_loop = running_loop_function()
    before, loop = running_loop(), _TrialLoop()
    asyncio._set_running_loop(loop)
    try:
        return running_loop() is loop
    finally:
        asyncio._set_running_loop(before)


def _steps() -> bool:
    """The callback that a new task schedules is known as a step, and another one is not."""
    internals, found = AsyncioInternals(), []
    for task_type in internals.task_types:
        loop = _TrialLoop()
        coro: Any = _pause_in_coroutine()
        task = task_type(coro, loop=loop, name="trial")
        ((callback, _),) = loop.scheduled
        found.append(internals.is_step(callback) and not internals.is_step(task.cancel))
        loop.scheduled.clear()  # else the task is in a cycle
        coro.close()
        del task, callback
    return all(found)


def _handle_fields() -> bool:
    handle = sys.modules["asyncio"].Handle(_handle_fields, (1,), _TrialLoop())
    return (handle._callback, handle._args) == (_handle_fields, (1,)) and isinstance(handle._loop, _TrialLoop)


def _ready_queue() -> bool:
    """A loop of asyncio's own appends what becomes ready to its queue."""
    loop_type = sys.modules["asyncio"].BaseEventLoop
    return {"_ready", "append"} <= set(loop_type._call_soon.__code__.co_names)


def _sleep() -> bool:
    function = sys.modules["asyncio"].sleep
    return (function.__module__, function.__qualname__) == SLEEP and _parameters(function)[0] == "delay"


def _wait() -> bool:
    tasks: Any = sys.modules["asyncio.tasks"]
    return _parameters(tasks._wait)[0] == "fs" and tasks._wait.__qualname__ == "_wait"


def _wait_for() -> bool:
    tasks: Any = sys.modules["asyncio.tasks"]
    return sys.version_info >= (3, 12) or _parameters(tasks.wait_for)[0] == "fut"


def _release_waiter() -> bool:
    return is_wait_timeout(sys.modules["asyncio.tasks"]._release_waiter)


def _timeout() -> bool:
    timeout: Any = sys.modules["asyncio"].Timeout(None)
    return hasattr(timeout, "_task") and expired_timeout(timeout._on_timeout) is timeout._task


def _shutdown_coroutines() -> bool:
    loop_type = sys.modules["asyncio"].BaseEventLoop
    names = {loop_type.shutdown_asyncgens.__qualname__, loop_type.shutdown_default_executor.__qualname__}
    return names <= SHUTDOWN_COROUTINES


def _task_group() -> bool:
    """Its tasks are where they are looked for, and it waits in a function that is known."""
    group = sys.modules["asyncio"].TaskGroup
    waits = getattr(group, "_aexit", group.__aexit__)
    return waits.__qualname__ in {"TaskGroup.__aexit__", "TaskGroup._aexit"} and hasattr(group(), "_tasks")


def _gathering() -> bool:
    gathering: Any = sys.modules["asyncio.tasks"]._GatheringFuture
    loop = _TrialLoop()
    children = [sys.modules["asyncio"].Future(loop=loop)]
    return gathered(gathering(children, loop=loop)) == children


def _thread_target() -> bool:
    return thread_target(threading.Thread(target=_thread_target, name="trial")) is _thread_target


def _active_threads() -> bool:
    module: Any = threading
    return module._active.get(threading.main_thread().ident) is threading.main_thread()


def _submitted_function() -> bool:
    item_type = work_item_type(sys.modules["concurrent.futures.thread"])
    fields: dict[str, Any] = {"fn": _submitted_function, "task": (_submitted_function, (), {})}
    names = _parameters(item_type.__init__)[1:]
    return submitted_function(item_type(*(fields.get(name) for name in names))) is _submitted_function


def _import_function() -> bool:
    bootstrap: Any = sys.modules["_frozen_importlib"]
    return callable(bootstrap._find_and_load_unlocked)


def _import_lock() -> bool:
    bootstrap: Any = sys.modules["_frozen_importlib"]
    with bootstrap._ModuleLockManager("trial"):
        held = is_import_by_lock("trial")
    return held and not is_import_by_lock("trial")


@coroutine
def _pause() -> Iterator[None]:
    yield


async def _numbers() -> Any:
    await _pause()
    yield 1


def _wrappers() -> bool:
    """What is awaited leads from a coroutine to a pause through each of the interpreter's own awaitables."""
    found = []
    before = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)  # a loop would close the generators as if they were the program's
    try:
        coro: Any
        for coro in (_awaits_asend(), _awaits_anext()):
            coro.send(None)
            it = coro.cr_await
            while it is not None and type(it) not in _GENERATORS:
                it = wrapped(it)
            found.append(type(it) is AsyncGeneratorType)
            coro.close()
            del it
    finally:
        sys.set_asyncgen_hooks(*before)
    direct = _pause_in_coroutine().__await__()
    found.append(type(wrapped(direct)) is CoroutineType)
    direct.close()
    return all(found)


async def _awaits_asend() -> None:
    await _numbers().asend(None)


async def _awaits_anext() -> None:
    await anext(_numbers(), 0)


async def _pause_in_coroutine() -> None:
    await _pause()


def _suspended() -> bool:
    """The first variable and the position of a suspended coroutine are found."""

    async def wait(value: object) -> None:
        await _pause()
        print(value)  # noqa: T201 - never so far

    marker = object()
    coro: Any = wait(marker)
    coro.send(None)
    frame, code = coro.cr_frame, coro.cr_code
    found = first_local(coro, code, frame) is marker and position(code, frame)[0] == frame.f_lineno
    coro.close()
    return found


def _current_task() -> bool:
    tasks: Any = sys.modules["asyncio.tasks"]
    return sys.version_info < (3, 14) or _parameters(tasks._py_current_task) == ("loop",)


PROBES = (
    Probe("sys._getframe", "", lambda: caller(0).f_code.co_name == "<lambda>"),
    Probe("order of what a suspended function refers to, two bytes an instruction", "", _suspended),
    Probe("what asend(), anext() and coroutine.__await__() refer to", "", _wrappers),
    Probe("sys._current_frames", "", lambda: frame_of_thread(threading.get_ident()) is not None),
    Probe("importlib._bootstrap._find_and_load_unlocked", "", _import_function),
    Probe("importlib._bootstrap._module_locks", "", _import_lock),
    Probe("threading._shutdown", EXIT, _has(lambda: threading, "_shutdown")),
    Probe("atexit._run_exitfuncs", EXIT, _has(lambda: atexit, "_run_exitfuncs")),
    Probe("asyncio._get_running_loop", "asyncio", _running_loop),
    Probe("asyncio.Handle._run", "asyncio", lambda: _parameters(sys.modules["asyncio"].Handle._run) == ("self",)),
    Probe("asyncio.Handle._callback, _args, _loop", "asyncio", _handle_fields),
    Probe("asyncio.BaseEventLoop._ready", "asyncio", _ready_queue),
    Probe(
        "asyncio.BaseEventLoop.create_task(coro)",
        "asyncio",
        lambda: "coro" in _parameters(sys.modules["asyncio"].BaseEventLoop.create_task),
    ),
    Probe("asyncio.tasks._py_current_task", "asyncio", _current_task),
    Probe("asyncio.tasks._PyTask", "asyncio", _has(_module("asyncio.tasks"), "_PyTask")),
    Probe("asyncio.Task._fut_waiter", "asyncio", lambda: all(trial.waited for trial in _trials())),
    Probe(
        "asyncio.Task._exception",
        "asyncio",
        lambda: all(trial.failed for trial in _trials()),
    ),
    Probe("callbacks that step and wake a task", "asyncio", _steps),
    Probe("asyncio.tasks._GatheringFuture._children", "asyncio", _gathering),
    Probe("asyncio.TaskGroup._tasks", "asyncio", _task_group),
    Probe("asyncio.tasks.sleep(delay)", "asyncio", _sleep),
    Probe("asyncio.tasks._wait(fs)", "asyncio", _wait),
    Probe("asyncio.tasks.wait_for(fut)", "asyncio", _wait_for),
    Probe("asyncio.tasks._release_waiter", "asyncio", _release_waiter),
    Probe("asyncio.Timeout._on_timeout, _task", "asyncio", _timeout),
    Probe("names of asyncio.BaseEventLoop's shutdown coroutines", "asyncio", _shutdown_coroutines),
    Probe(
        "threading.Thread._bootstrap_inner",
        "threading",
        lambda: _parameters(thread_functions()[1]) == ("self",),
    ),
    Probe("threading.Thread._target", "threading", _thread_target),
    Probe("threading._active", "threading", _active_threads),
    Probe(
        "concurrent.futures.thread._WorkItem.run",
        "concurrent.futures.thread",
        lambda: _parameters(work_item_type(sys.modules["concurrent.futures.thread"]).run)[0] == "self",
    ),
    Probe("how concurrent.futures.thread makes a _WorkItem", "concurrent.futures.thread", _submitted_function),
)
