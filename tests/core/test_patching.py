from __future__ import annotations

import linecache
import traceback
from types import FunctionType
from typing import Any

import pytest

from sphinx_await.core.recorder import patching as graft_module
from sphinx_await.core.recorder.patching import instrument_function


class Seen:
    """What a grafted function calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def call(self, *arguments: Any) -> None:
        """Note it."""
        self.calls.append(arguments)

    def twice(self, value: int) -> int:
        """Note it, and return another value."""
        self.calls.append(value)
        return value * 2


def test_calls_stand_at_the_start_and_at_each_way_out() -> None:
    """The first call comes with the arguments, the last one also when an exception passes."""

    class Machine:
        def run(self, value: int) -> float:
            """Divide."""
            if value == 1:
                return 1.0
            return 1 / value

    seen = Seen()
    instrument_function(Machine.run, seen, before="target.call('begins', value)", after="target.call('ends')")
    assert Machine().run(1) == 1.0
    assert Machine().run(2) == 0.5
    with pytest.raises(ZeroDivisionError) as caught:
        Machine().run(0)
    assert seen.calls == [("begins", 1), ("ends",), ("begins", 2), ("ends",), ("begins", 0), ("ends",)]
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.count("File") == 2
    assert "return 1 / value\n" in shown
    assert Machine.run.__doc__ == "Divide."


def test_what_is_returned_can_pass_through() -> None:
    """Each value that is returned goes through the expression."""

    def choose(value: int) -> int:
        if value > 5:
            return value
        return -value

    seen = Seen()
    instrument_function(choose, seen, before="began__ = value", result="target.twice(result) + began__")
    assert [choose(9), choose(1)] == [27, -1]
    assert seen.calls == [9, -1]


def test_a_function_without_source_is_left_alone() -> None:
    """A function whose source is not at hand is refused, and stays as it is."""
    space: dict[str, Any] = {}
    exec("def f(value):\n    return value\n", space)  # noqa: S102 - a function that stands in no file
    with pytest.raises(OSError, match="source of f is not at hand"):
        instrument_function(space["f"], Seen(), before="target.call()")
    assert space["f"](3) == 3


def test_a_function_stays_the_same_object() -> None:
    """Who held the function before holds the grafted one."""

    def function(value: int) -> int:
        return value

    held, seen = function, Seen()
    instrument_function(function, seen, before="target.call()")
    assert held(1) == 1
    assert seen.calls == [()]


def test_what_was_compiled_ahead_is_taken() -> None:
    """And becomes what it would have become, without any source."""

    def plain(value: int) -> int:
        return value * 2

    def taken(value: int) -> int:
        return value * 2

    assert isinstance(taken, FunctionType)
    seen: list[int] = []
    added = {"before": "target.append(value)", "after": "", "result": "result + 1"}
    key = graft_module.patch_key(taken, *added.values())
    graft_module.PRECOMPILED[key] = graft_module.compile_patched(taken, *added.values())
    linecache.clearcache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linecache, "getlines", lambda *_: [])
        with pytest.raises(OSError, match=r"source of .*plain is not at hand"):
            instrument_function(plain, seen, **added)
        instrument_function(taken, seen, **added)
    del graft_module.PRECOMPILED[key]
    assert (taken(4), plain(4), seen) == (9, 8, [4])
