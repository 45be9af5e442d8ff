"""Recordings on disk: what makes one valid, and what a folder may do that is not in order."""

from __future__ import annotations

import errno
import os
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Recording
from sphinx_await.engine.cache.dependencies import Environment
from sphinx_await.engine.cache.miss import Miss
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.program import Program
from sphinx_await.engine.result import RerunPolicy
from sphinx_await.engine.runtime_info import this_python
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = Program.of("print(1)\n")


def declared(settings: Settings | None = None) -> dict[str, str]:
    """What settings give to every program."""
    return Environment(settings or Settings()).declared


def recording(**changes: object) -> Recording:
    """A recording that requires what the default settings declare."""
    made = Recording("CPython 3.13.0", "Linux x86_64", "2026-11-23T00:00:00+00:00", 1.5, 0.1, 0)
    return replace(made, **{"requires": Dependencies(declared=declared()), **changes})  # type: ignore[arg-type]


def test_what_was_stored_is_loaded(tmp_path: Path) -> None:
    """Each part of a session has a recording of its own."""
    cache = Cache(tmp_path / "cache", Settings())
    key = cache.key(PROGRAM)
    assert cache.store(key, 0, recording())
    assert cache.store(key, 1, recording(wall=2.5))
    assert cache.load(key, 0) == recording()
    assert cache.load(key, 1) == recording(wall=2.5)
    assert cache.trouble == []


@pytest.mark.parametrize(
    "session",
    [
        Program(("n = 1\n", "print(n)\n")),
        Program.in_one_folder([Program.of("open('n', 'w')\n"), Program.of("open('n')\n")]),
    ],
)
def test_the_parts_of_a_session_are_shown_only_if_they_are_of_one_run(session: Program, tmp_path: Path) -> None:
    """Two builds that share a cache may write them in turns; so for programs that share a folder."""
    cache = Cache(tmp_path / "cache", Settings())
    key = cache.key(session)
    cache.store(key, 0, recording())
    cache.store(key, 1, recording(started="2026-11-23T00:00:00.000001+00:00"))
    found = cache.load_parts(session, "cached", RerunPolicy())
    assert isinstance(found, Miss)
    assert found.reason == "the recordings of its parts are of several runs"
    cache.store(key, 1, recording())
    assert cache.load_parts(session, "cached", RerunPolicy()) == (recording(), recording())


#: For each field of a program another value than that of PROGRAM.
OTHER = {
    "parts": ("print(2)\n",),
    "timeout": 5.0,
    "alone": True,
    "repeat": 3,
    "copy": 1,
    "arguments": ("--fast",),
    "processes": (PROGRAM,),
    "last_values": (0,),
    "in_loop": (0,),
    "hangs": True,
    "examples": ((1,),),
    "stdin": "42\n",
    "meets": ((), (0,)),
}


@pytest.mark.parametrize("name", [one.name for one in fields(Program) if one.name != "weight"])
def test_whatever_decides_a_run_is_in_the_key(tmp_path: Path, name: str) -> None:
    """Code and options, of a program and of the processes that it has, make another recording."""
    cache = Cache(tmp_path, Settings())
    other = replace(PROGRAM, **{name: OTHER[name]})  # type: ignore[arg-type]
    assert cache.key(other) != cache.key(PROGRAM)
    together = [replace(PROGRAM, processes=(PROGRAM, one)) for one in (PROGRAM, other)]
    if name != "processes":  # a process has none
        assert cache.key(together[0]) != cache.key(together[1])


#: For each setting another value than the default. The number of cores decides nothing that a recording says, the root
#: only how paths are written, and only the command line, which keeps nothing, has neighbours.
SET = {
    "hosts": {"a.example": Host("hello")},
    "network": True,
    "environment": {"MODE": "x"},
    "files": {"data.txt": __file__},
    "working_dir": os.path.dirname(__file__),
    "interpreter": replace(this_python(), build="another"),
    "path": (os.path.dirname(__file__),),
    "python_path": (),
    "output_limit": 77,
    "memory_limit": 99 << 20,
    "sandbox": "off",
    "preload": ("json",),
    "fork": not Settings().fork,
}


