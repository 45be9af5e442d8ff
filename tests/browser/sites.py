"""The pages that browsers see: the course and a page with every kind of figure, built and served."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ..conftest import HERE, PROJECT, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Each site's name, which is its path on the server too, and its source folder.
SOURCES = {"course": PROJECT / "source", "figures": HERE / "roots" / "browser", "live": HERE / "roots" / "live"}
#: What the configuration says of the course's other pages means nothing to them.
_ONE_PAGE = ("-D", "await_run_fences=index", "-D", "suppress_warnings=course_nav.part,korean_search.part")
#: Figures that fail are pages as well; the course has none.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "course": ("-W", "--keep-going"),
    "figures": ("-D", "await_on_error=warn", *_ONE_PAGE),
    "live": ("-W", *_ONE_PAGE),
}
#: Replaces the runtime on the site where it must do what a test wants; the others have the real one.
STUB = HERE / "browser" / "stub"
RUNTIMES = {"course": "", "figures": "", "live": str(STUB)}


def page_names() -> list[str]:
    """Every page of all sites, as a path on the server."""
    found = []
    for site, source in SOURCES.items():
        documents = sorted(path for path in source.rglob("*") if path.suffix in {".md", ".rst"})
        names = [path.relative_to(source).with_suffix("").as_posix() for path in documents]
        made = ("404", "genindex", "search", *(["search-guide", "search-guide-ko"] if site == "course" else []))
        found += [f"{site}/{name}.html" for name in (*names, *made)]
    return found


def build(folder: Path) -> None:
    """Write all sites below a folder, by the course's configuration and with its recordings.

    :raises RuntimeError: a build failed.
    """
    for site, source in SOURCES.items():
        options: list[str | Path] = ["-c", PROJECT, "-b", "html", "-d", folder / "doctrees" / site, *ARGUMENTS[site]]
        target, runtime = folder / "www" / site, {"SPHINX_AWAIT_RUNTIME": RUNTIMES[site]}
        done = run_python("-m", "sphinx", *options, source, target, timeout=600, environment=runtime)
        if done.returncode:
            raise RuntimeError(f"{site} could not be built:\n{done.stdout}\n{done.stderr}")


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve what was built below a folder, on this machine alone; gives the address, without a slash at its end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder / "www")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing of what was asked for."""
