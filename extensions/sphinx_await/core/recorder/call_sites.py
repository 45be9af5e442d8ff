"""Where a task waits: the line of the program, and what is awaited there in the words of a program."""

from __future__ import annotations

import gc
import linecache
import sys
from functools import partial
from itertools import count
from types import AsyncGeneratorType, CodeType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_SITES
from ..journal.records import RecordType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..journal.records import Journal

_LONGEST_TEXT = 48
_LARGE = 1000  # seconds from which on fractions matter less than the rest
_SLEEP = "asyncio.tasks", "sleep"
_GENERATORS = (CoroutineType, GeneratorType, AsyncGeneratorType)
#: What `asend` and the like, a coroutine's `__await__` and `anext` give.
_WRAPPERS = frozenset({"async_generator_asend", "async_generator_athrow", "coroutine_wrapper", "anext_awaitable"})


class _Link:
    """One suspended function of the chain that a task waits through."""

    __slots__ = ("code", "frame", "it")

    def __init__(self, it: Any, code: CodeType, frame: Any) -> None:
        self.it = it
        self.code = code
        self.frame = frame

    @property
    def module(self) -> str:
        return str(self.frame.f_globals.get("__name__", ""))

    def first_local(self) -> Any:
        """The value of the function's first variable, without the snapshot that ``f_locals`` would leave in it."""
        held = gc.get_referents(self.it)
        after = [held[index + 1] for index, value in enumerate(held[:-1]) if value is self.code]
        return after[-1] if after else None


def _chain(it: Any) -> Iterator[_Link]:
    """The suspended functions from a task's own to the one that waits, through generators of every kind."""
    while it is not None:
        if type(it) is CoroutineType:
            code, frame, inner = it.cr_code, it.cr_frame, it.cr_await
        elif type(it) is GeneratorType:
            code, frame, inner = it.gi_code, it.gi_frame, it.gi_yieldfrom
        elif type(it) is AsyncGeneratorType:
            code, frame, inner = it.ag_code, it.ag_frame, it.ag_await
        elif type(it).__name__ in _WRAPPERS:  # they show what they wrap to the collector only
            it = next((held for held in gc.get_referents(it) if _leads_on(held)), None)
            continue
        else:
            return
        if frame is None:
            return
        yield _Link(it, code, frame)
        it = inner


def _leads_on(it: object) -> bool:
    return type(it) in _GENERATORS or type(it).__name__ in _WRAPPERS


class Place:
    """A site, and whether it is always the same one when a task waits there in the same way.

    :ivar awaited: futures that are awaited beyond the one that the task waits for.
    """

    __slots__ = ("awaited", "lasting", "site")

    def __init__(self, site: int, lasting: bool, awaited: tuple[Any, ...] = ()) -> None:
        self.site = site
        self.lasting = lasting
        self.awaited = awaited