@pytest.mark.parametrize(
    "name", [one.name for one in fields(Settings) if one.name not in ("jobs", "root", "neighbours")]
)
def test_whatever_is_set_for_programs_is_declared(name: str) -> None:
    """A recording that was made under other settings is not shown."""
    assert declared(replace(Settings(), **{name: SET[name]})) != declared()  # type: ignore[arg-type]


def test_how_long_a_program_took_before_is_not_in_the_key(tmp_path: Path) -> None:
    """It decides only when it starts."""
    cache = Cache(tmp_path, Settings())
    assert cache.key(replace(PROGRAM, weight=3.0)) == cache.key(PROGRAM)
    assert cache.key(Program(("print(1)\n", ""))) != cache.key(PROGRAM)


@pytest.mark.parametrize(
    ("required", "reason"),
    [
        (Dependencies(distributions={"aiohttp": "0.1"}), "aiohttp 0.1 became "),
        (Dependencies(distributions={"no-such-thing": "1"}), "no-such-thing 1 is no longer installed"),
        (Dependencies(modules={"no_such_module": "0" * 32}), "the module no_such_module changed"),
        (Dependencies(modules={"json": ""}), "json can be imported now"),
        (Dependencies(installed={"aiohttp": "0" * 32}), "aiohttp was installed again"),
        (Dependencies(files={"/nowhere/data.txt": "0" * 32}), "/nowhere/data.txt changed"),
        (Dependencies(complete=False), "it is not known what all it depends on"),
        (Dependencies(declared={"variable MODE": "x"}), "variable MODE changed"),
    ],
)
def test_a_recording_holds_while_what_it_required_stands(tmp_path: Path, required: Dependencies, reason: str) -> None:
    """The reason why it does not is said, and how long it took is known for the next run."""
    cache = Cache(tmp_path, Settings())
    given = {**declared(), **required.declared}
    cache.store("key", 0, recording(requires=replace(required, declared=given)))
    miss = cache.load("key", 0)
    assert isinstance(miss, Miss)
    assert miss.reason.startswith(reason)
    assert miss.wall == 1.5


def test_other_mock_servers_make_recordings_stale(tmp_path: Path) -> None:
    """Hosts are part of what the configuration hands to programs."""
    Cache(tmp_path, Settings()).store("key", 0, recording())
    changed = Cache(tmp_path, Settings(hosts={"a.example": Host("hello")})).load("key", 0)
    assert isinstance(changed, Miss)
    assert changed.reason == "hosts changed"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1}', "\0" * 10])
def test_a_damaged_file_is_a_miss_with_a_message(tmp_path: Path, text: str) -> None:
    """It costs a run and not a page, and the next recording replaces it."""
    cache = Cache(tmp_path, Settings())
    cache.store("key", 0, recording())
    (tmp_path / "key.json").write_text(text)
    assert isinstance(cache.load("key", 0), Miss)
    assert "holds no recording" in cache.trouble[0]
    assert cache.store("key", 0, recording())
    assert cache.load("key", 0) == recording()


def test_a_full_disk_is_said_once_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The build goes on without a cache, and no half-written file stays."""

    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:3])
        raise OSError(errno.ENOSPC, "No space left on device")

    cache = Cache(tmp_path, Settings())
    cache.store("key", 0, recording())
    monkeypatch.setattr("sphinx_await.engine.cache.store.write_new_file", full)
    assert not cache.store("other", 0, recording())
    assert not cache.store("another", 0, recording())
    assert len(cache.trouble) == 1
    assert "No space left on device; programs will run again" in cache.trouble[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "key.json"]


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    """Where the cache's folder should be there is a file."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file", Settings())
    assert not cache.store("key", 0, recording())
    assert isinstance(cache.load("key", 0), Miss)
    assert cache.trouble
