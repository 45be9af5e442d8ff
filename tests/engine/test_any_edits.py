"""After any edits a page shows what a build without a cache shows, and an unchanged course runs nothing."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from .edits import SHARED, SUBJECTS, State, Subject, put

if TYPE_CHECKING:
    from pathlib import Path

_EVERY = (*SUBJECTS, *SHARED)
_FOLDERS = ("first", "lib")
_OLD = 1_600_000_000.0


def page(recording: Recording) -> str:
    """What a reader sees of a part, but for its times and the places of frames."""
    lines = [line.text for line in read_lines(recording.outputs) if not line.text.startswith("  ")]
    return "\n".join([*lines, f"exit {recording.exit}"])


@dataclass
class Checkout:
    """A project in which each subject is in a state, and a cache that others may share.

    :ivar log: the edits so far.
    """

    folder: Path
    cache: Path
    states: dict[str, State] = field(default_factory=dict)
    order: tuple[str, ...] = _FOLDERS
    fork: bool = True
    log: list[str] = field(default_factory=list)
    ran: set[str] = field(default_factory=set)

    def edit(self, what: Subject, number: int, chance: random.Random) -> None:
        """Lead a subject to one of its states; all files that are written may have the same modification time."""
        frozen = chance.random() < 0.5
        state, old = what.states[number], self.states.get(what.name, State())
        put(self.folder, old.files, state.files, lambda: _OLD if frozen else None)
        self.states[what.name] = state
        self.log.append(f"{self.folder.name}: {what.name} {number}{' at one time' * frozen}")

    def touch(self, chance: random.Random) -> None:
        """Give files new times, and leave what is in them."""
        for state in self.states.values():
            for name in state.files:
                path = self.folder / name
                # To touch the source of a compiled module is an edit: Python compiles it anew.
                if chance.random() < 0.5 and path.exists() and "stale" not in name:
                    os.utime(path)
        self.log.append(f"{self.folder.name}: touch")

    def settings(self) -> Settings:
        """The settings of its build."""
        environment = {name: value for state in self.states.values() for name, value in state.environment.items()}
        if "PYTHONPATH" in environment:
            environment["PYTHONPATH"] = str(self.folder / environment["PYTHONPATH"])
        given = {name: str(self.folder / path) for state in self.states.values() for name, path in state.given.items()}
        path = tuple(str(self.folder / name) for name in ("lib.zip", *self.order))
        return Settings(
            root=str(self.folder),
            path=path,
            environment=environment,
            files=given,
            preload=("preloaded_",),
            fork=self.fork,
        )

    def build(self, *, again: bool = False) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """What pages show with the cache, and what those of them that it filled show without one.

        :param again: leave out the latter.
        """
        settings = self.settings()
        cache = Cache(self.cache, settings)
        programs = {one.name: Program(one.parts(self.states.get(one.name, State()))) for one in _EVERY}
        names = {program: name for name, program in programs.items()}
        shown: dict[str, list[str]] = {}
        for name, program in programs.items():
            found = [cache.load(cache.key(program), part) for part in range(len(program.parts))]
            recordings = [one for one in found if isinstance(one, Recording)]
            if len(recordings) == len(found):
                shown[name] = [page(one) for one in recordings]
        self.ran = programs.keys() - shown.keys()
        truth: dict[str, list[str]] = {}
        with Engine(settings) as engine:  # starts nothing unless it runs something
            for result in engine.run([programs[name] for name in self.ran], rerun=False):
                name = names[result.program]
                shown[name] = [page(one) for one in result.recordings]
                for part, recording in enumerate(result.recordings):
                    cache.store(cache.key(result.program), part, recording)
            if not again:
                filled = [programs[name] for name in programs if name not in self.ran]
                for result in engine.run(filled, rerun=False):
                    truth[names[result.program]] = [page(one) for one in result.recordings]
        return shown, truth

    def unkept(self) -> set[str]:
        """The subjects that run in each build."""
        return {name for name, state in self.states.items() if not state.kept}


def check(checkout: Checkout) -> None:
    """A build shows what one without a cache shows, and the next one runs nothing, but for what failed by chance."""
    checkout.log.append("build")
    time.sleep(0.03)  # what changes within the step of the file system's clock may have changed after the start
    shown, truth = checkout.build()
    wrong = {name: (shown[name], truth[name]) for name in truth if shown[name] != truth[name]}
    assert wrong == {}, checkout.log
    again, _ = checkout.build(again=True)
    assert again == shown, checkout.log
    assert checkout.ran <= checkout.unkept(), checkout.log


@pytest.fixture
def checkouts(tmp_path: Path) -> list[Checkout]:
    """Two checkouts that share a cache."""
    log: list[str] = []
    found = [Checkout(tmp_path / name, tmp_path / "cache", log=log) for name in ("one", "two")]
    for checkout in found:
        for name in _FOLDERS:
            (checkout.folder / name).mkdir(parents=True)
    return found


def test_each_edit_is_seen(checkouts: list[Checkout]) -> None:
    """From each state of what programs use to the next, and at last to the first again."""
    chance = random.Random(1)  # noqa: S311 - no secret
    most = max(len(one.states) for one in SUBJECTS)
    for number in (*range(most), 0):
        for one in SUBJECTS:
            checkouts[0].edit(one, number % len(one.states), chance)
        check(checkouts[0])


_RANDOM = os.environ.get("HYPOTHESIS") == "random"
_SEEDS = random.SystemRandom().sample(range(1 << 30), int(os.environ.get("AWAIT_SEEDS", "20"))) if _RANDOM else [1]


@pytest.mark.parametrize("seed", _SEEDS)
def test_any_edits_are_seen(checkouts: list[Checkout], seed: int) -> None:
    """At random, in two checkouts; with ``HYPOTHESIS=random`` other ones each time, and many more."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for checkout in checkouts:
        for one in SUBJECTS:
            checkout.edit(one, 0, chance)
    deck: list[tuple[Subject, int]] = []
    for _ in range(40 if _RANDOM else 4):
        checkout = chance.choice(checkouts)
        for _ in range(12):
            if not deck:
                deck = [(one, number) for one in SUBJECTS for number in range(len(one.states))]
                chance.shuffle(deck)
            checkout.edit(*deck.pop(), chance)
        if chance.random() < 0.3:
            shared = chance.choice(SHARED)
            checkout.edit(shared, chance.randrange(len(shared.states)), chance)
        if chance.random() < 0.2:
            checkout.order = chance.choice([_FOLDERS, _FOLDERS[::-1]])
            checkout.log.append(f"{checkout.folder.name}: {checkout.order}")
        if chance.random() < 0.2:
            checkout.touch(chance)
        check(checkout)
