"""A program of the course that computes beside a clock prints in the same order on any device, however busy."""

from __future__ import annotations

import runpy
import selectors
import time
from typing import TYPE_CHECKING

import pytest

from ..conftest import PROJECT

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = PROJECT / "examples" / "crunch_in_pieces.py"


class Device:
    """The time of a device, which passes only when somebody looks at its clock or waits.

    :ivar look: seconds that a look takes.
    :ivar stalls: when the device does something else, and for how many seconds.
    """

    def __init__(self, look: float, stalls: Sequence[tuple[float, float]]) -> None:
        self.now, self.look, self.stalls = 0.0, look, list(stalls)

    def clock(self) -> float:
        """The time now."""
        self.now += self.look
        while self.stalls and self.stalls[0][0] <= self.now:
            self.now += self.stalls.pop(0)[1]
        return self.now


@pytest.mark.parametrize("look", [0.000_01, 0.000_1, 0.002])
@pytest.mark.parametrize("stalls", [[], [(0.01, 0.7)], [(0.05, 0.4)], [(0.15, 0.4)], [(0.05, 0.3), (0.4, 0.3)]])
def test_a_clock_beside_a_computation_in_pieces_strikes_before_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], look: float, stalls: list[tuple[float, float]]
) -> None:
    """Readers run it on devices that are slow, and that do something else in between."""
    device = Device(look, stalls)

    class Selector(selectors.SelectSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            device.now += max(timeout or 0, 0)
            return super().select(0)

    with monkeypatch.context() as patch:
        patch.setattr(selectors, "DefaultSelector", Selector)
        patch.setattr(time, "monotonic", device.clock)
        patch.setattr(time, "perf_counter", device.clock)
        runpy.run_path(str(PROGRAM), run_name="__main__")
    expected = PROGRAM.read_text(encoding="utf-8").partition("# 예상 출력:\n")[2].replace("# ", "")
    assert capsys.readouterr().out == expected
