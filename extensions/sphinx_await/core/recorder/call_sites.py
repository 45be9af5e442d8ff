"""Call sites: the line of the program at which a task waits, and what it awaits there in the words of a program.

Where no line of the program has to do with it, it is the line of another module of the project, with the file's name.
"""

from __future__ import annotations

import linecache
from functools import partial
from itertools import count
from types import AsyncGeneratorType, CodeType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

from ..journal.limits import MOST_SITES
from ..journal.records import RecordType, encode_call_site
from ..model.calls import without_arguments
from ._cpython import PUBLIC_NAMES, SLEEP, awaited_by_function, first_local, is_gathering, position, wrapped
from .libraries import name_in_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ..journal.records import Journal

_MOST_CHARACTERS = 48
_MOST_FILES = 10_000  # whose names are remembered
_LARGE = 1000  # seconds from which on fractions are not shown


class _Link:
    """One suspended function of the chain through which a task waits."""

    __slots__ = ("code", "frame", "it")

    def __init__(self, it: Any, code: CodeType, frame: Any) -> None:
        self.it = it
        self.code = code
        self.frame = frame

    @property
    def module(self) -> str:
        return str(self.frame.f_globals.get("__name__", ""))

    def first_local(self) -> Any:
        """The value of the function's first variable."""
        return first_local(self.it, self.code, self.frame)


def _chain(it: Any) -> Iterator[_Link]:
    """The suspended functions from a task's own to the one that waits, through generators of every kind."""
    while it is not None:
        if type(it) is CoroutineType:
            code, frame, inner = it.cr_code, it.cr_frame, it.cr_await
        elif type(it) is GeneratorType:
            code, frame, inner = it.gi_code, it.gi_frame, it.gi_yieldfrom
        elif type(it) is AsyncGeneratorType:
            code, frame, inner = it.ag_code, it.ag_frame, it.ag_await
        else:
            it = wrapped(it)
            continue
        if frame is None:
            return
        yield _Link(it, code, frame)
        it = inner


class WaitPlace:
    """Where a task waits.

    :ivar site: number of the call site.
    :ivar is_constant: a task that waits at the same line for the same kind of thing is at the same call site.
    :ivar awaited: the futures that are awaited beyond the one that the task waits for.
    """

    __slots__ = ("awaited", "is_constant", "site")

    def __init__(self, site: int, is_constant: bool, awaited: tuple[Any, ...] = ()) -> None:
        self.site = site
        self.is_constant = is_constant
        self.awaited = awaited


class CallSites:
    """Numbers the call sites of a program and records them. Each is a line of a part or of another file, with words.

    :param files: the file names of the program's parts, in their order.
    """

    def __init__(self, journal: Journal, files: Iterable[str]) -> None:
        self._journal = journal
        self._parts = {file: part for part, file in enumerate(files, 1)}
        self._names: dict[str, str] = {}
        self._numbers: dict[tuple[int, str, int, str], int] = {}
        self._fresh = count(1)

    def number(self, words: str, file: str = "", line: int = 0) -> int:
        """The number of a call site, which is recorded now if it was not; 0 if there are too many.

        :param file: if it is a library's, the words are all that is recorded.
        """
        part = self._parts.get(file, 0)
        name = "" if part or not line else self.name_beside(file)
        key = part, name, line if part or name else 0, words
        number = self._numbers.get(key)
        if number is not None:
            return number
        if len(self._numbers) >= MOST_SITES:
            return 0
        fresh = next(self._fresh)  # another thread may be here, even with the same call site
        number = self._numbers.setdefault(key, fresh)
        if number == fresh:
            payload = encode_call_site(words, name)
            self._journal.append(RecordType.CALL_SITE, payload, task=key[2], by=number, site=part)
        return number

    def name_beside(self, file: str) -> str:
        """The name of the file if it is another module of the project: no part of the program, and no library's."""
        name = self._names.get(file)
        if name is None:
            name = "" if file in self._parts else name_in_project(file)
            if len(self._names) < _MOST_FILES:
                self._names[file] = name
        return name

    def definition(self, name: str, code: CodeType | None) -> int:
        """The number of the place where a function is defined."""
        return self.number(name) if code is None else self.number(name, code.co_filename, code.co_firstlineno)

    def find(self, coro: Any, future: Any) -> WaitPlace:
        """The place at which a suspended coroutine waits.

        :param future: what its task waits for; None after a bare yield.
        """
        links = list(_chain(coro))
        own = _last(links, self._parts.__contains__)
        at = _last(links, self.name_beside) if own is None else own
        library = _without_itself(links) if at is None else links[at + 1 :]
        # To read the text of another module is to open a file, which the program would notice.
        words, is_constant, awaited = self._words(None if own is None else links[own], library, future)
        place = () if at is None else (links[at].code.co_filename, links[at].frame.f_lineno or 0)
        return WaitPlace(self.number(words, *place), is_constant, awaited)

    def _words(self, deepest: _Link | None, library: list[_Link], future: Any) -> tuple[str, bool, tuple[Any, ...]]:
        if not library:
            return self._words_for_future(deepest, future), True, ()
        outer = library[0]
        if (outer.module, outer.code.co_qualname) == SLEEP:
            if future is None:
                return "asyncio.sleep(0)", True, ()
            return f"asyncio.sleep({_brief(outer.first_local())})", False, ()
        awaited = _awaited_futures(library)
        return self._words_for_call(deepest, library), awaited is None, awaited or ()

    def _words_for_future(self, deepest: _Link | None, future: Any) -> str:
        """Words for a future that is awaited as such; none for a task: the decoder takes its last name."""
        if is_gathering(future):
            return "asyncio.gather()"
        if future is not None and hasattr(future, "get_coro"):
            return ""
        return (self._text(deepest) if deepest else "") or type(future).__name__

    def _words_for_call(self, deepest: _Link | None, library: list[_Link]) -> str:
        """Words for a library's coroutine: its name or, if that is not public, the program's own text."""
        for link in library:
            name = PUBLIC_NAMES.get(link.code.co_qualname, link.code.co_qualname).replace(".<locals>", "")
            if not any(part.startswith("_") for part in name.split(".")):
                return self._words_for_function(deepest, name, link.module)
            if link.module.partition(".")[0] != "asyncio":
                break
        text = self._text(deepest) if deepest else ""
        return text or f"{library[0].code.co_qualname}()"

    def _words_for_function(self, deepest: _Link | None, name: str, module: str) -> str:
        if "." in name:
            return f"{name}()"
        text = self._text(deepest) if deepest else ""
        top = module.partition(".")[0]
        return text if f"{name}(" in text else f"{top}.{name}()"

    def _text(self, link: _Link) -> str:
        """The text of the program for what it awaits."""
        return shorten(expression(text_at(link.code, link.frame)[1]))


