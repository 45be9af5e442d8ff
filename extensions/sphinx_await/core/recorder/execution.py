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
import time
import traceback
import types
from typing import TYPE_CHECKING

from ..journal.records import Journal, RecordType
from ..model.source_files import SNIPPET_FILE, part_files
from ._cpython import end_threads, run_exit_handlers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType

KEYBOARD_INTERRUPT_EXIT = 130  # 128 + SIGINT, what a shell reports


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
        used = {"cpu": time.process_time(), "delay": delay()}
        journal.append(RecordType.START, json.dumps(used).encode())
        status, ended = _execute(code, file, main, journal, tools)
        if ended:
            break
        if len(parts) > 1:
            journal.append(RecordType.PART, json.dumps({"status": status, "cpu": time.process_time()}).encode())
    _shut_down(main, tools)
    journal.append(RecordType.STOP)
    at_end()
    return status


def _lines(code: str) -> list[str]:
    """The lines of a source as Python counts them: a form feed or a line separator of Unicode ends none."""
    return list(io.StringIO(code, newline=None))


def _main_module(arguments: Sequence[str]) -> types.ModuleType:
    main = types.ModuleType("__main__")
    main.__file__ = os.path.join(os.getcwd(), SNIPPET_FILE)  # a str, as Python sets it
    main.__dict__["__builtins__"] = builtins
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
                _note_failure(journal, error, file, status_text=str(error.code))
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
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code
    print(error.code, file=sys.stderr)  # noqa: T201 - as the interpreter does
    return 1


def _report(error: BaseException, tb: TracebackType | None) -> None:
    try:
        sys.excepthook(type(error), error, tb)
    except BaseException:  # noqa: BLE001 - a hook of the program's own
        traceback.print_exc()


def _note_failure(journal: Journal, error: BaseException, file: str, status_text: str | None = None) -> None:
    try:
        text = "" if status_text is not None else "".join(traceback.format_exception(error))
        payload = _failure(_type_name(error), _message(error, status_text), text, _line(error, file), _os_error(error))
    except Exception as problem:  # noqa: BLE001 - a __str__ of the program's own may do anything
        payload = _failure(type(error).__name__, f"<{problem!r}>", "", None)
    journal.append(RecordType.FAILURE, payload)


def _failure(kind: str, message: str, text: str, line: int | None, cause: OSError | None = None) -> bytes:
    """The fields of a :class:`~.recording.Failure`, whose module takes a browser long to import."""
    fields = {"type": kind, "message": message, "traceback": text, "line": line}
    if cause is not None:
        fields |= {"os_error": _type_name(cause), "errno": cause.errno}
    return json.dumps(fields).encode()


def _os_error(error: BaseException) -> OSError | None:
    """The operating system's error that an exception is or that caused it."""
    cause, seen = error, set[int]()
    while id(cause) not in seen:
        # A gaierror has a number of another kind than an OSError, and libraries wrap it into OSErrors of their own.
        if isinstance(cause, OSError) and type(cause.errno) is int and cause.__cause__ is None:
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__ or cause
    return None


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return (
        kind.__qualname__ if kind.__module__ in {"builtins", "__main__"} else f"{kind.__module__}.{kind.__qualname__}"
    )


def _message(error: BaseException, status_text: str | None) -> str:
    if isinstance(error, SyntaxError):
        return error.msg  # its str() adds file and line, which are the snippet's and not the chapter's
    return str(error) if status_text is None else status_text


def _line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None


def _shut_down(main: types.ModuleType, tools: Callable[[], AbstractContextManager[None]]) -> None:
    """Do what the interpreter does at its end, in its order; then warnings like "never awaited" are printed."""
    for step in (end_threads, run_exit_handlers, main.__dict__.clear, gc.collect):
        try:
            step()
        except BaseException:  # noqa: BLE001 - a destructor or an exit handler of the program's own
            with tools():
                traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):  # the program may have replaced or closed it
            stream.flush()
