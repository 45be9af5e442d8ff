"""A storage that machines share behind their folders of recordings: what it gives, and whatever it does."""

from __future__ import annotations

import importlib
import os
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.errors import OptionError
from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Recording
from sphinx_await.engine.cache import shared_storage
from sphinx_await.engine.cache.dependencies import Environment
from sphinx_await.engine.cache.miss import Miss
from sphinx_await.engine.cache.shared_storage import SharedStorage, StorageAddress
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.settings import Settings

if "NOX_CURRENT_SESSION" not in os.environ:  # a session has everything that the tests need
    pytest.importorskip("fsspec", reason="not all of the dependency group `tests` is installed")

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = Program.of("print(1)\n")
TWO_PARTS = Program(("x = 1\n", "print(x)\n"))


def recording(**changes: object) -> Recording:
    """A recording that is valid under the default settings."""
    made = Recording("CPython 3.13.0", "Linux x86_64", "2026-11-23T00:00:00+00:00", 1.5, 0.1, 0)
    requires = Dependencies(declared=Environment(Settings()).declared)
    return replace(made, **{"requires": requires, **changes})  # type: ignore[arg-type]


def storage(url: str, patience: float = 30.0, longest: float = 60.0) -> SharedStorage:
    """A storage by its URL."""
    address = StorageAddress.parse(url)
    assert address is not None
    return SharedStorage(address, patience=patience, longest=longest)


def machine(folder: Path, url: str, patience: float = 30.0) -> Cache:
    """The cache of a machine with a folder of its own."""
    return Cache(folder, Settings(), storage(url, patience))


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty storage of each kind that needs no server."""
    if request.param == "file":
        return (tmp_path / "shared").as_uri()
    return f"memory://{tmp_path.name}-{os.getpid()}/recordings"


def test_what_one_machine_stored_another_loads(url: str, tmp_path: Path) -> None:
    """All parts of a program come, into the folder of the other machine; what nobody stored does not."""
    first, second = machine(tmp_path / "first", url), machine(tmp_path / "second", url)
    for part in (0, 1):
        first.store(first.key(TWO_PARTS), part, recording(wall=1.0 + part))
    first.close()
    assert second.fetch([PROGRAM, TWO_PARTS])
    assert [second.load(second.key(TWO_PARTS), part) for part in (0, 1)] == [recording(wall=1.0), recording(wall=2.0)]
    assert isinstance(second.load(second.key(PROGRAM), 0), Miss)
    assert first.trouble == second.trouble == []


def test_a_newer_recording_replaces_the_older_one_everywhere(url: str, tmp_path: Path) -> None:
    """A machine whose own recording is no longer valid takes the one that another has made."""
    first, second = machine(tmp_path / "first", url), machine(tmp_path / "second", url)
    stale = recording(requires=Dependencies(distributions={"no-such-thing": "1"}))
    for cache, one in ((second, stale), (first, recording(wall=9.0))):
        cache.store(cache.key(PROGRAM), 0, one)
        cache.close()
    assert second.fetch([PROGRAM])
    assert second.load(second.key(PROGRAM), 0) == recording(wall=9.0)


def test_nothing_invalid_enters_the_folder(url: str, tmp_path: Path) -> None:
    """A stranger may have written anything: no recording, one that is not valid here, too many bytes."""
    ours = machine(tmp_path / "ours", url)
    ours.store(ours.key(PROGRAM), 0, recording())
    ours.close()  # or it could write after the stranger
    theirs = storage(url)
    for content in (b"", b"\xff\xfe", b"[]", b'{"schema": 1}', b"[" * 200_000):
        theirs.write(f"{ours.key(PROGRAM)}.json", content)
        theirs.close()
        assert not ours.fetch([PROGRAM])
        assert ours.load(ours.key(PROGRAM), 0) == recording()
    stale = recording(requires=Dependencies(distributions={"no-such-thing": "1"}))
    theirs.write(f"{ours.key(PROGRAM)}.json", stale.to_json().encode())
    theirs.close()
    assert not ours.fetch([PROGRAM])
    assert ours.load(ours.key(PROGRAM), 0) == recording()
    assert theirs.trouble == []
    assert any("holds no recording" in message for message in ours.trouble)


def test_a_larger_file_than_any_recording_is_left_out(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not even read to its end."""
    cache = machine(tmp_path / "ours", url)
    theirs = storage(url)
    theirs.write(f"{cache.key(PROGRAM)}.json", b" " * 100_001)
    theirs.close()
    monkeypatch.setattr(shared_storage, "MOST_BYTES", 100_000)
    assert not cache.fetch([PROGRAM])
    assert cache.trouble == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs on this system")
