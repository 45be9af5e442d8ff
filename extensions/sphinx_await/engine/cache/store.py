"""Recordings on disk, one JSON file each, named by a digest of everything that decides a run before it starts.

What a run turned out to depend on (imports, declared files) is in the recording and is checked when it is loaded. Any
number of builds may share one folder: a file is written under a temporary name and renamed.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...core.digest import digest
from ...core.errors import RecordingError
from ..runtime_info import PLATFORM
from .dependencies import Environment
from .regular_files import MOST_BYTES, read_entry, write_new_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...core.model.dependencies import Dependencies
    from ...core.model.recording import Recording
    from ..program import Program
    from ..result import RerunPolicy
    from ..settings import Settings
    from .memory import Memory
    from .miss import Miss
    from .shared_storage import SharedStorage

_DAY = 86_400.0
_PACKAGE = Path(__file__).parents[2]
#: The packages that decide what a recording holds, with everything below them.
RECORDING = ("core/model", "core/journal", "core/recorder", "core/decoding", "engine")


class Cache:
    """The recordings of one folder, for programs under one set of settings.

    :param shared: where other machines find and leave recordings, too; see :meth:`fetch`.
    :param memory: what was read before; what is read now is added.
    :ivar stamps: mtime (nanoseconds) and size of each file that was read or written; None if there was none.
    :ivar trouble: messages about a folder that cannot be read or written; the build goes on without it.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        shared: SharedStorage | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._folder = folder
        self._decoded = None if memory is None else memory.recordings
        self._shared = shared
        self._environment = Environment(settings, None if memory is None else memory.trees)
        self._environment.check()
        self._made = False
        self.trouble: list[str] = []
        self.stamps: dict[str, list[int] | None] = {}

    def key(self, program: Program) -> str:
        """The cache key of a program: equal for programs that run alike.

        What a run turned out to depend on is in its recording: see :mod:`.dependencies`.
        """
        python, processes = self._environment.python, map(_content, program.processes)
        decides = [python.name, python.build, PLATFORM, digest_of_recorder(), _content(program), *processes]
        return digest(json.dumps(decides))

    def has(self, program: Program) -> bool:
        """Whether there is a recording, valid or not; a quick check."""
        return self._path(self.key(program), 0).exists()

    def is_empty(self) -> bool:
        """Whether no recording can come from it: the folder has none, and no machine shares any."""
        if self._shared is not None:
            return False
        try:
            with os.scandir(self._folder) as entries:
                return not any(entry.name.endswith(".json") for entry in entries)
        except OSError:
            return True

    def stamp(self, file: str) -> list[int] | None:
        """Mtime (nanoseconds) and size of a recording's file; None if there is none."""
        path = f"{self._folder}{os.sep}{file}"  # a build looks at all of them: pathlib would take longer
        try:
            status = os.lstat(path)  # nothing in a cache may lead out of it
            if time.time() - status.st_atime > _DAY and stat.S_ISREG(status.st_mode):
                os.utime(path, (time.time(), status.st_mtime))  # in use: `prune` goes by the moment of access
        except OSError:
            return None
        return [status.st_mtime_ns, status.st_size]

    def still_holds(self, required: Dependencies) -> bool:
        """Whether nothing has changed of what a recording depends on."""
        return next(self._environment.changes(required), None) is None

    def load_parts(self, program: Program, execute: str, policy: RerunPolicy) -> tuple[Recording, ...] | Miss:
        """The recordings of all parts of a program, or the reason why it must run.

        :param execute: ``auto``, ``force``, or ``cached``, which takes any valid recording.
        :param policy: whether a disturbed run may be shown.
        """
        from ..result import was_let_stand  # not needed by a build in which nothing changed
        from .miss import Miss  # as above

        key, found = self.key(program), []
        for part in range(len(program.parts)):
            loaded = self.load(key, part)
            if isinstance(loaded, Miss):
                return loaded
            found.append(loaded)
        wall = sum(one.wall for one in found)
        if len({one.started for one in found}) > 1:  # two builds wrote them at the same time
            return Miss("the recordings of its parts are of several runs", wall)
        if execute == "force":
            return Miss("await_execute is 'force'", wall)
        if execute != "cached" and was_let_stand(program, found, policy):
            return Miss("it had to wait for a processor, and now its times matter", wall)
        return tuple(found)

    def fetch(self, programs: Iterable[Program]) -> bool:
        """Bring into the folder what the shared storage has of these programs, as far as it is valid here.

        What does not pass the checks of :meth:`load` never enters the folder.

        :returns: whether anything came.
        """
        if self._shared is None:
            return False
        from ...core.model.recording import Recording  # as in `load`

        wanted = [(self.key(program), part) for program in programs for part in range(len(program.parts))]
        came = False
        for name, content in self._shared.read(_file(*one) for one in wanted):
            try:
                recording = Recording.from_json(content)
            except RecordingError as error:
                self._complain(f"await_cache_url: {name} holds no recording ({error}) and is left out")
                continue
            if self.still_holds(recording.requires):
                came = self._write(self._folder / name, content) or came
        return came

    def close(self) -> None:
        """Wait, though not for long, until the shared storage has what was stored."""
        if self._shared is not None:
            self._shared.close()
            for message in self._shared.trouble:
                self._complain(message)

    def load(self, key: str, part: int) -> Recording | Miss:
        """The recording of a program's part if it is valid, or the reason why not."""
        from ...core.model.recording import Recording  # not needed by a build in which nothing changed
        from .miss import Miss  # as above

        path = self._path(key, part)
        stamp = self.stamp(path.name)  # first: a file that is replaced meanwhile then does not match
        self.stamps[path.name] = stamp
        try:
            recording = self._known(path.name, stamp)
            if recording is None:
                content = read_entry(path)
                if content is None:
                    return Miss("it is new or was edited")
                recording = Recording.from_json(content)
                if self._decoded is not None and stamp is not None:
                    self._decoded[path.name] = stamp, recording
        except OSError as error:
            self._complain(f"{path} cannot be read: {error.strerror}")
            return Miss("its recording cannot be read")
        except RecordingError as error:
            self._complain(f"{path} holds no recording ({error}); it will be replaced")
            return Miss("its recording is damaged")
        stale = next(self._environment.changes(recording.requires), None)
        return recording if stale is None else Miss(stale, recording.wall)

    def _known(self, name: str, stamp: list[int] | None) -> Recording | None:
        """The recording in a file, if it was read before, and the file is still the same."""
        then, recording = (self._decoded or {}).get(name, (None, None))
        return recording if stamp is not None and then == stamp else None

    def store(self, key: str, part: int, recording: Recording) -> bool:
        """Keep a recording; False (and :attr:`trouble`) if the folder does not take it."""
        path = self._path(key, part)
        content = recording.to_json().encode()
        if len(content) > MOST_BYTES:  # it would not be read either
            reason = f"is larger than {MOST_BYTES >> 20} MB and is not kept; its program will run again next time"
            self._complain(f"a recording {reason} (await_output_limit bounds what a program prints)")
            return False
        if self._shared is not None and recording.requires.complete:  # what is incomplete is valid nowhere
            self._shared.write(path.name, content)
        return self._write(path, content)

    def _write(self, path: Path, content: bytes) -> bool:
        try:
            self._make_folder()
            # Unique among all builds that share the folder: processes of two containers may have the same number.
            partial = path.with_name(f".{path.stem}.{os.urandom(8).hex()}.partial")
            try:
                status = write_new_file(partial, content)
                self.stamps[path.name] = [status.st_mtime_ns, status.st_size]
                partial.replace(path)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
        except OSError as error:
            self._complain(f"{self._folder} cannot be written: {error.strerror}; programs will run again next time")
            return False
        return True

    def _path(self, key: str, part: int) -> Path:
        return self._folder / _file(key, part)

    def _make_folder(self) -> None:
        if self._made:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._made = True
        with contextlib.suppress(FileExistsError):
            write_new_file(self._folder / ".gitignore", b"*\n")

    def _complain(self, message: str) -> None:
        if message not in self.trouble:
            self.trouble.append(message)


def _content(program: Program) -> list[object]:
    """All that decides how a program runs, but for its processes."""
    return [getattr(program, name) for name in _deciding()]


@cache
def _deciding() -> tuple[str, ...]:
    """The fields of a program that decide how it runs."""
    from ..program import Program  # not needed by a build in which nothing changed

    return tuple(one.name for one in fields(Program) if one.compare and one.name != "processes")


def _file(key: str, part: int) -> str:
    return f"{key}-{part}.json" if part else f"{key}.json"


@cache
def digest_of_recorder() -> str:
    """A digest of the code that runs and records programs: other code might record differently."""
    return digest_of_code(_PACKAGE)


def digest_of_code(package: Path) -> str:
    """A digest of every Python file in ``core`` itself and below the packages in :data:`RECORDING`."""
    inner = (file for folder in RECORDING for file in (package / folder).rglob("*.py"))
    files = sorted([*(package / "core").glob("*.py"), *inner])
    return digest(
        b"\0".join(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes() for file in files)
    )
