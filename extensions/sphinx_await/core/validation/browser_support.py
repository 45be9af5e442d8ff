"""Finds out whether a program can run in a browser, before a reader presses Run."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from ..syntax import nodes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from ..model.recording import Recording

#: What a program is told that asks for what a browser does not have.
NO_THREADS = "a browser has no threads for this program"
NO_PROCESSES = "a browser has no processes for this program"
NO_SIGNALS = "a browser has no signals for this program"
NO_SOCKETS = "in a browser only asyncio and aiohttp reach the hosts of this page"
LACKS = frozenset({NO_THREADS, NO_PROCESSES, NO_SIGNALS, NO_SOCKETS})
#: Modules of the standard library that the runtime leaves out, and Pyodide's own gaps.
LEFT_OUT = frozenset(
    {
        *("_pyrepl", "cProfile", "curses", "dbm", "doctest", "ensurepip", "ftplib", "idlelib", "imaplib"),
        *("lib2to3", "mailbox", "multiprocessing", "pdb", "pickletools", "poplib", "profile", "pydoc", "smtplib"),
        *("sqlite3", "tarfile", "test", "tkinter", "turtle", "turtledemo", "unittest", "venv", "webbrowser"),
        *("wsgiref", "xmlrpc", "zoneinfo"),
        # What only other systems have, or nobody needs.
        *("antigravity", "grp", "msvcrt", "nt", "pwd", "pydoc_data", "syslog", "winreg", "winsound"),
        # What only a Python older than the runtime's has.
        *("aifc", "asynchat", "asyncore", "audioop", "cgi", "cgitb", "chunk", "crypt", "distutils", "imghdr", "imp"),
        *("mailcap", "msilib", "nis", "nntplib", "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau"),
        *("telnetlib", "uu", "xdrlib"),
    }
)
#: Of the rest, what needs threads, processes, a terminal or sockets that block.
_MODULES = LEFT_OUT | {
    *("concurrent", "fcntl", "http.client", "http.server", "pty", "readline", "resource", "socket", "socketserver"),
    *("subprocess", "termios", "tty", "urllib.request"),
}
#: The modules that a browser has beside the standard library: aiohttp and what it depends on. The runtime is built
#: from this; its requirements and the notices name the distributions that hold them.
CARRIED = frozenset(
    {
        *("aiohttp", "aiohappyeyeballs", "aiosignal", "attr", "attrs", "frozenlist", "idna", "multidict"),
        *("propcache", "yarl"),
    }
)
#: Of this project, what a program may import.
_OWN = frozenset({"sphinx_await", "sphinx_await.display"})
#: Calls by the last part of their name; the value is what is said.
_CALLS = {
    "to_thread": "asyncio.to_thread",
    "run_in_executor": "run_in_executor",
    "Thread": "threading.Thread",
    "create_subprocess_exec": "subprocess",
    "create_subprocess_shell": "subprocess",
    "add_signal_handler": "signal",
    "raise_signal": "signal",
    "fork": "os.fork",
    "system": "os.system",
    "popen": "os.popen",
    "create_datagram_endpoint": "socket",
    "create_unix_connection": "socket",
    "create_unix_server": "socket",
    "open_unix_connection": "socket",
    "start_unix_server": "socket",
}
#: What asyncio has done in threads here, and in no thread in a browser.
_LOOK_UPS = frozenset({"getaddrinfo", "getnameinfo", "socket.getaddrinfo", "socket.getnameinfo"})
_OF_OS = frozenset({"fork", "system", "popen"})
_READING, _WRITING = frozenset({"read_bytes", "read_text"}), frozenset({"write_bytes", "write_text"})
_WRITING_MODE = re.compile("[rwxabt+]*[wxa][rwxabt+]*")
_ENVIRONMENT = frozenset({"environ", "getenv"})


def obstacle(parts: Iterable[str], recording: Recording | None = None, environment: Collection[str] = ()) -> str | None:
    """Name what a program needs and no browser has, as programs write it: ``subprocess``; None if there is nothing.

    :param parts: the sources of the program; several if it is a session.
    :param recording: a run of the program, for what the sources do not show.
    :param environment: names of variables that exist only during a build.
    """
    nodes = [node for part in parts for node in nodes_of(part)]  # a wrong one fails in a browser as everywhere
    found = next(_found(nodes), None) or _variable(nodes, environment) or _file(nodes)
    if found:
        return found
    if recording is None:
        return None
    if any(not thread.work or any(work.what not in _LOOK_UPS for work in thread.work) for thread in recording.threads):
        return "threading"
    return "socket" if recording.network else None


def _found(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names if (name := _missing(alias.name)))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            yield from (name for one in names if (name := _missing(one)))
        elif isinstance(node, ast.Call) and (called := _called(node)):
            yield called


def _missing(name: str) -> str | None:
    top = name.partition(".")[0]
    if top not in sys.stdlib_module_names:
        return None if top in CARRIED or top == "__future__" or name in _OWN else top
    return next((one for one in (top, name) if one in _MODULES), None)


def _called(node: ast.Call) -> str | None:
    function = node.func
    if isinstance(function, ast.Name):
        return _CALLS.get(function.id) if function.id not in _OF_OS else None
    if not isinstance(function, ast.Attribute):
        return None
    if function.attr in _OF_OS and not (isinstance(function.value, ast.Name) and function.value.id == "os"):
        return None
    return _CALLS.get(function.attr)


def _variable(nodes: Iterable[ast.AST], environment: Collection[str]) -> str | None:
    """The first of these variables that the program reads and does not set itself."""
    read: list[str] = []
    own: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Subscript):
            source, name, is_read = node.value, node.slice, isinstance(node.ctx, ast.Load)
        elif isinstance(node, ast.Call) and node.args:
            source, name, is_read = node.func, node.args[0], True
        else:
            continue
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str) or name.value not in environment:
            continue
        if any(_last_name(one) in _ENVIRONMENT for one in ast.walk(source)):
            (read if is_read else own).append(name.value)
    return next((f"os.environ[{name!r}]" for name in read if name not in own), None)


def _file(nodes: list[ast.AST]) -> str | None:
    """The function with which the program reads a file. None if it also writes files: it may read what it wrote."""
    own = {node.name for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    reads = None
    called = {_last_name(node.func) for node in nodes if isinstance(node, ast.Call)}
    if {"Path", "display"} <= called:
        reads = "Path"  # it displays an image in a file
    for node in nodes:
        if not isinstance(node, ast.Call) or (name := _last_name(node.func)) in own:
            continue
        if name in _WRITING or (name == "open" and _writes(node)):
            return None
        if name in _READING or name == "open":
            reads = reads or name
    return reads


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _writes(node: ast.Call) -> bool:
    # The mode is the second argument of `open`, and the first of a path's.
    first = 0 if isinstance(node.func, ast.Attribute) else 1
    modes = [*node.args[first:2], *(one.value for one in node.keywords if one.arg == "mode")]
    return any(isinstance(mode, ast.Constant) and bool(_WRITING_MODE.fullmatch(str(mode.value))) for mode in modes)