def test_a_pipe_in_a_shared_folder_is_no_recording(tmp_path: Path) -> None:
    """Reading it would wait for a writer."""
    cache = machine(tmp_path / "ours", (tmp_path / "shared").as_uri())
    (tmp_path / "shared").mkdir()
    os.mkfifo(tmp_path / "shared" / f"{cache.key(PROGRAM)}.json")
    assert not cache.fetch([PROGRAM])
    assert cache.trouble == []


def test_any_number_of_writers_leave_whole_files(tmp_path: Path) -> None:
    """Readers beside them never see a part of a file, and nothing half-written stays."""
    shared = tmp_path / "shared"
    contents = {bytes([65 + number]) * 300_000 for number in range(4)}

    def write(content: bytes) -> None:
        one = storage(shared.as_uri())
        for _ in range(10):
            one.write("name.json", content)
        one.close()
        assert one.trouble == []

    writers = [threading.Thread(target=write, args=(content,)) for content in contents]
    for writer in writers:
        writer.start()
    reader = storage(shared.as_uri())
    seen: set[bytes] = set()
    while any(writer.is_alive() for writer in writers):
        seen.update(content for _, content in reader.read(["name.json"]))
    seen.update(content for _, content in reader.read(["name.json"]))
    assert seen
    assert seen <= contents
    assert [path.name for path in shared.iterdir()] == ["name.json"]


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The storage never answers, until the event is set."""
    memory = importlib.import_module("fsspec.implementations.memory").MemoryFileSystem
    gate = threading.Event()
    for name in ("open", "pipe_file"):
        monkeypatch.setattr(memory, name, lambda *_arguments, **_options: gate.wait(60))
    return gate


def test_a_storage_that_hangs_costs_a_message_and_no_more(hanging: threading.Event, tmp_path: Path) -> None:
    """After the time limit nothing waits for it again in this build, and the folder works as ever."""
    cache = machine(tmp_path / "ours", "memory://hangs/here", patience=0.3)
    before = time.monotonic()
    assert not cache.fetch([PROGRAM, TWO_PARTS])
    assert not cache.fetch([PROGRAM])
    assert cache.store(cache.key(PROGRAM), 0, recording())
    cache.close()
    assert time.monotonic() - before < 20
    hanging.set()
    assert cache.load(cache.key(PROGRAM), 0) == recording()
    (message,) = cache.trouble
    assert "memory://hangs/here is not used further in this build" in message
    assert "no answer for 0.3 s" in message


def test_writing_to_a_storage_that_hangs_ends_too(hanging: threading.Event, tmp_path: Path) -> None:
    """The recordings are in the folder."""
    cache = machine(tmp_path / "ours", "memory://hangs/here", patience=0.3)
    assert cache.store(cache.key(PROGRAM), 0, recording())
    cache.close()
    hanging.set()
    assert cache.load(cache.key(PROGRAM), 0) == recording()
    assert len(cache.trouble) == 1


def test_a_storage_that_fails_is_a_message(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "shared").write_text("")
    cache = machine(tmp_path / "ours", (tmp_path / "shared").as_uri())
    assert cache.store(cache.key(PROGRAM), 0, recording())
    cache.close()
    assert cache.load(cache.key(PROGRAM), 0) == recording()
    (message,) = cache.trouble
    assert "is not used further in this build" in message


def test_what_is_not_wholly_known_is_not_shared(url: str, tmp_path: Path) -> None:
    """Such a recording is valid in no build."""
    first, second = machine(tmp_path / "first", url), machine(tmp_path / "second", url)
    first.store(first.key(PROGRAM), 0, recording(requires=Dependencies(complete=False)))
    first.close()
    assert not second.fetch([PROGRAM])


@pytest.mark.parametrize(
    "url", ["bucket", "s3://", "ftp://host/folder", "/a/folder", "s3://bucket?x=1", "zip::file://a"]
)
def test_no_other_url_is_accepted(url: str) -> None:
    """The message names the value."""
    with pytest.raises(OptionError, match="await_cache_url: "):
        StorageAddress.parse(url)


def test_a_password_in_a_url_is_not_shown() -> None:
    """Logs of builds are read by many."""
    for user in ("name:secret", "name:se@cret", "name:se/cret"):
        address = StorageAddress.parse(f"https://{user}@host/folder/")
        assert address is not None
        assert address.shown == "https://host/folder"


def test_what_a_failing_storage_says_has_no_password(tmp_path: Path) -> None:
    """A web server that nobody runs is a message, too, and not a storage without recordings."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{closed.getsockname()[1]}/{'long/' * 60}folder"
        cache = machine(tmp_path / "ours", f"http://name:secret@{place}")
        assert not cache.fetch([PROGRAM])
    cache.close()
    (message,) = cache.trouble
    assert "is not used further in this build" in message
    assert "secret" not in message
