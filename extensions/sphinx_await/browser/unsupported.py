"""Clear errors for what a browser lacks."""

from __future__ import annotations

import io
import socket
import sys
import threading
from typing import Any, NoReturn

from ..core.validation.browser_support import LEFT_OUT, NO_SOCKETS, NO_THREADS

NO_INPUT = "input() has nothing to read in a browser"
NO_MODULE = "No module named {name!r} in a browser"


class _LeftOut:
    """Import finder that explains why a module is missing."""

    def find_spec(self, name: str, *_: Any) -> None:
        if name in LEFT_OUT:
            raise ModuleNotFoundError(NO_MODULE.format(name=name), name=name)


class _NoKeyboard(io.StringIO):
    """Standard input when no input was prepared."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override] # typeshed's StringIO has two parents
        line = super().readline(-1 if size is None else size)
        if not line:
            raise EOFError(NO_INPUT)
        return line


def _no_thread(*_: object, **__: object) -> NoReturn:
    raise RuntimeError(NO_THREADS)


def _no_socket(*_: object) -> NoReturn:
    raise OSError(NO_SOCKETS)


def install_errors(prepared: str | None) -> None:
    """Make this process raise clear errors for what it cannot do.

    :param prepared: the text that ``input()`` reads; None if there is none.
    """
    for name in ("_start_joinable_thread", "_start_new_thread"):  # the second until 3.12
        if hasattr(threading, name):
            setattr(threading, name, _no_thread)
    socket.socket.connect = socket.socket.connect_ex = _no_socket  # type: ignore[method-assign]
    sys.stdin = _NoKeyboard() if prepared is None else io.StringIO(prepared)
    sys.meta_path.append(_LeftOut())
