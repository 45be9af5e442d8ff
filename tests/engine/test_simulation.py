"""The simulation of many workers."""

from __future__ import annotations

import pytest
from tools.simulate_workers import Costs, simulate

COSTS = Costs(send=0.0002, receive=0.0001, store=0.0002, task=0.004, run=0.01)


def test_one_worker_takes_as_long_as_its_programs() -> None:
    """Nothing else is in its way."""
    found = simulate(COSTS, programs=800, workers=1, seconds=1.0)
    assert found.seconds == pytest.approx(800 * 1.01, rel=0.01)
    assert found.bottleneck == "the workers"


def test_twice_the_workers_take_half_the_time() -> None:
    """As long as programs take longer than what is done for them."""
    ten, twenty = (simulate(COSTS, 16_000, workers, 1.0).seconds for workers in (10, 20))
    assert ten / twenty == pytest.approx(2.0, rel=0.05)


def test_more_workers_than_a_scheduler_can_serve_are_idle() -> None:
    """Then the time is that of the scheduler, which serves one order after another."""
    found = simulate(COSTS, programs=80_000, workers=1000, seconds=0.01)
    assert found.bottleneck == "the scheduler"
    assert found.seconds == pytest.approx(10_000 * COSTS.task, rel=0.05)


def test_a_slow_builder_is_named() -> None:
    """It is what everything waits for that it checks and stores."""
    slow = Costs(send=0.0002, receive=0.01, store=0.01, task=0.0001, run=0.01)
    found = simulate(slow, programs=8_000, workers=100, seconds=0.01)
    assert found.bottleneck == "the builder"
    assert found.busy["the builder"] > 0.9
