"""What keeps a program from running in a browser, found before anybody presses a button."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .recording import Recording

#: Modules of the standard library that the runtime leaves out, and Pyodide's own gaps.
LEFT_OUT = frozenset(
    {
        *("_pyrepl", "cProfile", "curses", "dbm", "doctest", "ensurepip", "ftplib", "idlelib", "imaplib"),
        *("lib2to3", "mailbox", "multiprocessing", "pdb", "pickletools", "poplib", "profile", "pydoc", "smtplib"),
        *("sqlite3", "tarfile", "test", "tkinter", "turtle", "turtledemo", "unittest", "venv", "webbrowser"),
        *("wsgiref", "xmlrpc", "zoneinfo"),
    }
)
#: Of the rest, what needs threads, processes or sockets that block.
_MODULES = LEFT_OUT | {
    *("concurrent", "fcntl", "http.client", "http.server", "pty", "readline", "resource", "socket", "socketserver"),
    *("subprocess", "urllib.request"),
}
#: Beside the standard library: aiohttp, and what it brings.
_CARRIED = frozenset(
    {
        *("aiohttp", "aiohappyeyeballs", "aiosignal", "attr", "attrs", "frozenlist", "idna", "multidict"),
        *("propcache", "yarl"),
    }
)
#: Calls by the last part of their name; the value is what is said.
_CALLS = {
    "to_thread": "asyncio.to_thread",
    "run_in_executor": "run_in_executor",
    "Thread": "threading.Thread",
    "create_subprocess_exec": "subprocess",
    "create_subprocess_shell": "subprocess",
    "add_signal_handler": "signal",
    "input": "input",
    "fork": "os.fork",
    "system": "os.system",
    "popen": "os.popen",
    "create_unix_connection": "socket",
    "open_unix_connection": "socket",
    "start_unix_server": "socket",
}
#: What asyncio has done in threads here, and in no thread in a browser.
_LOOK_UPS = frozenset({"getaddrinfo", "getnameinfo", "socket.getaddrinfo", "socket.getnameinfo"})
_BUILTINS = frozenset({"input"})
_OF_OS = frozenset({"fork", "system", "popen"})
_WRITING = frozenset("wxa")


def obstacle(code: str, recording: Recording | None = None) -> str | None:
    """What a program needs that no browser has, by its name in programs: ``subprocess``; None if it needs nothing.

    :param recording: of a run of it, which knows what the code does not say.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return None  # it fails in a browser as it does everywhere
    if found := next(_found(tree), None):
        return found
    if recording is None:
        return None
    if any(not thread.work or any(work.what not in _LOOK_UPS for work in thread.work) for thread in recording.threads):
        return "threading"
    return "socket" if recording.network else None


def _found(tree: ast.Module) -> Iterator[str]:
    reads = writes = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names if (name := _missing(alias.name)))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            yield from (name for one in names if (name := _missing(one)))
        elif isinstance(node, ast.Call):
            if called := _called(node):
                yield called
            if isinstance(node.func, ast.Name) and node.func.id == "open":
                reads, writes = True, writes or _writes(node)
    if reads and not writes:  # else what it reads may be what it wrote
        yield "open"


def _missing(name: str) -> str | None:
    top = name.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return None if top in _CARRIED or top == "__future__" else top
    return next((one for one in (top, name) if one in _MODULES), None)


def _called(node: ast.Call) -> str | None:
    function = node.func
    if isinstance(function, ast.Name):
        return _CALLS.get(function.id) if function.id not in _OF_OS else None
    if not isinstance(function, ast.Attribute) or function.attr in _BUILTINS:
        return None
    if function.attr in _OF_OS and not (isinstance(function.value, ast.Name) and function.value.id == "os"):
        return None
    return _CALLS.get(function.attr)


def _writes(node: ast.Call) -> bool:
    modes = [*node.args[1:2], *(one.value for one in node.keywords if one.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and _WRITING & set(str(mode.value)) for mode in modes)
