"""What many workers would make of many programs: a simulation by the measured costs of each part.

``python tools/simulate_workers.py`` measures here what a program costs the builder, the scheduler of Dask and a worker,
and then lets a thousand workers run a million programs. It needs ``sphinx-await[dask]``.
"""

from __future__ import annotations

import heapq
import json
import secrets
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

from sphinx_await.engine.cache.dependencies import Environment
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.remote.likeness import invalid_here, likeness_of, settings_to_send
from sphinx_await.engine.remote.messages import Answer, Order
from sphinx_await.engine.remote.remote_engine import COMPUTING_TOGETHER
from sphinx_await.engine.remote.worker import release, run_order
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMES = 20  # of each measurement; the median counts
_TASKS = 500
#: Programs, workers of one thread, and seconds that each program computes.
_CASES = [
    *((10_000, workers, 1.0) for workers in (1, 10, 100, 1000)),
    *((1_000_000, 1000, seconds) for seconds in (0.1, 1.0, 10.0)),
]


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds that each part takes: of processor time, but for programs.

    :ivar send: for an order, in the builder.
    :ivar receive: for a program, in the builder: to read and to check its recording.
    :ivar store: for a program, in the builder: to write its recording into the cache.
    :ivar task: for an order, in Dask's client, scheduler and worker.
    :ivar run: for a program that does nothing, on a worker.
    """

    send: float
    receive: float
    store: float
    task: float
    run: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a simulation comes to.

    :ivar seconds: until the last recording is stored.
    :ivar busy: the share of that for which each part was busy.
    """

    seconds: float
    busy: dict[str, float]

    @property
    def bottleneck(self) -> str:
        """The part that was busy for the longest."""
        return max(self.busy, key=lambda part: self.busy[part])


def simulate(costs: Costs, programs: int, workers: int, seconds: float) -> Outcome:
    """Let workers run programs in orders, while one builder and one scheduler serve one order after another."""
    orders = -(-programs // COMPUTING_TOGETHER)
    working = costs.task + COMPUTING_TOGETHER * (costs.run + seconds)
    builder = scheduler = 0.0  # when each is free
    free = [(0.0, 0.0)] * workers  # when a worker wants an order, and when it has done what it has
    ended: list[float] = []
    for _ in range(orders):
        # The builder sends one order ahead to each worker, and takes what has come back meanwhile.
        wanted, idle = heapq.heappop(free)
        while ended and ended[0] <= max(wanted, builder):
            builder = max(builder, heapq.heappop(ended)) + COMPUTING_TOGETHER * (costs.receive + costs.store)
        builder = max(builder, wanted) + costs.send
        scheduler = max(scheduler, builder) + costs.task
        begun = max(scheduler, idle)
        done = begun + working
        heapq.heappush(free, (begun, done))
        heapq.heappush(ended, done)
    while ended:
        builder = max(builder, heapq.heappop(ended)) + COMPUTING_TOGETHER * (costs.receive + costs.store)
    busy = {
        "the builder": orders * (costs.send + COMPUTING_TOGETHER * (costs.receive + costs.store)) / builder,
        "the scheduler": orders * costs.task / builder,
        "the workers": orders * working / workers / builder,
    }
    return Outcome(builder, busy)


def _median(call: Callable[[], object], clock: Callable[[], float] = process_time) -> float:
    taken = []
    for _ in range(_TIMES):
        begun = clock()
        call()
        taken.append(clock() - begun)
    return sorted(taken)[_TIMES // 2]


def measure() -> Costs:
    """Measure the costs on this machine."""
    settings = Settings()
    environment = Environment(settings)
    programs = tuple(Program.of(f"print({number})") for number in range(COMPUTING_TOGETHER))
    builder = secrets.token_hex(8)
    likeness = likeness_of(settings, environment, programs)
    order = Order(builder, likeness, settings_to_send(settings).to_dict(), programs)
    answer = run_order(order.to_json())
    run = _median(lambda: run_order(order.to_json()), perf_counter) / COMPUTING_TOGETHER  # in processes of its own
    release(builder)

    def receive() -> None:
        for result in Answer.from_json(answer).results(programs):
            for recording in result.recordings:
                assert not invalid_here(environment, recording.requires)

    recording = Answer.from_json(answer).results(programs)[0].recording
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder), settings)
        store = _median(lambda: cache.store("key", 0, recording))
    return Costs(_median(order.to_json), _median(receive) / COMPUTING_TOGETHER, store, _task(order.to_json()), run)


def _task(text: str) -> float:
    """What an order costs Dask, with all of its parts in one process."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.submit(len, text, pure=False).result()
        begun = process_time()
        client.gather([client.submit(len, text, pure=False) for _ in range(_TASKS)])
        return (process_time() - begun) / _TASKS


def main() -> int:
    """Measure, simulate, and print a table."""
    costs = measure()
    print(json.dumps({name: round(getattr(costs, name) * 1000, 3) for name in Costs.__slots__}), "ms")
    for programs, workers, seconds in _CASES:
        found = simulate(costs, programs, workers, seconds)
        shares = ", ".join(f"{part} {share:.0%}" for part, share in found.busy.items())
        ideal = programs * seconds / workers
        print(
            f"{programs} programs of {seconds} s, {workers} workers: {found.seconds:.0f} s, "
            f"{found.seconds / ideal:.2f} x their computing; bottleneck: {found.bottleneck} ({shares})"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
