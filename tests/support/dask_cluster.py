"""A scheduler of Dask and its workers: processes on the loopback, all of which end with the test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_OWN = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
_LONGEST = 60.0  # seconds until a scheduler listens, or a worker is there


@dataclass
class Cluster:
    """A scheduler that runs.

    :ivar folder: for its files.
    :ivar workers: those that were started.
    """

    address: str
    folder: Path
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_worker(self, *path: Path, threads: int = 1) -> subprocess.Popen[bytes]:
        """Start a worker, and wait until the scheduler knows it.

        :param path: folders that come first on its import path.
        """
        number = len(self.workers)
        there = self._count()
        worker = _start(
            "dask_worker", self.address, "--no-nanny", "--nthreads", str(threads), *_OWN, "--local-directory",
            str(self.folder / f"worker-{number}"), path=path, folder=self.folder,
        )  # fmt: skip
        self.workers.append(worker)
        latest = time.monotonic() + _LONGEST
        while self._count() <= there:
            assert worker.poll() is None, "the worker has ended"
            assert time.monotonic() < latest, "the worker does not come"
            time.sleep(0.05)
        return worker

    def _count(self) -> int:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            return len(client.scheduler_info(n_workers=-1)["workers"])


def _start(module: str, *arguments: str, path: tuple[Path, ...], folder: Path) -> subprocess.Popen[bytes]:
    before = [str(one) for one in path]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    environment["PYTHONPATH"] = os.pathsep.join([*before, *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / f"{module}.log").open("ab") as log:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
        return subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


@contextmanager
def cluster(folder: Path, workers: int = 0) -> Iterator[Cluster]:
    """Run a scheduler, and workers of one thread each."""
    file = folder / "scheduler.json"
    scheduler = _start("dask_scheduler", "--port", "0", "--scheduler-file", str(file), *_OWN, path=(), folder=folder)
    started: Cluster | None = None
    try:
        latest = time.monotonic() + _LONGEST
        while not file.exists() or not (text := file.read_text(encoding="utf-8")):
            assert scheduler.poll() is None, "the scheduler has ended"
            assert time.monotonic() < latest, "the scheduler does not come"
            time.sleep(0.05)
        started = Cluster(json.loads(text)["address"], folder, scheduler)
        for _ in range(workers):
            started.start_worker()
        yield started
    finally:
        processes = [*(started.workers if started else ()), scheduler]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(20)
