"""A cache folder that came from elsewhere, or that other builds use at the same time."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Recording
from sphinx_await.engine.cache.miss import Miss
from sphinx_await.engine.cache.prune import cache_content, prune
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY = "k" * 32
RECORDING = Recording("CPython 3.13.0", "Linux x86_64", "2025-01-01T00:00:00+00:00", 1.0, 0.5, 0)


def recording(cache: Cache) -> Recording:
    """A recording that is valid in this cache."""
    from dataclasses import replace

    return replace(RECORDING, requires=Dependencies(declared=cache._environment.declared))


ODD: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a link to a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a file without an end": lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), 1 << 40),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_entry_is_a_miss(odd: str, tmp_path: Path) -> None:
    """It is neither opened nor followed, and a message names it."""
    cache = Cache(tmp_path, Settings())
    ODD[odd](tmp_path / f"{KEY}.json")
    assert isinstance(cache.load(KEY, 0), Miss)
    assert any(KEY in message for message in cache.trouble)


def test_writing_follows_no_link(tmp_path: Path) -> None:
    """Links under the names of temporary files, as a stranger's cache may have, lead nowhere."""
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    folder = tmp_path / "cache"
    folder.mkdir()
    for name in (f".{KEY}.{os.getpid()}.partial", f"{KEY}.json"):
        (folder / name).symlink_to(victim)
    cache = Cache(folder, Settings())
    kept = recording(cache)
    assert cache.store(KEY, 0, kept)
    assert victim.read_text() == "mine"
    assert cache.load(KEY, 0) == kept


def test_a_folder_leads_nowhere(tmp_path: Path) -> None:
    """Neither a dangling link in the place of .gitignore nor an old recording that is a link."""
    victim, other = tmp_path / "victim", tmp_path / "other.txt"
    other.write_text("mine")
    os.utime(other, (0, 0))
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / ".gitignore").symlink_to(victim)
    (folder / f"{KEY}.json").symlink_to(other)
    cache = Cache(folder, Settings())
    cache.stamp(f"{KEY}.json")
    assert cache.store("other", 0, recording(cache))
    assert not victim.exists()
    assert other.stat().st_atime == 0


def test_builds_and_prune_share_a_folder(tmp_path: Path) -> None:
    """Caches that write, read and prune at the same time meet no error, and a reader gets a whole recording or none."""
    cache = Cache(tmp_path, Settings())
    kept = recording(cache)
    troubles: list[object] = []

    def work(number: int) -> None:
        own = Cache(tmp_path, Settings())
        for turn in range(30):
            key = Program.of(f"{turn % 5}").parts[0] * 4
            if not own.store(key, 0, kept):
                troubles.append(own.trouble)
            if number % 2:
                prune(tmp_path, -1.0)
            cache_content(tmp_path)
            found = own.load(key, 0)
            if own.trouble or (found != kept and not isinstance(found, Miss)):
                troubles.append(own.trouble)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
