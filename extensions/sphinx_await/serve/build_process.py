"""The process of one build: it begins with what builds import, may wait for an edit, and says how far it is.

It waits with its configuration and environment read. A build takes longest to say what all pages would be if nothing
had changed: that is done while it waits.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection
    from typing import TextIO

    from docutils.nodes import document
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

#: The folders of what is installed.
PACKAGES = tuple(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
INSTALLED = tuple(os.path.join(folder, "") for folder in (*PACKAGES, sysconfig.get_path("stdlib")))
#: The exit status of a build that has waited while something changed that it had read: another one is made.
STALE = 75  # EX_TEMPFAIL of sysexits.h
#: The endings of pages.
PAGES = (".md", ".rst")
#: Of what is no file, the system says that it was changed when it is looked at.
_NO_FILES = ("/dev/", "/proc/", "/sys/")
#: The application, which would take long to free.
_KEPT: list[Sphinx] = []


@dataclass(frozen=True, slots=True)
class Habits:
    """What builds of a project have and use, once they have found out.

    :ivar documents: all of them.
    :ivar modules: installed ones.
    :ivar templates: of pages.
    """

    documents: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """What to build, and how.

    :ivar arguments: of ``sphinx-build``.
    :ivar folder: the working folder.
    :ivar path: the import path.
    :ivar command: with which the server was started: Python has added a folder for it, from which no program imports.
    :ivar with_search: whether the index for the search is made: that may take longer than all the rest.
    :ivar habits: of the build before.
    """

    arguments: list[str]
    folder: str
    path: list[str]
    command: list[str]
    with_search: bool
    habits: Habits


def build(say: Connection, edit: Connection | None, order: Order) -> None:
    """Be ``sphinx-build``, say how far it is, and exit with its status.

    :param say: takes messages for pages, and :class:`Habits`.
    :param edit: says when to go on, once the configuration is read; None to do so at once.
    """
    os.chdir(order.folder)
    sys.path[:], sys.orig_argv[:] = order.path, order.command
    from sphinx.cmd.build import main

    from ..sphinxext import recordings

    def tell(message: object) -> None:
        with contextlib.suppress(OSError):  # the server has ended
            say.send(message)

    recordings.on_progress = lambda done, total: tell({"state": "running", "done": done, "all": total})
    # One that is ended while it waits, or does ahead what it can, leaves nothing behind: neither does an engine of it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(STALE))
    wait = None if edit is None else _Wait(edit, order.habits)

    def on_configured(app: Sphinx) -> None:
        _KEPT.append(app)
        if not order.with_search:
            _keep_search(app)
        _remove_old_pages(app, order.habits.documents)
        _say_what_is_written(app, tell)
        if wait is not None:
            wait(app)

    recordings.on_configured = on_configured
    try:
        status = main(order.arguments)
        if wait is not None and not wait.is_over:  # it failed before it could wait, or nobody has called us
            status = STALE
            wait.for_edit()
    finally:
        if recordings.ahead is not None:
            recordings.ahead.close()
    if not status and _KEPT:
        tell(_habits_of(_KEPT[0]))
    sys.stdout.flush()
    sys.exit(status)


def _keep_search(app: Sphinx) -> None:
    """Let the index for the search be as an earlier build has made it. Pages are as if it were made anew."""
    import sphinx.search
    from sphinx.builders.html import StandaloneHTMLBuilder

    # Another type than Sphinx's own: an extension that replaces that one leaves it alone.
    sphinx.search.IndexBuilder = type("KeptIndex", (sphinx.search.IndexBuilder,), {})  # type: ignore[misc, assignment]
    if isinstance(app.builder, StandaloneHTMLBuilder):
        for name in ("load_indexer", "index_page", "dump_search_index"):
            setattr(app.builder, name, lambda *_: None)


def _remove_old_pages(app: Sphinx, before: Iterable[str]) -> None:
    """Remove the pages of documents that are gone, which Sphinx leaves where they are.

    :param before: the documents of the last build that succeeded: after one that fails, Sphinx has forgotten them.
    """
    from sphinx.builders.html import StandaloneHTMLBuilder

    known = set(before)
    written: dict[Path, int] = {}

    def note(_app: Sphinx, _env: BuildEnvironment, _added: object, _changed: object, removed: set[str]) -> list[str]:
        known.update(removed)
        builder = app.builder
        if not isinstance(builder, StandaloneHTMLBuilder):
            return []
        for name in known - app.env.found_docs:
            page = Path(builder.get_outfilename(name))
            with contextlib.suppress(OSError):
                written[page] = page.stat().st_mtime_ns
        return []

    def remove(_app: Sphinx, exception: Exception | None) -> None:
        for page, before_build in written.items() if exception is None else ():
            with contextlib.suppress(OSError):
                if page.stat().st_mtime_ns == before_build:  # no other page, such as that of the search, is there now
                    page.unlink()

    app.connect("env-get-outdated", note)
    app.connect("build-finished", remove)


def _say_what_is_written(app: Sphinx, say: Callable[[dict[str, object]], None]) -> None:
    """Say the address of each page of a document once it is written, with its images, before all the rest is."""
    from sphinx.builders.html import StandaloneHTMLBuilder

    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder):
        return
    write_page = builder.write_doc
    copied: set[str] = set()

    def copy_images() -> None:
        images = builder.images
        builder.images = {name: place for name, place in images.items() if name not in copied}
        try:
            builder.copy_image_files()
        finally:
            builder.images = images
        copied.update(images)

    def write_and_say(docname: str, doctree: document) -> None:
        write_page(docname, doctree)
        copy_images()
        say({"state": "written", "page": builder.get_target_uri(docname)})

    builder.write_doc = write_and_say  # type: ignore[method-assign]


class _Wait:
    """Keeps a build that has read its configuration until there is an edit. Until then it prints nothing."""

    def __init__(self, edit: Connection, habits: Habits) -> None:
        self.is_over = False
        self._edit = edit
        self._habits = habits
        self._since = time.time()
        self._reads = _Reads()
        self._held = [_Held(sys.stdout), _Held(sys.stderr)]
        sys.stdout, sys.stderr = self._held

    def __call__(self, app: Sphinx) -> None:
        self._reads.end()
        seen = _Seen.now(app.confdir, self._reads)
        from ..sphinxext import recordings
        from ..sphinxext.run.ahead import work_ahead

        is_sure = not self._reads.ran_command
        if is_sure and not self._edit.poll():
            self._prepare(app, work_ahead)
        if not self.for_edit() or not is_sure or seen.latest() > self._since or not seen.still_holds():
            if recordings.ahead is not None:
                recordings.ahead.close()
            os._exit(STALE)
        self.is_over = True
        for one in self._held:
            one.release()

    def for_edit(self) -> bool:
        """Wait for the edit; False if nobody wants this build any more."""
        try:
            self._edit.recv()
        except EOFError:
            return False
        return True

    def _prepare(self, app: Sphinx, work_ahead: Callable[[Sphinx], None]) -> None:
        """Do ahead what can be done. Whatever is wrong, the build itself says it."""
        from sphinx.util.logging import suppress_logging

        with suppress_logging(), contextlib.suppress(Exception):
            work_ahead(app)
        for name in self._habits.modules:
            with contextlib.suppress(Exception):
                import_module(name)
        environment = _templates_of(app)
        for name in self._habits.templates:
            with contextlib.suppress(Exception):
                environment.get_template(name)
        gc.collect()
        gc.freeze()  # nothing of this will be garbage soon


class _Reads:
    """What a configuration reads while it is executed: a conf.py may make its values of the pages themselves.

    :ivar files: those that were opened.
    :ivar folders: those of which it asked what is in them.
    :ivar ran_command: whether it ran a command, such as ``git describe``: nobody knows what that would say now.
    """

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.folders: set[str] = set()
        self.ran_command = False
        self._is_over = False
        sys.addaudithook(self._note)

    def end(self) -> None:
        """Note nothing from now on."""
        self._is_over = True

    def _note(self, event: str, given: tuple[Any, ...]) -> None:
        if self._is_over or event not in {"open", "os.listdir", "os.scandir", "os.system", "subprocess.Popen"}:
            return
        if event in {"os.system", "subprocess.Popen"}:
            self.ran_command = True
            return
        path = given[0]
        if isinstance(path, os.PathLike):
            path = os.fspath(path)
        if event != "open":
            if path is None or isinstance(path, str):
                self.folders.add(os.path.abspath(path or "."))
        elif isinstance(path, str) and isinstance(given[1], str) and "r" in given[1]:
            path = os.path.abspath(path)
            if not path.startswith((*INSTALLED, *_NO_FILES)) and not path.endswith(".pyc"):
                self.files.add(path)


@dataclass(frozen=True, slots=True)
class _Seen:
    """When files were changed that a build has read: what its configuration opened, and modules that may be edited.

    Of what is installed, the folders: they change when something is installed. Which pages are in folders that the
    configuration looked into. And the day, which may be on pages.
    """

    times: dict[str, float]
    pages: dict[str, frozenset[str]]
    day: str

    @classmethod
    def now(cls, conf: str | os.PathLike[str], reads: _Reads) -> _Seen:
        """Of the modules that are imported now."""
        files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        own = (file for file in files if isinstance(file, str) and not file.startswith(INSTALLED))
        times = _times([os.path.join(conf, "conf.py"), *PACKAGES, *own, *reads.files])
        return cls(times, _pages(reads.folders), time.strftime("%x"))

    def latest(self) -> float:
        """When the last of them was changed."""
        return max(self.times.values(), default=0.0)

    def still_holds(self) -> bool:
        """Whether all of them are as they were."""
        is_same = _times(self.times) == self.times and _pages(self.pages) == self.pages
        return is_same and time.strftime("%x") == self.day


def _times(paths: Iterable[str]) -> dict[str, float]:
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            found[path] = os.stat(path).st_mtime
    return found


def _pages(folders: Iterable[str]) -> dict[str, frozenset[str]]:
    found = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            found[folder] = frozenset(name for name in os.listdir(folder) if name.endswith(PAGES))
    return found


class _Held:
    """A stream that keeps what is written until it is released."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept: list[str] | None = []

    def write(self, text: str) -> int:
        """Write a text, perhaps later."""
        if self._kept is None:
            return self._stream.write(text)
        self._kept.append(text)
        return len(text)

    def release(self) -> None:
        """Write what was kept, and keep nothing from now on."""
        kept, self._kept = self._kept or [], None
        self._stream.write("".join(kept))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _habits_of(app: Sphinx) -> Habits:
    """What a build has used that the next one may have before it goes on."""
    modules = [
        name
        for name, module in list(sys.modules.items())
        if str(getattr(module, "__file__", None) or "").startswith(INSTALLED) or name.startswith("sphinx_await.")
    ]
    cache = getattr(_templates_of(app), "cache", None) or {}
    return Habits(tuple(app.env.found_docs), tuple(modules), tuple(dict.fromkeys(name for _, name in cache)))


def _templates_of(app: Sphinx) -> Any:
    """The templates of pages, as Jinja has them; None if the builder has others."""
    return getattr(getattr(app.builder, "templates", None), "environment", None)
