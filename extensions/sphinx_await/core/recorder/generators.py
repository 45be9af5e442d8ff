"""The generator tracer: whose turn it is where generators of the program run, what resumed them, and how they left.

It listens to :mod:`sys.monitoring`, so there is none before Python 3.12. The code of the program's own generators tells
when it begins, goes on, yields and returns; no other code does. That something is thrown into a generator, and that an
exception leaves it, is an event of all code: an exception costs one call more in each function that it leaves, in a
program that has generators.
"""

from __future__ import annotations

import sys
from itertools import count
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_GENERATORS, MOST_TURNS
from ..journal.records import GeneratorKind, RecordType, TurnEnd, encode_name
from ._cpython import TURN_FLAGS, arguments, caller, identity
from .call_sites import expression, shorten, text_at
from .program_code import TOOLS, is_on_the_watch, leave_tool, with_inner

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

    from ..journal.records import Journal
    from .call_sites import CallSites

#: The library whose tasks have a picture of their own.
_ASYNCIO = "asyncio"
_LOCAL = ("PY_START", "PY_RESUME", "PY_YIELD", "PY_RETURN")
_EVERYWHERE = ("PY_THROW", "PY_UNWIND")
_VARIADIC = 0x04 | 0x08
#: Characters of a text, and bits of a number, that are shown.
_LONGEST_TEXT, _MOST_BITS = 32, 64
#: A generator goes on at the instruction after the one with which it yielded, so many bytes later; what is thrown into
#: it is thrown where it yielded, before Python 3.13.
_INSTRUCTION = 2


class GeneratorTracer:
    """Records the turns of generators in one thread. It keeps none of them alive.

    :ivar switches: how many beginnings and ends of turns are recorded.
    :param give_up: called with the first error; the program never sees one.
    """

    def __init__(self, journal: Journal, sites: CallSites, give_up: Callable[[Exception], None]) -> None:
        self.switches = 0
        self._journal = journal
        self._sites = sites
        self._give_up = give_up
        self._thread = get_ident()
        self._tool = -1
        self._is_over = not hasattr(sys, "monitoring")
        self._has_asyncio = False
        #: All code of the program by its identity, and the kind of what is made by that which makes generators.
        self._code: dict[int, CodeType] = {}
        self._kinds: dict[int, GeneratorKind] = {}
        #: By the identity of its frame: number, identity of its code, and the instruction at which a generator goes on.
        self._known: dict[int, tuple[int, int, int]] = {}
        self._places: dict[tuple[int, int], int] = {}
        self._numbers = count(1)
        self._turns = 0

    def watch(self, code: CodeType) -> None:
        """Record the generators that a code makes, which will run now. If it makes none, this does nothing."""
        if self._is_over:
            return
        found = list(with_inner(code))
        kinds = {identity(one): kind for one in found for flag, kind in TURN_FLAGS.items() if one.co_flags & flag}
        has_tasks = any(_ASYNCIO in one.co_names for one in found) or (self._has_asyncio and _runs_tasks(kinds))
        if has_tasks or is_on_the_watch(found):
            self._stop()
        elif kinds or self._kinds:
            self._code |= {identity(one): one for one in found}
            self._kinds |= kinds
            try:
                self._listen([one for one in found if identity(one) in kinds])
            except Exception as error:  # noqa: BLE001 - the program goes on
                self._stop()
                self._give_up(error)

    def give_way_to_tasks(self) -> None:
        """Asyncio was imported, by a library perhaps: coroutines of the program are stepped by it, and have tasks."""
        self._has_asyncio = True
        if _runs_tasks(self._kinds):
            self._stop()

    def _listen(self, generators: list[CodeType]) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
        events = monitoring.events
        if self._tool < 0:
            free = [tool for tool in TOOLS if monitoring.get_tool(tool) is None]
            if not free:
                self._is_over = True
                return
            self._tool = free[0]
            monitoring.use_tool_id(self._tool, "sphinx-await")
            callbacks = (self._started, self._resumed, self._yielded, self._returned, self._thrown, self._unwound)
            for name, callback in zip((*_LOCAL, *_EVERYWHERE), callbacks, strict=True):
                monitoring.register_callback(self._tool, getattr(events, name), self._guarded(callback))
            monitoring.set_events(self._tool, sum(getattr(events, name) for name in _EVERYWHERE))
        for code in generators:
            monitoring.set_local_events(self._tool, code, sum(getattr(events, name) for name in _LOCAL))

    def _stop(self) -> None:
        """Listen no more, and leave the tool to others."""
        self._is_over = True
        tool, self._tool = self._tool, -1
        if tool >= 0:
            events: Any = sys.monitoring.events  # type: ignore[attr-defined, unused-ignore]
            codes = (self._code[number] for number in self._kinds)
            leave_tool(tool, codes, (getattr(events, name) for name in (*_LOCAL, *_EVERYWHERE)))

    def _leave_out(self) -> None:
        """Record no more: there was too much."""
        self._journal.append(RecordType.TURNS_LEFT_OUT)
        self._stop()

    def _guarded(self, callback: Callable[[CodeType, int, object, Any], None]) -> Callable[..., None]:
        """What the interpreter calls for an event: with the code, an instruction, and mostly a value or an error.

        At the limit of recursion it cannot: then the program has the error, some calls earlier.
        """

        def call(code: CodeType, offset: int, value: object = None) -> None:
            try:
                callback(code, offset, value, caller(1))
            except RecursionError:
                pass
            except Exception as error:  # noqa: BLE001 - the program goes on
                self._give_up(error)

        return call

    def _started(self, code: CodeType, _offset: int, _value: object, frame: Any) -> None:
        self._begin(code, frame, -1)

    def _resumed(self, code: CodeType, offset: int, _value: object, frame: Any) -> None:
        self._begin(code, frame, offset)

    def _thrown(self, code: CodeType, offset: int, error: object, frame: Any) -> None:
        if identity(code) in self._kinds:
            self._begin(code, frame, offset, encode_name(_name_of(error)))

    def _yielded(self, code: CodeType, offset: int, value: object, frame: Any) -> None:
        now = self._journal.clock()
        if number := self._end(code, frame, TurnEnd.YIELDED, now, _plain(value)):
            self._known[identity(frame)] = number, identity(code), offset + _INSTRUCTION

    def _returned(self, code: CodeType, _offset: int, value: object, frame: Any) -> None:
        now = self._journal.clock()
        self._end(code, frame, TurnEnd.RETURNED, now, _plain(value))
        self._known.pop(identity(frame), None)

    def _unwound(self, code: CodeType, _offset: int, error: object, frame: Any) -> None:
        if identity(code) in self._kinds:
            now = self._journal.clock()
            self._end(code, frame, TurnEnd.RAISED, now, _name_of(error))
            self._known.pop(identity(frame), None)

    def _begin(self, code: CodeType, frame: Any, offset: int, thrown: bytes = b"") -> None:
        """Record that a generator begins (``offset`` is -1) or goes on."""
        if self._is_over or get_ident() != self._thread:
            return
        if offset < 0:
            number = next(self._numbers)
            if number > MOST_GENERATORS or self._turns >= MOST_TURNS:
                self._leave_out()
                return
            self._known[identity(frame)] = number, identity(code), -1
            site, call = self._sites.definition(code.co_qualname, code), encode_name(_call(code, frame))
            self._journal.append(RecordType.GENERATOR, call, task=number, stream=self._kinds[identity(code)], site=site)
        else:
            number, known, expected = self._known.get(identity(frame), (0, 0, 0))
            if known != identity(code) or not expected - _INSTRUCTION * bool(thrown) <= offset <= expected:
                return  # it began while nobody listened
            if self._turns >= MOST_TURNS:
                self._leave_out()
                return
        self._turns += 1
        site = self._place(frame.f_back)
        self.switches += self._journal.append(RecordType.TURN, thrown, task=number, site=site)

    def _end(self, code: CodeType, frame: Any, how: TurnEnd, now: int, what: str) -> int:
        """Record that a turn ended. Return the number of its generator, 0 if it has none."""
        if self._is_over or get_ident() != self._thread:
            return 0
        number, known, _ = self._known.get(identity(frame), (0, 0, 0))
        if known != identity(code):
            return 0
        site = self._sites.number("", code.co_filename, frame.f_lineno or 0)
        self.switches += self._journal.append(
            RecordType.TURN_ENDED, encode_name(what), at=now, task=number, stream=how, site=site
        )
        return number

    def _place(self, frame: Any) -> int:
        """The call site at which a generator is resumed: the next line of the program, and its text there."""
        while frame is not None and identity(frame.f_code) not in self._code:
            frame = frame.f_back
        if frame is None:
            return 0
        key = identity(frame.f_code), frame.f_lasti
        site = self._places.get(key)
        if site is None:
            words = _words(*text_at(frame.f_code, frame))
            site = self._places[key] = self._sites.number(words, frame.f_code.co_filename, frame.f_lineno or 0)
        return site