def text_at(code: CodeType, frame: Any) -> tuple[str, str]:
    """What is before the expression that a frame executes, in its line, and the expression on one line."""
    first, last, start, end = position(code, frame)
    if first is None or last is None or start is None or end is None:
        return "", ""
    lines = [linecache.getline(code.co_filename, number).encode() for number in range(first, last + 1)]
    if not lines:
        return "", ""
    before = lines[0][:start].decode("utf-8", "replace")
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    text = " ".join(b" ".join(lines).decode("utf-8", "replace").split())
    return before, text.replace("( ", "(").replace(" )", ")")


def _last(links: list[_Link], belongs: Callable[[str], object]) -> int | None:
    """The index of the last link whose file belongs to something; None if there is none."""
    return next((at for at in reversed(range(len(links))) if belongs(links[at].code.co_filename)), None)


def _without_itself(links: list[_Link]) -> list[_Link]:
    """What a library's task waits for: not for itself. A task of an asyncio function (``sleep``) says what it is."""
    is_asyncio = bool(links) and links[0].module.partition(".")[0] == "asyncio"
    return links if is_asyncio else links[1:]


def expression(text: str) -> str:
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


def shorten(text: str) -> str:
    """A long expression without the arguments of its calls; the end of what is still too long is left out."""
    if len(text) > _MOST_CHARACTERS:
        text = without_arguments(text, "…")
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def _brief(value: object) -> str:
    """A number as a program writes it. The formatting of other types may be the program's own, and is not called."""
    if type(value) is int or type(value) is float:
        return f"{value:.4g}" if 0 < value < _LARGE else f"{value:g}"
    return "" if value is None else "…"


def _awaited_futures(library: list[_Link]) -> tuple[Any, ...] | None:
    """The futures that a function of asyncio for several of them waits for; None if there is no such function."""
    for link in library:
        if (futures := awaited_by_function(link.module, link.code.co_qualname, link.first_local)) is not None:
            return futures
    return None


def name_of(function: Any) -> tuple[str, CodeType | None]:
    """The qualified name of what a callable finally calls, and its code if it is written in Python."""
    while isinstance(function, partial):
        # `asyncio.to_thread` runs a function in its context.
        inner = function.args and getattr(function.func, "__qualname__", "") == "Context.run"
        function = function.args[0] if inner else function.func
    code = getattr(function, "__code__", None)
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    module = getattr(function, "__module__", None)
    if code is None and isinstance(module, str) and module not in ("builtins", "__main__") and "." not in name:
        name = f"{module}.{name}"
    return str(name), code if isinstance(code, CodeType) else None
