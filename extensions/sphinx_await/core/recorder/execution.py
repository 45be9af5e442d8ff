"""Run a program's source as ``__main__``, as ``python snippet.py`` does, and record how it ended."""

from __future__ import annotations

import builtins
import contextlib
import gc
import io
import json
import linecache
import os
import sys
import traceback
import types
from importlib.machinery import SourceFileLoader
from time import process_time  # by name: a program may replace what is in the module
from typing import TYPE_CHECKING

from ..journal.records import Journal, RecordType
from ..model.source_files import SNIPPET_FILE, part_files
from ._cpython import end_threads, run_exit_handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import TypeVar

    Read = TypeVar("Read")

KEYBOARD_INTERRUPT_EXIT = 130  # 128 + SIGINT, what a shell reports
_OVERFLOW_EXIT = 255  # what Python makes of a number that no C long can hold
_LARGEST_NUMBER = 2**31  # larger numbers of errors and lines mean nothing
#: Characters that are kept of an exception's message and of its traceback.
_LONGEST_MESSAGE, _LONGEST_TRACEBACK = 10_000, 50_000
#: Bases of an exception's type, and names for them, that are kept.
_MOST_BASES, _MOST_NAMES, _LONGEST_NAME = 50, 200, 200
_to_json = json.JSONEncoder().encode


def run_program(
    parts: Sequence[str],
    journal: Journal,
    *,
    at_end: Callable[[], None],
    delay: Callable[[], float | None] = lambda: None,
    arguments: Sequence[str] = (),
    tools: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
) -> int:
    """Run a program, join its threads, call its exit handlers, and return its exit status.

    The parts of a program run in one namespace, one after another. An exception ends its part, and ``sys.exit`` the
    program. The traceback of an uncaught exception goes to ``sys.stderr`` by ``sys.excepthook``, and to the journal.

    :param at_end: called when the program has ended, and its time with it.
    :param delay: returns the seconds for which this process could have run but had no core.
    :param tools: is entered while modules are used here that the program perhaps has not imported.
    :param arguments: what the program finds in ``sys.argv`` after its name.
    """
    main = _main_module(arguments)
    status = 0
    for code, file in zip(parts, part_files(len(parts)), strict=True):
        code = code.removeprefix("\ufeff")  # noqa: PLW2901 - Python reads a file without its byte order mark
        linecache.cache[file] = (len(code), None, _lines(code), file)
        used = {"cpu": process_time(), "delay": delay()}
        journal.append(RecordType.START, _to_json(used).encode())
        status, ended = _execute(code, file, main, journal, tools)
        if ended:
            break
        if len(parts) > 1:
            journal.append(RecordType.PART, _to_json({"status": status, "cpu": process_time()}).encode())
    _shut_down(main, tools)
    journal.append(RecordType.STOP)
    try:
        at_end()
    except BaseException as error:  # noqa: BLE001 - a program may have left anything, and its status is its own
        journal.append(RecordType.BROKEN, repr(error).encode("utf-8", "backslashreplace"))
    return status


def _lines(code: str) -> list[str]:
    """The lines of a source as Python counts them: a form feed or a line separator of Unicode ends none."""
    return list(io.StringIO(code, newline=None))


def _main_module(arguments: Sequence[str]) -> types.ModuleType:
    main = types.ModuleType("__main__")
    main.__file__ = os.path.join(os.getcwd(), SNIPPET_FILE)  # a str, as Python sets it
    main.__loader__ = SourceFileLoader("__main__", main.__file__)
    main.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        main.__annotations__ = {}
    main.__dict__["__cached__"] = None
    sys.modules["__main__"] = main
    sys.argv = [main.__file__, *arguments]
    return main