def _runs_tasks(kinds: dict[int, GeneratorKind]) -> bool:
    """Whether a program with asyncio and such functions has tasks rather than turns."""
    return any(kind is not GeneratorKind.GENERATOR for kind in kinds.values())


def _words(before: str, text: str) -> str:
    """What a program does with a generator where it resumes it, in its own words."""
    for start in ("yield from", "await"):
        if text.startswith(f"{start} "):
            return start
    if text.startswith("for "):
        before, text = " in", expression(f"async {text}")
    return shorten(f"for … in {text}" if text and before.rstrip().endswith((" in", ")in")) else text)


def _call(code: CodeType, frame: Any) -> str:
    """How the function of a generator was called, with the arguments that are plain values."""
    if code.co_name.startswith("<"):
        return ""
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = [_plain(value) or "…" for value in arguments(code, frame)] if names else []
    if names[:1] in {("self",), ("cls",)}:
        del given[0]
    given += ["…"] * bool(code.co_flags & _VARIADIC)
    return shorten(f"{code.co_qualname.rpartition('<locals>.')[2]}({', '.join(given)})")


def _plain(value: object) -> str:
    """A value as a program writes it; empty if it is no plain one: to format others may call the program's own code."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return repr(value)
    if type(value) is int:
        return repr(value) if value.bit_length() <= _MOST_BITS else ""
    if type(value) is str:
        return repr(value if len(value) <= _LONGEST_TEXT else f"{value[: _LONGEST_TEXT - 1]}…")
    return ""


def _name_of(error: object) -> str:
    """The name of an exception's type, without calling anything of the program's."""
    return str(type.__dict__["__name__"].__get__(type(error)))