class CallSites:
    """Gives numbers to places of a program, each a line of one of its parts with words, and tells a journal of them.

    :param files: the file names of the program's parts, in their order.
    """

    def __init__(self, journal: Journal, files: Iterable[str]) -> None:
        self._journal = journal
        self._parts = {file: part for part, file in enumerate(files, 1)}
        self._numbers: dict[tuple[int, int, str], int] = {}
        self._fresh = count(1)

    def number(self, words: str, file: str = "", line: int = 0) -> int:
        """The number of a line with words, or of the words alone if the file is not the program's.

        0 when there are too many.
        """
        part = self._parts.get(file, 0)
        key = part, line if part else 0, words
        number = self._numbers.get(key)
        if number is not None:
            return number
        if len(self._numbers) >= MOST_SITES:
            return 0
        fresh = next(self._fresh)  # another thread may be here, even with the same place
        number = self._numbers.setdefault(key, fresh)
        if number == fresh:
            payload = words.encode("utf-8", "backslashreplace")
            self._journal.append(RecordType.SITE, payload, task=key[1], by=number, site=part)
        return number

    def definition(self, name: str, code: CodeType | None) -> int:
        """The number of where a function is defined."""
        return self.number(name) if code is None else self.number(name, code.co_filename, code.co_firstlineno)

    def find(self, coro: Any, wait: Any) -> Place:
        """The place at which a suspended coroutine waits.

        :param wait: the future that its task waits for, None for a bare yield.
        """
        links = list(_chain(coro))
        own = [index for index, link in enumerate(links) if link.code.co_filename in self._parts]
        deep = links[own[-1]] if own else None
        library = links[own[-1] + 1 :] if own else links
        words, lasting, awaited = self._words(deep, library, wait)
        place = (deep.code.co_filename, deep.frame.f_lineno or 0) if deep else ()
        return Place(self.number(words, *place), lasting, awaited)

    def _words(self, deep: _Link | None, library: list[_Link], wait: Any) -> tuple[str, bool, tuple[Any, ...]]:
        if not library:
            return self._direct(deep, wait), True, ()
        outer = library[0]
        name = outer.module, outer.code.co_qualname
        if name == _SLEEP:
            return (
                (f"asyncio.sleep({_brief(outer.first_local())})", False, ()) if wait else ("asyncio.sleep(0)", True, ())
            )
        awaited = _awaited(library)
        return self._call(deep, library), awaited is None, awaited or ()

    def _direct(self, deep: _Link | None, wait: Any) -> str:
        """Words for a future that is awaited as such; none for a task, whose name may yet change."""
        kind = type(wait).__name__
        if kind == "_GatheringFuture":
            return "asyncio.gather()"
        if wait is not None and hasattr(wait, "get_coro"):
            return ""
        return (self._text(deep) if deep else "") or kind

    def _call(self, deep: _Link | None, library: list[_Link]) -> str:
        """Words for a library's coroutine: its name, or how the program says it if that is no public one."""
        for link in library:
            name = link.code.co_qualname.replace(".<locals>", "")
            if not any(part.startswith("_") for part in name.split(".")):
                return self._function(deep, name, link.module)
            if link.module.partition(".")[0] != "asyncio":
                break
        text = self._text(deep) if deep else ""
        return text or f"{library[0].code.co_qualname}()"

    def _function(self, deep: _Link | None, name: str, module: str) -> str:
        if "." in name:
            return f"{name}()"
        text = self._text(deep) if deep else ""
        top = module.partition(".")[0]
        return text if f"{name}(" in text else f"{top}.{name}()"

    def _text(self, link: _Link) -> str:
        """What the program awaits, as it says it."""
        positions = list(link.code.co_positions())[link.frame.f_lasti // 2]
        first, last, start, end = positions
        if first is None or last is None or start is None or end is None:
            return ""
        lines = [linecache.getline(link.code.co_filename, number).encode() for number in range(first, last + 1)]
        if not lines:
            return ""
        lines[-1] = lines[-1][:end]
        lines[0] = lines[0][start:]
        text = " ".join(b" ".join(lines).decode("utf-8", "replace").split())
        return _shorten(_expression(text.replace("( ", "(").replace(" )", ")")))


def _expression(text: str) -> str:
    """The awaited expression out of ``await X``, ``async with X as y: ...`` or ``async for y in X: ...``."""
    if text.startswith("await "):
        return text.removeprefix("await ")
    if text.startswith("async for ") and " in " in text:
        text = text.partition(" in ")[2]
    elif text.startswith("async with "):
        text = text.removeprefix("async with ")
    else:
        return text
    depth = 0
    for index, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and (character == ":" or text.startswith(" as ", index)):
            return text[:index]
    return text


def _shorten(text: str) -> str:
    if len(text) <= _LONGEST_TEXT:
        return text
    function, bracket, _ = text.partition("(")
    return f"{function}(…)" if bracket and len(function) < _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _brief(value: object) -> str:
    """A number as a program writes it; another type's own ways of formatting are the program's to call."""
    if type(value) is int or type(value) is float:
        return f"{value:.4g}" if 0 < value < _LARGE else f"{value:g}"
    return "" if value is None else "…"


def _awaited(library: list[_Link]) -> tuple[Any, ...] | None:
    """The futures that asyncio's own functions for several wait for: they are in the first variable.

    None if none of those functions waits here.
    """
    for link in library:
        if link.module.partition(".")[0] != "asyncio":
            continue
        match link.code.co_qualname:
            case "TaskGroup.__aexit__" | "TaskGroup._aexit":
                return tuple(getattr(link.first_local(), "_tasks", ()))
            case "_wait":
                return tuple(link.first_local() or ())
            case "wait_for" if sys.version_info < (3, 12):
                return (link.first_local(),)
    return None


def name_of(function: Any) -> tuple[str, CodeType | None]:
    """The qualified name of what a call finally calls, and its code if it is written in Python."""
    while isinstance(function, partial):
        # `to_thread` wraps a function into its context.
        inner = function.args and getattr(function.func, "__qualname__", "") == "Context.run"
        function = function.args[0] if inner else function.func
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    module = getattr(function, "__module__", None)
    if code is None and isinstance(module, str) and module not in ("builtins", "__main__") and "." not in name:
        name = f"{module}.{name}"
    return str(name), code if isinstance(code, CodeType) else None
