"""The storage that machines share, behind the folder of recordings of each: anything that fsspec reads.

It is never needed. Whatever it does (be slow, be full, be gone) costs a message and some programs that run again. A
build waits for it for a bounded time. What it holds was perhaps written by strangers: see :meth:`.store.Cache.fetch`.

Nothing of fsspec is imported by a project without ``await_cache_url``.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ...core.errors import OptionError
from .regular_files import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: What a URL begins with, and whether a file can be replaced there in one step: there a name is given at the end.
SCHEMES = {"file": False, "memory": True, "s3": True, "gs": True, "http": False, "https": False}
READ_ONLY = ("http", "https")
#: Seconds without any answer after which a build goes on without the storage.
PATIENCE = 10.0
#: Seconds that a build spends at most on reading, and at most on waiting for what is still to be written.
LONGEST = 60.0
_AT_ONCE = 16
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<user>[^/@]*@)?(?P<place>[^?#]*)")
#: A password may have any character, also where it should be escaped: all before the last @ of a URL.
_USER = re.compile(r"(?<=://)[^\s'\"]*@")
_LONGEST_MESSAGE = 200
_NOT_THERE = (404, 410)


@dataclass(frozen=True, slots=True)
class StorageAddress:
    """Where a storage is.

    :ivar url: the folder of the recordings, without a slash at the end.
    :ivar shown: the same without a name and password that it may hold.
    """

    url: str
    scheme: str
    shown: str

    @classmethod
    def parse(cls, url: str) -> StorageAddress | None:
        """An address from ``await_cache_url``; None if that is empty.

        :raises OptionError: the text is not the URL of a folder, or is of a kind that is not supported.
        """
        if not url:
            return None
        match = _URL.fullmatch(url)
        if match is None or not match["place"].strip("/"):
            raise OptionError("await_cache_url: a URL of a folder expected, such as s3://bucket/folder")
        if match["scheme"] not in SCHEMES:
            raise OptionError(f"await_cache_url: one of {', '.join(SCHEMES)} expected, found {match['scheme']!r:.60}")
        return cls(url.rstrip("/"), match["scheme"], _without_user(url.rstrip("/")))


def _without_user(text: str) -> str:
    """A text without the names and passwords of the URLs in it."""
    return _USER.sub("", text)


@dataclass(slots=True)
class _Work:
    """Calls that threads make, and what came of them. All fields belong to the lock of :class:`SharedStorage`."""

    waiting: deque[tuple[str, Callable[[], object]]] = field(default_factory=deque)
    running: int = 0
    threads: int = 0
    done: list[tuple[str, object]] = field(default_factory=list)
    heard: float = 0.0


class SharedStorage:
    """Reads and writes small files by threads that nobody has to wait for: a call may hang for ever.

    :ivar trouble: messages why it is not used any more, or what could not be written.
    """

    def __init__(self, address: StorageAddress, *, patience: float = PATIENCE, longest: float = LONGEST) -> None:
        self._address = address
        self._patience = patience
        self._longest = longest
        self._changed = threading.Condition()
        self._work = _Work()
        self._file_system: Any = None
        self._opening = threading.Lock()
        self._root = ""
        self._given_up = False
        self.trouble: list[str] = []

    def read(self, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The contents of those files that there are, as they come. Ends early if the storage is slow or fails."""
        asked: list[tuple[str, Callable[[], object]]] = [(name, partial(self._read, name)) for name in names]
        ends = time.monotonic() + self._longest
        self._submit(asked)
        while not self._given_up:
            for name, result in self._results(ends):
                if isinstance(result, bytes):
                    yield name, result
                elif isinstance(result, Exception):
                    self._give_up(result)
            with self._changed:
                if not self._work.done and not self._work.waiting and not self._work.running:
                    return

    def write(self, name: str, content: bytes) -> None:
        """Begin to write a file. Errors are in :attr:`trouble` after :meth:`close`."""
        if not self._given_up and self._address.scheme not in READ_ONLY:
            self._submit([(name, partial(self._write, name, content))])

    def close(self) -> None:
        """Wait for what is being written, but not for long, and end the threads."""
        ends = time.monotonic() + self._longest
        while not self._given_up:
            for _, result in self._results(ends):
                if isinstance(result, Exception):
                    self._give_up(result)
            with self._changed:
                if not self._work.done and not self._work.waiting and not self._work.running:
                    break

    def _submit(self, calls: Iterable[tuple[str, Callable[[], object]]]) -> None:
        with self._changed:
            if not self._work.waiting and not self._work.running:
                self._work.heard = time.monotonic()  # the time in which nothing was asked does not count
            self._work.waiting.extend(calls)
            for _ in range(min(_AT_ONCE - self._work.threads, len(self._work.waiting))):
                self._work.threads += 1
                # Daemons: the interpreter must be able to end while a call hangs.
                threading.Thread(target=self._serve, args=(self._work,), daemon=True).start()

    def _serve(self, work: _Work) -> None:
        """In a thread: make calls until there are none. What comes after the storage was given up, nobody sees."""
        while True:
            with self._changed:
                if not work.waiting:
                    work.threads -= 1
                    return
                name, call = work.waiting.popleft()
                work.running += 1
            try:
                result = call()
            except Exception as error:  # noqa: BLE001 (each kind of storage has errors of its own)
                result = error
            with self._changed:
                work.running -= 1
                work.heard = time.monotonic()
                work.done.append((name, result))
                self._changed.notify_all()

    def _results(self, ends: float) -> list[tuple[str, object]]:
        """What came since the last call; waits for something, and gives the storage up if nothing comes in time."""
        with self._changed:
            work = self._work
            while not work.done and (work.waiting or work.running):
                left = min(work.heard + self._patience, ends) - time.monotonic()
                if left <= 0:
                    slow = f"no answer for {self._patience:g} s"
                    if time.monotonic() >= ends:
                        slow = f"not done after {self._longest:g} s"
                    self._give_up(TimeoutError(slow))
                    return []
                self._changed.wait(left)
            results, work.done = work.done, []
            return results

    def _give_up(self, error: Exception) -> None:
        if self._given_up:
            return
        self._given_up = True
        with self._changed:
            self._work.waiting.clear()
            self._work = _Work()  # the threads that still hang have the old one
        reason = _without_user(" ".join(f"{type(error).__name__}: {error}".split()))[:_LONGEST_MESSAGE]
        self.trouble.append(f"await_cache_url: {self._address.shown} is not used further in this build ({reason})")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _open(self) -> Any:
        """The file system of fsspec; imported and made in a thread, since that may take long, too.

        :raises RuntimeError: a package is missing.
        """
        with self._opening:
            if self._file_system is None:
                try:
                    from fsspec.core import url_to_fs

                    file_system, root = url_to_fs(self._address.url)
                except ModuleNotFoundError as error:
                    if error.name != "fsspec":
                        raise
                    raise RuntimeError("fsspec is missing: install sphinx-await[remote-cache]") from None
                self._root, self._file_system = root.rstrip("/"), file_system
            return self._file_system

    def _read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none, or it is larger than a recording may be."""
        file_system = self._open()
        path = self._path(name)
        try:
            # A pipe or a device in a shared folder would never end.
            if self._address.scheme == "file" and file_system.info(path)["type"] != "file":
                return None
            with file_system.open(path, "rb") as file:
                content: bytes = file.read(MOST_BYTES + 1)
        except FileNotFoundError as error:
            # Of a web server, fsspec says so of any failure.
            cause = error.__cause__
            if self._address.scheme in READ_ONLY and cause and getattr(cause, "status", None) not in _NOT_THERE:
                raise cause from None
            return None
        return content if len(content) <= MOST_BYTES else None

    def _write(self, name: str, content: bytes) -> None:
        """Write a file so that nobody ever sees a part of it."""
        file_system = self._open()
        path = self._path(name)
        if SCHEMES[self._address.scheme]:
            file_system.pipe_file(path, content)
            return
        file_system.makedirs(self._root, exist_ok=True)
        half = self._path(f".{name}.{secrets.token_hex(8)}.partial")
        try:
            file_system.pipe_file(half, content)
            file_system.mv(half, path)
        except BaseException:
            if file_system.exists(half):
                file_system.rm_file(half)
            raise
