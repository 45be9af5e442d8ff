"""Finds the modules that cannot be imported before programs are forked.

A program's process has no descriptor of the fork server, and no thread but the one that forks. So a module that opens
an event loop or a file, or starts a thread, when it is imported would be broken in every program. And one that prints
something, or changes the process, would do so for programs that never import it, and not for those that do. Nothing
undoes such an import: it is tried in a process that ends.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import importlib
import locale
import os
import re
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_THREAD, _DESCRIPTOR = "starts a thread", "opens a file, a socket or an event loop"


def not_to_share(names: Sequence[str]) -> dict[str, str]:
    """Modules that programs must import themselves, and what they do when they are imported.

    :raises OSError: the system refuses a process.
    """
    found: dict[str, str] = {}
    rest = list(names)
    while rest:
        # A module that comes after one that is not shared may import it: it is tried without.
        clean, reason = _try(rest)
        if reason:
            found[rest[clean]] = reason
        rest = rest[clean + 1 :]
    return found


def _try(names: Sequence[str]) -> tuple[int, str]:
    """Import in a forked process: how many modules came before the first that cannot be shared, and what that did."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            shown = os.memfd_create("shown")  # what they print is seen by nobody
            os.dup2(shown, 1)
            os.dup2(shown, 2)
            for index, name in enumerate(names):
                if left := _imported(name):
                    os.write(write, f"{index} {left}".encode())
                    break
        finally:
            os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as file:
        number, _, reason = file.read().partition(" ")
    os.waitpid(process, 0)
    return (int(number), reason) if number else (len(names), "")


def _imported(name: str) -> str:
    """Import a module; what it has left behind that programs would lack, or have though they never import it."""
    descriptors, threads = _open_descriptors(), len(sys._current_frames())  # noqa: SLF001 - documented
    state, printed = _state(), os.fstat(1).st_size
    asked: list[str] = []
    with _noticed(asked), contextlib.suppress(Exception):  # the program fails on it
        importlib.import_module(name)
    # Only threads of Python: those of numerical libraries know what to do when a process is forked.
    if len(sys._current_frames()) > threads:  # noqa: SLF001
        return _THREAD
    if _open_descriptors() - descriptors:
        return _DESCRIPTOR
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # it may have put anything there
            stream.flush()
    if os.fstat(1).st_size > printed:
        return "prints something"
    changed = [words for words, value in _state().items() if words in state and value != state[words]]
    return f"changes {changed[0]} of the process" if changed else "".join(asked[:1])


@contextlib.contextmanager
def _noticed(asked: list[str]) -> Iterator[None]:
    """Notice what modules outside of the standard library have called when a program ends or forks."""

    def noticing(function: Callable[..., Any], words: str) -> Callable[..., Any]:
        def register(*args: Any, **named: Any) -> Any:
            caller = str(sys._getframe(1).f_globals.get("__name__"))  # noqa: SLF001 - there is no other way
            if caller.partition(".")[0] not in sys.stdlib_module_names:
                asked.append(words)
            return function(*args, **named)

        return register

    at_exit, at_fork = atexit.register, os.register_at_fork
    atexit.register = noticing(at_exit, "has something called when the program ends")
    os.register_at_fork = noticing(at_fork, "has something called when a process is forked")
    try:
        yield
    finally:
        atexit.register, os.register_at_fork = at_exit, at_fork


def _concerns_others(message: re.Pattern[str] | str | None, category: Any) -> bool:
    """Whether a filter of warnings is for more than one message, or than the warnings of a library."""
    is_for_all = message is None or re.match(message, "") is not None
    return is_for_all and str(getattr(category, "__module__", "builtins")).partition(".")[0] in sys.stdlib_module_names


def _state() -> dict[str, Any]:
    """What a module can change of the process for programs that never import it, by words for it."""
    import logging  # what a module may change must be there before it, but not in a fork server that tries none
    import random
    import socket

    with open("/proc/self/status", "rb") as file:
        mask = next((line for line in file if line.startswith(b"Umask")), b"")
    state: dict[str, Any] = {
        "the environment": dict(os.environ),
        "the working folder": os.readlink("/proc/self/cwd"),
        "the mode of new files": mask,
        "the handlers of signals": [signal.getsignal(one) for one in sorted(signal.valid_signals())],
        "the import path": ([*sys.path], [*sys.meta_path], [*sys.path_hooks]),
        "the hooks": (sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile()),
        "the streams": (sys.stdout, sys.stderr, sys.stdin),
        "the limits": (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold()),
        "the locale": locale.setlocale(locale.LC_ALL),
        "the filters of warnings": [one for one in warnings.filters if _concerns_others(one[1], one[2])],
        "the builtins": {name: id(value) for name, value in vars(builtins).items() if name != "_"},
    }
    state["the root logger"] = (logging.root.level, [*logging.root.handlers], logging.root.manager.disable)
    state["the random numbers"] = random.getstate()
    state["the time limit of sockets"] = socket.getdefaulttimeout()
    return state


def _open_descriptors() -> set[int]:
    """The descriptors of this process, but for that by which they are listed."""
    found = set()
    for fd in map(int, os.listdir("/proc/self/fd")):
        with contextlib.suppress(OSError):
            os.fstat(fd)
            found.add(fd)
    return found
