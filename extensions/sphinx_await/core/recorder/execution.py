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
import threading
import traceback
import types
import weakref
from collections import deque
from functools import partial, reduce
from importlib.machinery import SourceFileLoader
from itertools import pairwise, repeat, starmap
from operator import methodcaller
from os import _exit
from threading import get_ident
from time import process_time
from typing import TYPE_CHECKING, Any

from ..journal.records import Journal, RecordType
from ..model.source_files import SNIPPET_FILE, part_files
from ._cpython import caller, exit_functions, identity, other_frames
from .bottom import executing
from .displays import show_value
from .figures import show_open_figures
from .libraries import name_in_project

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import NoReturn, TypeVar

    _Step = Callable[[], object]

    Read = TypeVar("Read")

KEYBOARD_INTERRUPT_EXIT = 130  # 128 + SIGINT, what a shell reports
_UNFLUSHED_EXIT = 120  # what Python ends with if it cannot write what is left
_OVERFLOW_EXIT = 255  # what Python makes of a number that no C long can hold
_LARGEST_NUMBER = 2**31  # larger numbers of errors and lines mean nothing
#: Characters that are kept of an exception's message and of its traceback.
_LONGEST_MESSAGE, _LONGEST_TRACEBACK = 10_000, 50_000
#: Bases of an exception's type, and names for them, that are kept.
_MOST_BASES, _MOST_NAMES, _LONGEST_NAME = 50, 200, 200
#: Names in :mod:`sys` for the last uncaught exception.
_LAST_ERROR = ("last_type", "last_value", "last_traceback", "last_exc")
#: Names in :mod:`sys` that are None when the interpreter destroys what is left: then nothing new can be imported.
_IMPORT_STATE = ("path", "argv", "path_importer_cache", "meta_path", "path_hooks")
_flush = methodcaller("flush")
_signals = sys.modules["_signal"].__dict__  # its functions are not Python's: there is no frame
_to_json = json.JSONEncoder().encode


