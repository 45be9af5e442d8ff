"""What no program can do in a browser, said in words instead of failing in its own way."""

from __future__ import annotations

import io
import socket
import sys
import threading
from typing import Any, NoReturn

from ..core.validation.browser_support import LEFT_OUT

_WHERE = "it runs where the page was built"
NO_THREADS = f"a browser has no threads for this program; {_WHERE}"
NO_PROCESSES = f"a browser has no processes for this program; {_WHERE}"
NO_SIGNALS = f"a browser has no signals for this program; {_WHERE}"
NO_SOCKETS = f"in a browser only asyncio and aiohttp reach the hosts of this page; {_WHERE}"
NO_INPUT = f"input() has nothing to read in a browser; {_WHERE}"
NO_MODULE = f"No module named {{name!r}} in a browser; {_WHERE}"


class _LeftOut:
    """Finds nothing, and says why for what is left out."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name in LEFT_OUT:
            raise ModuleNotFoundError(NO_MODULE.format(name=name), name=name)


class _NoKeyboard(io.StringIO):
    """Standard input of a program for which nothing was prepared, as ``input()`` reads it."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # typeshed's StringIO has two parents
        line = super().readline(-1 if size is None else size)
        if not line:
            raise EOFError(NO_INPUT)
        return line


def _no_thread(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(NO_THREADS)


def _no_socket(*_: object) -> NoReturn:
    raise OSError(NO_SOCKETS)


def explain(prepared: str | None) -> None:
    """Have this process say in words what it cannot do.

    :param prepared: what ``input()`` reads; None if nothing was prepared.
    """
    for name in ("_start_joinable_thread", "_start_new_thread"):  # the second until 3.12
        if hasattr(threading, name):
            setattr(threading, name, _no_thread)
    socket.socket.connect = socket.socket.connect_ex = _no_socket  # type: ignore[method-assign]
    sys.stdin = _NoKeyboard() if prepared is None else io.StringIO(prepared)
    sys.meta_path.append(_LeftOut())