def _execute(
    code: str,
    file: str,
    main: types.ModuleType,
    journal: Journal,
    tools: Callable[[], AbstractContextManager[None]],
) -> tuple[int, bool]:
    """Run one part and return its status, and whether it ended the program."""
    try:
        exec(compile(code, file, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - this runs the program
    except SystemExit as error:
        status = _exit_status(error)
        if status:
            with tools():
                _note_failure(journal, error, file, exits=True)
        return status, True
    except BaseException as error:  # noqa: BLE001 - anything can end a program
        status = KEYBOARD_INTERRUPT_EXIT if isinstance(error, KeyboardInterrupt) else 1
        own = error.__traceback__.tb_next if error.__traceback__ else None  # without this function's frame
        with tools():
            _note_failure(journal, error.with_traceback(own), file)
        _report(error, own)
        return status, isinstance(error, KeyboardInterrupt)
    return 0, False


def _exit_status(error: SystemExit) -> int:
    """The exit status that Python itself would end with."""
    code = _status_of(error)
    if code is None:
        return 0
    if isinstance(code, int):
        number = int.__index__(code)
        return number & 0xFF if -(2**63) <= number < 2**63 else _OVERFLOW_EXIT
    with contextlib.suppress(BaseException):  # as the interpreter does, whatever the object is
        print(code, file=sys.stderr)  # noqa: T201
    return 1


def _status_of(error: SystemExit) -> object:
    try:
        return error.code
    except BaseException:  # noqa: BLE001 - a subclass may make a property of it
        return error


def _report(error: BaseException, tb: TracebackType | None) -> None:
    try:
        sys.excepthook(type(error), error, tb)
    except BaseException:  # noqa: BLE001 - a hook of the program's own
        _print_exception()


def _print_exception() -> None:
    with contextlib.suppress(BaseException):  # the program may have put anything in the place of the stream
        traceback.print_exc()


def _note_failure(journal: Journal, error: BaseException, file: str, *, exits: bool = False) -> None:
    """Write a :class:`~.recording.Failure`. Whatever an exception's own attributes and methods do, its type is kept.

    :param exits: it is a ``SystemExit``: its message is the status, and nobody sees its traceback.
    """
    name = _attempt(lambda: _type_name(error)) or type.__getattribute__(type(error), "__name__")
    text = "" if exits else _attempt(lambda: "".join(traceback.format_exception(error))) or ""
    fields = {
        "type": _shortened(name, _LONGEST_MESSAGE),
        "message": _shortened(_message(error, exits=exits), _LONGEST_MESSAGE),
        "traceback": _shortened(text, _LONGEST_TRACEBACK),
        "line": _attempt(lambda: _line(error, file)),
        "names": _attempt(lambda: sorted(_names(error))) or [],
    }
    if (cause := _attempt(lambda: _os_error(error))) is not None:
        fields |= {"os_error": _attempt(lambda: _type_name(cause)), "errno": cause.errno}
    journal.append(RecordType.FAILURE, _to_json(fields).encode())


def _attempt(get: Callable[[], Read]) -> Read | None:
    """What a function returns; None if it raises: the program's own code may be called there."""
    try:
        return get()
    except BaseException:  # noqa: BLE001
        return None


def _shortened(text: str, most: int) -> str:
    """A text without its middle if it is longer than ``most``."""
    text = "".join((text,))  # noqa: FLY002 - a plain one: it may be of a class of the program's own
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n... ({len(text) - 2 * half} characters left out) ...\n{text[-half:]}"


def _os_error(error: BaseException) -> OSError | None:
    """The operating system's error that an exception is or that caused it."""
    cause, seen = error, set[int]()
    while id(cause) not in seen:
        # A gaierror has a number of another kind than an OSError, and libraries wrap it into OSErrors of their own.
        if isinstance(cause, OSError) and _is_number(cause.errno) and cause.__cause__ is None:
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__ or cause
    return None


def _is_number(value: object) -> bool:
    return type(value) is int and abs(value) < _LARGEST_NUMBER


def _type_name(error: BaseException) -> str:
    return _full_name(type(error))


def _names(error: BaseException) -> set[str]:
    """Names by which a program can catch an exception: of its type and the bases of that, in whatever public module."""
    kinds = type.__dict__["__mro__"].__get__(type(error))[:_MOST_BASES]
    kinds = [kind for kind in kinds if kind is not object]
    wanted = {id(kind) for kind in kinds}
    found = {_full_name(kind) for kind in kinds}
    scopes = {f"{name}.": module for name, module in [*sys.modules.items(), *vars(sys.modules["__main__"]).items()]}
    for name in [name for name in scopes if name.startswith(("_", "builtins.")) or "._" in name]:
        del scopes[name]
    for scope, module in {**scopes, "": sys.modules["__main__"], " ": builtins}.items():
        if issubclass(type(module), types.ModuleType):
            members = types.ModuleType.__getattribute__(module, "__dict__")
            found |= {
                f"{scope}{name}".strip() for name in _public_names(scope, members) if id(members.get(name)) in wanted
            }
    return {name for name in sorted(found)[:_MOST_NAMES] if len(name) <= _LONGEST_NAME}


def _public_names(scope: str, members: dict[str, object]) -> list[str]:
    """The names that a module exports. What a submodule without ``__all__`` imports is not meant to be its own."""
    listed = members.get("__all__")
    if scope.strip() and type(listed) in (list, tuple):
        return [name for name in listed if type(name) is str]
    return [] if scope.count(".") > 1 else [name for name in members if type(name) is str]


def _full_name(kind: type) -> str:
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message(error: BaseException, *, exits: bool) -> str:
    try:
        if isinstance(error, SystemExit) and exits:
            return str(_status_of(error))
        if isinstance(error, SyntaxError):
            return str(error.msg)  # its str() adds file and line, which are the snippet's and not the chapter's
        return str(error)
    except BaseException as problem:  # noqa: BLE001 - a method of the program's own may do anything
        return f"<{type.__getattribute__(type(problem), '__name__')} when it was printed>"


def _line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        line: object = error.lineno  # a program may set it to anything
        return line if type(line) is int and 0 < line < _LARGEST_NUMBER else None
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None


def _shut_down(main: types.ModuleType, tools: Callable[[], AbstractContextManager[None]]) -> None:
    """Do what the interpreter does at its end, in its order; then warnings like "never awaited" are printed."""
    for step in (end_threads, run_exit_handlers, main.__dict__.clear, gc.collect):
        try:
            step()
        except BaseException:  # noqa: BLE001 - a destructor or an exit handler of the program's own
            with tools():
                _print_exception()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(BaseException):  # the program may have replaced or closed it
            stream.flush()