class Execution:
    """A program, from its first line until its threads are joined and its exit handlers called.

    The parts of a program run in one namespace, one after another. An exception ends its part, and ``sys.exit`` the
    program. The traceback of an uncaught exception goes to ``sys.stderr`` by ``sys.excepthook``, and to the journal.

    :param at_end: called when the program has ended, and its time with it.
    :param delay: returns the seconds for which this process could have run but had no core.
    :param tools: is entered while modules are used here that the program perhaps has not imported.
    :param files: the file names under which the parts are compiled; by default, names without a folder.
    :param arguments: what the program finds in ``sys.argv`` after its name.
    :param last_values: the parts, counted from 0, whose last expression has its value displayed.
    :param in_loop: the parts, counted from 0, that run in an event loop, as under ``python -m asyncio``: all in one,
        whose tasks go on in the next part, and are cancelled after the last.
    :param examples: for each part that is typed at Python's prompt, the lines on which its examples begin.
    :param end_output: called when an example or another part is about to begin: what was written belongs to what is
        before it.
    :param set_may_run: called when the last part has run, and around each step of what Python does then: says whether
        code of the program may run.
    :param ended: called when the last code of the program has run.
    :param compiled: called with each code of the program before it runs, and with ``in_loop``: whether in a loop.
    """

    def __init__(  # noqa: PLR0913 - what is known of a program
        self,
        parts: Sequence[str],
        journal: Journal,
        *,
        at_end: Callable[[], None],
        delay: Callable[[], float | None] = lambda: None,
        files: Sequence[str] | None = None,
        arguments: Sequence[str] = (),
        tools: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
        last_values: Collection[int] = (),
        in_loop: Collection[int] = (),
        examples: Sequence[Sequence[int]] = (),
        end_output: Callable[[], None] = lambda: None,
        compiled: Callable[..., object] = lambda _, in_loop: None,  # noqa: ARG005
        set_may_run: Callable[..., None] = lambda may_run: None,  # noqa: ARG005
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._parts = parts
        self._files = part_files(len(parts)) if files is None else files
        self._journal = journal
        self._at_end = at_end
        self._delay = delay
        self._arguments = arguments
        self._tools = tools
        self._last_values = last_values
        self._in_loop = in_loop
        self._examples = examples
        self._end_output = end_output
        self._note_code = compiled
        self._set_may_run = set_may_run
        self._ended = ended
        self._thread = get_ident()
        self._is_watched = False  # the program sees audit events
        self._step: _Step | None = None  # the one that is executed
        self._takes_errors = False  # an error at the bottom of the stack is that of a step
        self._status = 0
        self._has_ended = False
        self._error: BaseException | None = None
        self._unraisable_type: Any = None  # what the hook for errors that nobody can catch is given
        self._stderr: Any = None  # the program's, while there is none
        self._steps = self._noting(self._make_steps())

    def run(self) -> int:
        """Run the program, with this function's frame below its own, and return its exit status."""
        for step in self._steps:
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - anything can end a program
                own = error.__traceback__.tb_next if error.__traceback__ else None  # without this function's frame
                self._error = error.with_traceback(own)
                del own  # what its frames hold is destroyed when the interpreter forgets the error
        return self._status

    def run_at_bottom(self) -> NoReturn:
        """Run the program with no frame below its own, and end this process with its exit status.

        No stack that the program prints has a frame of ours. For that, this raises an exception which all callers must
        let through. When the interpreter has left them, it calls ``sys.excepthook``: not a Python function, but one
        that iterates over the exception. Each item is what a step of the run is the destructor of, and an error in a
        destructor is an audit event, for which :meth:`caught` must be called.
        """
        leaving = _Leaving()
        leaving.steps = self._restore_and_run(sys.excepthook)
        sys.excepthook = reduce  # type: ignore[assignment] # of exception type, exception, traceback
        raise leaving

    def _restore_and_run(self, excepthook: Callable[..., Any]) -> Iterator[_Step]:
        sys.excepthook = excepthook
        for name in _LAST_ERROR:
            sys.__dict__.pop(name, None)
        yield from self._steps
        _exit(self._status & 0xFF)

    def each_at_bottom(self) -> Iterator[None]:
        """Run the program step by step: whoever takes the next item, with no frame of its own, executes one step.

        An error that ends a step is an audit event, for which :meth:`caught` must be called.
        """
        return executing(self._steps)

    @property
    def status(self) -> int:
        """The exit status, when the last step was executed."""
        return self._status

    def hook_added(self) -> None:
        """Look at no frame from now on: that is an audit event, and the program is about to see those."""
        self._is_watched = True

    def _noting(self, steps: Iterator[_Step]) -> Iterator[_Step]:
        for step in steps:
            self._step = step
            yield step

    def _noting_when_it_runs(self, steps: Iterator[_Step]) -> Iterator[_Step]:
        self._set_may_run(may_run=False)
        for step in steps:
            self._set_may_run(may_run=True)
            yield step
            self._set_may_run(may_run=False)

    def caught(self, event: tuple[Any, Any]) -> None:
        """Take an error that has ended a step at the bottom of the stack.

        :param event: the arguments of the audit event ``sys.unraisablehook``.
        :raises _Taken: then no other hook for audit events is called, nor the one for such errors.
        """
        _hook, unraisable = event
        if not self._takes_errors or get_ident() != self._thread:
            return
        # It is the step's, or one in a destructor of the program's own. From Python 3.14 on it does not say of what.
        given = unraisable.object
        if given is not self._step and (given is not None or caller(1).f_back is not None):
            return
        self._error, self._unraisable_type = unraisable.exc_value, type(unraisable)
        self._stderr, sys.stderr = sys.stderr, None  # so that Python prints nothing of what is raised here
        raise _Taken

    def _take_error(self) -> BaseException | None:
        """What the last step has raised."""
        error, self._error = self._error, None
        if self._stderr is not None:
            sys.stderr, self._stderr = self._stderr, None
        return _without_display_hook(error) if error is not None and self._last_values else error

    def _make_steps(self) -> Iterator[_Step]:
        """Prepare one step of the run after another. The frame of this function is on no stack while it is executed."""
        main = _main_module(self._arguments)
        step: _Step = _do_nothing
        pending: list[types.CodeType | _Step] = []
        runner: Any = None  # the one of asyncio, for parts in a loop
        if self._last_values:
            sys.displayhook = show_value
        for number, (code, file) in enumerate(zip(self._parts, self._files, strict=True)):
            code = code.removeprefix("\ufeff")  # noqa: PLW2901 - Python reads a file without its byte order mark
            linecache.cache[file] = (len(code), None, _lines(code if code.endswith("\n") else f"{code}\n"), file)
            used = {"cpu": process_time(), "delay": self._delay()}
            self._journal.append(RecordType.START, _to_json(used).encode())
            self._takes_errors, self._status = True, 0
            is_in_loop, has_value = number in self._in_loop, number in self._last_values
            starts = self._starts_of(number)
            try:
                pending = [] if starts else [*_compiled(code, file, last_value=has_value, in_loop=is_in_loop)]
                self._note(pending, in_loop=is_in_loop)
                pending += [show_open_figures] * has_value
            except BaseException as error:  # noqa: BLE001 - not only SyntaxError
                self._error = error.with_traceback(None)
            if is_in_loop and self._error is None:
                # In the program's namespace, as `python -m asyncio` does.
                step = partial(exec, "import asyncio", main.__dict__)
                yield step
                runner = runner or self._make_runner()
            yield from self._run_examples(code, file, starts, main, runner if is_in_loop else None)
            while self._error is None and pending:
                step = _step_of(pending.pop(0), main.__dict__, runner if is_in_loop else None)
                yield step
            if (failure := self._take_error()) is not None:
                yield from self._fail(_without_loop(failure, file) if is_in_loop else failure, file)
            del failure
            if self._has_ended:
                break
            if len(self._parts) > 1:
                self._end_piece()
                ended = {"status": self._status, "cpu": process_time()}
                self._journal.append(RecordType.PART, _to_json(ended).encode())
        yield from self._each([] if runner is None else [runner.close])
        self._takes_errors = False
        loader = weakref.ref(main.__loader__)
        del main, step, pending, runner
        yield from self._noting_when_it_runs(self._shut_down(loader))
        self._ended()
        self._journal.append(RecordType.STOP)
        try:
            self._at_end()
        except BaseException as error:  # noqa: BLE001 - a program may have left anything, and its status is its own
            self._journal.append(RecordType.BROKEN, repr(error).encode("utf-8", "backslashreplace"))

    def _note(self, codes: Sequence[types.CodeType | _Step], *, in_loop: bool) -> None:
        for one in codes:
            if isinstance(one, types.CodeType):
                self._note_code(one, in_loop=in_loop)

    def _make_runner(self) -> Any:
        if self._error is None:
            try:
                return sys.modules["asyncio.runners"].Runner()
            except BaseException as error:  # noqa: BLE001 - the program's folder may have a module of this name
                self._error = error
        return None

    def _end_piece(self) -> None:
        with contextlib.suppress(BaseException):  # the program may have replaced its streams by anything
            self._end_output()

    def _starts_of(self, number: int) -> Sequence[int]:
        """The lines on which the examples of a part begin; none if it is not typed at a prompt."""
        return self._examples[number] if number < len(self._examples) else ()

    def _run_examples(
        self, code: str, file: str, starts: Sequence[int], main: types.ModuleType, runner: Any
    ) -> Iterator[_Step]:
        """Run each example as Python's prompt does. An exception ends its example only; ``sys.exit`` ends the part."""
        flags = 0
        for source in _sources(code, starts) if self._error is None else ():
            self._end_piece()
            self._journal.append(RecordType.EXAMPLE)
            compiled = None
            try:
                compiled, flags = _compiled_example(source, file, flags, in_loop=runner is not None)
            except BaseException as error:  # noqa: BLE001 - not only SyntaxError
                self._error = error.with_traceback(None)
            if compiled is not None:
                self._note([compiled], in_loop=runner is not None)
                yield _step_of(compiled, main.__dict__, runner)
            if (failure := self._take_error()) is None:
                continue
            if isinstance(failure, SystemExit | KeyboardInterrupt):
                self._error = failure
                return
            if runner is not None:
                failure = _without_loop(failure, file)
            self._note_failure(failure, file, kind=RecordType.EXAMPLE_FAILED)
            yield from self._show(failure)
            del failure

    def _shut_down(self, loader: weakref.ref[Any]) -> Iterator[_Step]:
        """Do what the interpreter does at its end, in its order; then warnings like "never awaited" are printed.

        :param loader: the program's, which is there while its names are.
        """
        yield from self._each(exit_functions())
        yield from self._flush()
        yield from self._each(_default_signals())
        # Python does the same before it destroys modules. What is left is found in another order later on: a buffer
        # before its file, or else the collector would close the file first, and what is in the buffer would be lost. To
        # look at what is young is enough, for the rest was looked at when it was young.
        state: list[bool] = []
        yield map(state.append, starmap(gc.isenabled, repeat(()))).__next__
        yield from self._each([partial(gc.collect, 1)] if state[-1] else [])
        imports = {name: sys.__dict__.get(name) for name in _IMPORT_STATE}
        own_streams = {name: sys.__dict__.get(f"__{name}__") for name in ("stdin", "stdout", "stderr")}
        gone = dict.fromkeys([*_LAST_ERROR, *_IMPORT_STATE]) | own_streams
        modules = _modules_of_the_project()
        kept = [weakref.ref(sys.modules[name]) for name in modules]
        # What only a module refers to is destroyed with its names still there, and so are cycles with it.
        forget: _Step = partial(deque, map(sys.modules.pop, ("__main__", *modules), repeat(None)), 0)
        displayed = [partial(builtins.__dict__.update, _=None)] if "_" in builtins.__dict__ else []
        yield from self._each([*displayed, partial(sys.__dict__.update, gone), forget, gc.collect])
        left = [module.__dict__ for one in reversed(kept) if (module := one()) is not None]
        module = None
        while left:
            yield from self._each([*_clearing(left.pop(0)), *([] if left else [gc.collect])])
        yield from self._clear_names(loader)
        sys.__dict__.update(imports)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(BaseException):  # the program may have replaced or closed it
                stream.flush()

    def _clear_names(self, loader: weakref.ref[Any]) -> Iterator[_Step]:
        """Destroy what the names of the program refer to, if something of another module has them: Python would."""
        if self._is_watched or (there := loader()) is None:
            return  # the program's hook for audit events has them, and Python keeps that longer than modules
        for names in [one for one in gc.get_referrers(there) if type(one) is dict and "__loader__" in one]:
            if any(type(one) is types.ModuleType and one.__dict__ is names for one in sys.__dict__.values()):
                yield from self._each([*_clearing(names), gc.collect])
            elif not _outlives_modules(names):
                yield from self._each([*_destroying(names), gc.collect])

    def _flush(self) -> Iterator[_Step]:
        """Flush the standard streams. If that fails, the program has Python's exit status for it."""
        for name in ("stdout", "stderr"):
            stream = sys.__dict__.get(name)
            if stream is None or _is_closed(stream):
                continue
            self._takes_errors = True
            yield partial(_flush, stream)
            self._takes_errors = False
            if (failure := self._take_error()) is not None:
                self._status = _UNFLUSHED_EXIT
                if name == "stdout" and self._unraisable_type is not None:
                    yield partial(sys.unraisablehook, self._unraisable_type(_unflushed(failure, stream)))
            del failure

    def _each(self, steps: Iterable[_Step]) -> Iterator[_Step]:
        """Steps of which each may fail."""
        for step in steps:
            yield step
            if (failure := self._take_error()) is not None:
                self._print(failure)
            del failure

    def _fail(self, error: BaseException, file: str) -> Iterator[_Step]:
        """Report an error that has ended a part, as the interpreter does."""
        if isinstance(error, SystemExit):
            self._has_ended, self._status = True, _exit_status(error)
            if self._status:
                self._note_failure(error, file, exits=True)
            return
        self._has_ended = isinstance(error, KeyboardInterrupt)
        self._status = KEYBOARD_INTERRUPT_EXIT if self._has_ended else 1
        self._note_failure(error, file)
        yield from self._show(error)

    def _note_failure(
        self, error: BaseException, file: str, *, exits: bool = False, kind: RecordType = RecordType.FAILURE
    ) -> None:
        with contextlib.nullcontext() if self._is_watched else self._tools():
            _note_failure(self._journal, error, file, exits=exits, kind=kind, looks=not self._is_watched)

    def _show(self, error: BaseException) -> Iterator[_Step]:
        """Show an error as the interpreter does."""
        values = (type(error), error, error.__traceback__, error)
        sys.__dict__.update(zip(_LAST_ERROR, values[: 4 if sys.version_info >= (3, 12) else 3], strict=False))
        if self._is_watched:
            raised = [("sys.excepthook", sys.excepthook, *values[:3])]
            yield starmap(sys.audit, iter(raised.pop, None)).__next__
            if isinstance(self._take_error(), RuntimeError):
                return  # so a hook for audit events forbids the other one
        pending = [values[:3]]  # taken from it by the call, so that nothing but ``sys`` keeps the error alive
        hook = starmap(sys.excepthook, iter(pending.pop, None))
        del error, values
        yield hook.__next__
        if (problem := self._take_error()) is not None:  # the program's own hook
            self._print(problem)

    def _print(self, error: BaseException) -> None:
        with self._tools(), contextlib.suppress(BaseException):  # the stream may be anything of the program's own
            traceback.print_exception(error)


def _default_signals() -> Iterator[_Step]:
    """Forget the program's handlers of signals."""
    get, default = _signals["getsignal"], _signals["SIG_DFL"]
    for number in range(1, _signals["NSIG"]):
        if callable(get(number)):
            yield partial(_signals["signal"], number, default)


def _modules_of_the_project() -> list[str]:
    """The names of the modules that the program has imported, but for those of libraries."""
    found = []
    for name, module in [*sys.modules.items()]:  # in which a program may have put anything
        is_odd = type(name) is not str or type(module) is not types.ModuleType
        if not is_odd and name.partition(".")[0] not in sys.stdlib_module_names:
            file = module.__dict__.get("__file__")
            if type(file) is str and name_in_project(file):
                found.append(name)
    return found


def _outlives_modules(names: dict[str, object]) -> bool:
    """Whether something refers to a program's names that Python keeps longer than its modules.

    These are hooks in ``sys``, of the collector and of threads, and threads that go on. What is destroyed with them
    then can print no more.
    """
    holders = [*sys.__dict__.values(), sys.gettrace(), sys.getprofile(), *gc.callbacks, threading.excepthook]
    if any(type(one) is types.FunctionType and one.__globals__ is names for one in holders):
        return True
    return any(one.f_globals is names for frame in other_frames() for one, _ in traceback.walk_stack(frame))


def _is_closed(stream: Any) -> bool:
    try:
        return bool(stream.closed)
    except BaseException:  # noqa: BLE001 - the program may have put anything there
        return False


def _unflushed(error: BaseException, stream: object) -> tuple[object, ...]:
    """What Python says of a standard output that it cannot flush at the end."""
    words = None
    if sys.version_info >= (3, 13):
        doing = "while" if sys.version_info >= (3, 14) else "on"
        words, stream = f"Exception ignored {doing} flushing sys.stdout", None
    return type(error), error, error.__traceback__, words, stream


class _Taken(BaseException):
    """Ends an audit event."""


class _Leaving(BaseException):
    """Leaves all functions of this process. Whoever iterates over it executes the steps of a run."""

    steps: Iterator[_Step]

    def __iter__(self) -> Iterator[None]:
        return executing(self.steps)


def _do_nothing() -> None:
    pass


def _step_of(one: types.CodeType | _Step, names: dict[str, Any], runner: Any) -> _Step:
    if not isinstance(one, types.CodeType):
        return one
    if runner is not None:
        return partial(runner.run, types.FunctionType(one, names)())
    # Taken from it by the call, as a program's names must live no longer than its module: a file among them whose
    # buffer is not empty loses that if the garbage collector has to find it.
    pending = [(one, names)]
    return starmap(exec, iter(pending.pop, None)).__next__


def _sources(code: str, starts: Sequence[int]) -> Iterator[str]:
    """The source of each example, below as many empty lines as are before it."""
    lines = _lines(code)
    for start, end in pairwise([*starts, len(lines) + 1]):
        yield "\n" * (start - 1) + "".join(lines[start - 1 : end - 1])


def _compiled_example(source: str, file: str, flags: int, *, in_loop: bool) -> tuple[types.CodeType | None, int]:
    """An example as code that displays its values, and the flags of the compiler for the next one.

    None: there is nothing to execute, as in a comment.

    :raises SyntaxError: and whatever else :func:`compile` raises.
    """
    tree: Any = compile(source, file, "exec", flags | _ONLY_AST | _TOP_LEVEL_AWAIT * in_loop, dont_inherit=True)
    if not tree.body:
        return None, flags
    prompt: Any = compile("0", file, "single", _ONLY_AST, dont_inherit=True)
    prompt.body = [*tree.body, *(_never_awaiting(tree.body[-1], file) if in_loop else [])]
    compiled = compile(prompt, file, "single", flags | _TOP_LEVEL_AWAIT * in_loop, dont_inherit=True)
    return compiled, flags | compiled.co_flags & annotations.compiler_flag


def _without_loop(error: BaseException, file: str) -> BaseException:
    """An error with a traceback that begins in the program, and not in the loop that runs it."""
    own = error.__traceback__
    while own is not None and own.tb_frame.f_code.co_filename != file:
        own = own.tb_next
    return error if own is None else error.with_traceback(own)


def _without_display_hook(error: BaseException) -> BaseException:
    """An error whose traceback has no frame of our display hook: Python's own is no Python function."""
    chain: list[types.TracebackType] = []
    part = error.__traceback__
    while part is not None:
        chain.append(part)
        part = part.tb_next
    kept = [one for one in chain if one.tb_frame.f_code is not show_value.__code__]
    if len(kept) == len(chain):
        return error
    for one in reversed(kept):
        part = types.TracebackType(part, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return error.with_traceback(part)


def _compiled(code: str, file: str, *, last_value: bool, in_loop: bool) -> tuple[types.CodeType, ...]:
    """A source as code to execute in order.

    :param last_value: if it ends with an expression, that is a code of its own, and calls ``sys.displayhook`` with its
        value, as each expression does at Python's prompt. A semicolon after it prevents that, as in a notebook.
    :param in_loop: each code is that of a coroutine.
    :raises SyntaxError: and whatever else :func:`compile` raises.
    """
    if not last_value and not in_loop:
        return (compile(code, file, "exec", dont_inherit=True),)
    tree: Any = compile(code, file, "exec", _ONLY_AST, dont_inherit=True)
    last = tree.body[-1] if tree.body else None
    awaiting = _never_awaiting(last, file) if in_loop else []
    flags = _TOP_LEVEL_AWAIT if in_loop else 0
    if not last_value or type(last).__name__ != "Expr" or _ends_with_semicolon(code, last):
        tree.body += awaiting
        return (compile(tree, file, "exec", flags, dont_inherit=True),)
    prompt: Any = compile("0", file, "single", _ONLY_AST, dont_inherit=True)
    prompt.body = [tree.body.pop(), *awaiting]
    tree.body += awaiting
    before = compile(tree, file, "exec", flags, dont_inherit=True)
    flags |= before.co_flags & annotations.compiler_flag
    return before, compile(prompt, file, "single", flags, dont_inherit=True)


def _never_awaiting(last: Any, file: str) -> list[Any]:
    """A statement that does nothing, but makes a coroutine of the source that ends with it."""
    line = 0 if last is None else last.end_lineno - 1
    tree: Any = compile("\n" * line + "if 0: await 0", file, "exec", _ONLY_AST, dont_inherit=True)
    return list(tree.body)


#: Lets :func:`compile` accept ``await`` outside of functions; a constant of ``ast`` as the next one.
_TOP_LEVEL_AWAIT = 0x2000
#: Makes :func:`compile` return a syntax tree; it is a constant of ``ast``, which a program need not have imported.
_ONLY_AST = 0x400


def _ends_with_semicolon(code: str, last: Any) -> bool:
    line = _lines(code)[last.end_lineno - 1].encode()
    return bool(line[last.end_col_offset :].lstrip().startswith(b";"))


def _clearing(names: dict[str, object]) -> Iterator[_Step]:
    """What the interpreter does with the names of a module that something still refers to, in its order."""
    private = [name for name in names if name[:1] == "_" and name[1:2] != "_"]
    for some in (private, [name for name in names if name not in {*private, "__builtins__"}]):
        yield partial(names.update, dict.fromkeys(some))


def _destroying(names: dict[str, object]) -> Iterator[_Step]:
    """Nearly what the interpreter does with the names of a module that nothing refers to but its functions.

    What is destroyed finds all functions, classes and modules still there.
    """
    lasting = (type, types.FunctionType, types.ModuleType)
    first = [name for name, value in names.items() if not isinstance(value, lasting)]
    for some in (first, [*names]):
        yield partial(names.update, dict.fromkeys(name for name in some if name != "__builtins__"))


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
    sys.argv = [SNIPPET_FILE, *arguments]
    sys.orig_argv[:] = [sys.executable, *sys.argv]
    return main


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


def _note_failure(
    journal: Journal,
    error: BaseException,
    file: str,
    *,
    exits: bool,
    kind: RecordType,
    looks: bool,
) -> None:
    """Write a :class:`~.recording.Failure`. Whatever an exception's own attributes and methods do, its type is kept.

    :param exits: it is a ``SystemExit``: its message is the status, and nobody sees its traceback.
    :param kind: of the record: what the exception has ended.
    :param looks: whether the frames of the traceback are looked at. If not, its line is that of the outermost one.
    """
    name = _attempt(lambda: _type_name(error)) or type.__getattribute__(type(error), "__name__")
    text = "" if exits or not looks else _attempt(lambda: "".join(traceback.format_exception(error))) or ""
    fields = {
        "type": _shortened(name, _LONGEST_MESSAGE),
        "message": _shortened(_message(error, exits=exits), _LONGEST_MESSAGE),
        "traceback": _shortened(text, _LONGEST_TRACEBACK),
        "line": _attempt(lambda: _line(error, file) if looks else _outermost_line(error)),
        "names": _attempt(lambda: sorted(_names(error))) or [],
    }
    if (cause := _attempt(lambda: _os_error(error))) is not None:
        fields |= {"os_error": _attempt(lambda: _type_name(cause)), "errno": cause.errno}
    journal.append(kind, _to_json(fields).encode())


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
    while identity(cause) not in seen:
        # A gaierror has a number of another kind than an OSError, and libraries wrap it into OSErrors of their own.
        if isinstance(cause, OSError) and _is_number(cause.errno) and cause.__cause__ is None:
            return cause
        seen.add(identity(cause))
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
    wanted = set(map(identity, kinds))
    found = {_full_name(kind) for kind in kinds}
    scopes = {f"{name}.": module for name, module in [*sys.modules.items(), *vars(sys.modules["__main__"]).items()]}
    for name in [name for name in scopes if name.startswith(("_", "builtins.")) or "._" in name]:
        del scopes[name]
    for scope, module in {**scopes, "": sys.modules["__main__"], " ": builtins}.items():
        if issubclass(type(module), types.ModuleType):
            members = types.ModuleType.__getattribute__(module, "__dict__")
            names = _public_names(scope, members)
            found |= {f"{scope}{name}".strip() for name in names if identity(members.get(name)) in wanted}
    return {name for name in sorted(found)[:_MOST_NAMES] if len(name) <= _LONGEST_NAME}


def _public_names(scope: str, members: dict[str, object]) -> list[str]:
    """The names that a module exports. What a submodule without ``__all__`` imports is not meant to be its own."""
    listed: Any = members.get("__all__")
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


def _outermost_line(error: BaseException) -> int | None:
    traceback_ = error.__traceback__
    return None if traceback_ is None else traceback_.tb_lineno


def _line(error: BaseException, file: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == file:
        line: object = error.lineno  # a program may set it to anything
        return line if type(line) is int and 0 < line < _LARGEST_NUMBER else None
    lines = [line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None
