"""Statements are added to a function, and nothing else of it changes."""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import inspect
import linecache
import sys
import traceback
from types import FunctionType
from typing import TYPE_CHECKING, Any

import pytest

from sphinx_await.core.recorder import patching
from sphinx_await.core.recorder.patching import PatchError, instrument_function

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType


class Target:
    """Replaces what a patched function calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def call(self, *arguments: Any) -> None:
        """Note it."""
        self.calls.append(arguments)

    def twice(self, value: int) -> int:
        """Note it, and return another value."""
        self.calls.append(value)
        return value * 2


def test_statements_run_at_the_start_and_at_each_way_out() -> None:
    """The first statement gets the arguments, the last one runs also when an exception is raised."""

    class Machine:
        def run(self, value: int) -> float:
            """Divide."""
            if value == 1:
                return 1.0
            return 1 / value

    target = Target()
    instrument_function(Machine.run, target, before="target__.call('begins', value)", after="target__.call('ends')")
    assert Machine().run(1) == 1.0
    assert Machine().run(2) == 0.5
    with pytest.raises(ZeroDivisionError) as caught:
        Machine().run(0)
    assert target.calls == [("begins", 1), ("ends",), ("begins", 2), ("ends",), ("begins", 0), ("ends",)]
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("File") == 2
    assert "return 1 / value\n" in shown
    assert Machine.run.__doc__ == "Divide."


def test_return_values_pass_through_an_expression() -> None:
    """Each value that is returned goes through the expression, but not what an inner function returns."""

    def choose(value: int) -> int | None:
        def inner() -> int:
            return value

        if value > 5:
            return inner()
        if value < 0:
            return None
        return -max([inner()], key=lambda one: one)

    target = Target()
    instrument_function(choose, target, before="before__ = value", result="target__.twice(result or 0) + before__")
    assert [choose(9), choose(1), choose(-1)] == [27, -1, -1]
    assert target.calls == [9, -1, 0]


#: Source of a function ``f`` (or of a method of ``C``), and a call with its result. The modules have no future import.
FUNCTIONS = {
    "annotations": (
        "def f(times: int = 1, *more: str, key: 'no such name' = 2) -> str:\n    return times\n",
        "f(3)",
        3,
    ),
    "annotated method": (
        "class C:\n    def f(self, times: int = 1) -> str:\n        return times\nf = C.f\n",
        "C().f(3)",
        3,
    ),
    "code in defaults": ("def f(times=(lambda: 4), more=[x for x in ()]):\n    return times()\n", "f()", 4),
    "decorated": (
        "def d(function):\n    return function\n@d\n@d\ndef f(times: int):\n    return times\n",
        "f(5)",
        5,
    ),
    "private names": (
        "class C:\n    def __init__(self):\n        self.__x = 6\n    def f(self):\n        return self.__x\nf = C.f\n",
        "C().f()",
        6,
    ),
    "super": (
        "class B:\n    f = lambda self: 7\nclass C(B):\n    def f(self):\n        return super().f()\nf = C.f\n",
        "C().f()",
        7,
    ),
    "outer variables": (
        "def outer(a, b):\n    def f(x: int) -> int:\n        return a + b + x\n    return f\nf = outer(3, 2)\n",
        "f(3)",
        8,
    ),
    "inner function of the same name": (
        "def f(times):\n    def f(times):\n        return times\n    return f(times) + 1\n",
        "f(8)",
        9,
    ),
    "generator": ("def f(times: int):\n    yield times\n", "list(f(10))", [10]),
    "coroutine": ("async def f(times: int):\n    return times\n", "asyncio.run(f(11))", 11),
    "end below the last instruction": (
        "def f(times):\n    x = (\n        times\n    )\n    return (\n        x\n    )\n",
        "f(12)",
        12,
    ),
    "future annotations": (
        "from __future__ import annotations\ndef f(times: no_such_name) -> nor_this:\n    return times\n",
        "f(13)",
        13,
    ),
}
if sys.version_info >= (3, 12):
    FUNCTIONS["type parameters"] = ("def f[T: int](times: T) -> T:\n    return times\n", "f(14)", 14)


def module_of(source: str, folder: Path) -> ModuleType:
    """Import a module with this source."""
    file = folder / "functions.py"
    file.write_text(source, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("functions", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.asyncio = asyncio  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize(("source", "call", "result"), FUNCTIONS.values(), ids=FUNCTIONS)
def test_any_function_works_as_before(source: str, call: str, result: object, tmp_path: Path) -> None:
    """A patched function of any kind calls the target, and returns what it returned."""
    module = module_of(source, tmp_path)
    function, target = module.f, Target()
    before = function.__code__, inspect.signature(function), inspect.getsource(function)
    instrument_function(function, target, before="target__.call()", after="target__.call()")
    assert eval(call, vars(module)) == result  # noqa: S307 - the sources above
    assert target.calls == [(), ()]
    code, old = function.__code__, before[0]
    for name in ("co_name", "co_qualname", "co_filename", "co_firstlineno", "co_argcount", "co_flags", "co_freevars"):
        assert getattr(code, name) == getattr(old, name), name
    assert (inspect.signature(function), inspect.getsource(function)) == before[1:]


def refused(source: str, changed: str, folder: Path) -> str:
    """Why a function cannot be patched whose file changed after it was imported."""
    module = module_of(source, folder)
    old = module.f.__code__
    (folder / "functions.py").write_text(changed, encoding="utf-8")
    linecache.checkcache()
    with pytest.raises(PatchError) as caught:
        instrument_function(module.f, Target(), before="target__.call()")
    assert module.f.__code__ is old
    return str(caught.value)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ("def f(times, more):\n    return times\n", "another signature"),
        ("def f(other):\n    return other\n", "another signature"),
        ("async def f(times):\n    return times\n", "another signature"),
        ("def g(times):\n    return times\n", "something else"),
        ("x = (\n    1,\n)\n", "something else"),
        ("\n", "not available"),
    ],
)
def test_the_source_of_another_function_is_refused(changed: str, reason: str, tmp_path: Path) -> None:
    """Where the source is not that of the function, the function is left as it was."""
    assert reason in refused("def f(times):\n    return times\n", changed, tmp_path)


def test_a_function_without_source_is_refused() -> None:
    """A function whose source is not available is refused, and left as it is."""
    space: dict[str, Any] = {}
    exec("def f(value):\n    return value\n", space)  # noqa: S102 - a function that is in no file
    with pytest.raises(PatchError, match="source of f is not available"):
        instrument_function(space["f"], Target(), before="target__.call()")
    assert space["f"](3) == 3


@pytest.mark.parametrize("function", [len, functools.partial(len), "".join], ids=["function", "partial", "method"])
def test_what_is_no_python_function_is_refused(function: Callable[..., Any]) -> None:
    """A function of C has no code to compile."""
    with pytest.raises(PatchError, match="is not a Python function"):
        instrument_function(function, Target(), before="target__.call()")


def test_a_function_stays_the_same_object() -> None:
    """A reference that was taken before is to the patched function."""

    def function(value: int) -> int:
        return value

    held, target = function, Target()
    instrument_function(function, target, before="target__.call()")
    assert held(1) == 1
    assert target.calls == [()]


def test_what_was_compiled_ahead_is_taken() -> None:
    """And no source is needed then."""

    def plain(value: int) -> int:
        return value * 2

    def taken(value: int) -> int:
        return value * 2

    assert isinstance(taken, FunctionType)
    seen: list[int] = []
    added = {"before": "target__.append(value)", "after": "", "result": "result + 1"}
    key = patching.patch_key(taken, *added.values())
    patching.PRECOMPILED[key] = patching.compile_patched(taken, *added.values())
    linecache.clearcache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linecache, "getlines", lambda *_: [])
        with pytest.raises(PatchError, match=r"source of .*plain is not available"):
            instrument_function(plain, seen, **added)
        instrument_function(taken, seen, **added)
    del patching.PRECOMPILED[key]
    assert (taken(4), plain(4), seen) == (9, 8, [4])
