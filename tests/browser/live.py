"""A page with nothing on it but the runner, and programs that are run on it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sphinx_await.core.model.recording import Recording

from ..conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

BROWSER = PROJECT / "extensions" / "sphinx_await" / "browser"
RUNTIME = BROWSER / "runtime"
#: The page, where the server has it; below a folder, as on project pages of static hosts.
PAGE = "project/index.html"
#: The three hosts of the course.
HOSTS = {
    name: {"page": f"<!doctype html><h1>{name}</h1>" * 3, "delay": delay, "status": 200, "content_type": "text/html"}
    for name, delay in (("www.python.org", 0.30), ("www.google.com", 0.12), ("www.github.com", 0.22))
}
_HTML = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<link rel="icon" href="data:,">%s</head><body><h1>A page</h1></body></html>
"""
_PREPARE = """async () => {
  const { Runner } = await import("./live-runner.js");
  window.runner = new Runner("runtime");
  window.start = (program) => {
    const begun = performance.now();
    const run = (window.live = { started: null, outputs: [], notices: [], progress: [], ended: null });
    run.promise = window.runner.run(program, {
      onStart: () => (run.started = performance.now() - begun),
      onOutput: (output) => run.outputs.push({ ...output, seen: performance.now() - begun }),
      onNotice: (kind) => run.notices.push(kind),
      onResume: () => run.notices.push("resumed"),
      onProgress: (loaded, total) => run.progress.push([loaded, total]),
    }).then((result) => Object.assign(run, { result, ended: performance.now() - begun }));
  };
}"""


@dataclass(frozen=True)
class PageRun:
    """What the page heard of one run; moments in milliseconds since it was asked for.

    :ivar outputs: each with the moment ``seen``.
    """

    recording: Recording | None
    svg: str
    words: str
    stopped: bool
    error: str | None
    outputs: list[dict[str, Any]]
    notices: list[str]
    progress: list[list[int]]
    started: float | None
    ended: float

    @property
    def printed(self) -> str:
        """All that was printed, as it arrived."""
        return "".join(output["text"] for output in self.outputs)


def write_page(folder: Path, *, head: str = "", runtime: Path | None = RUNTIME) -> None:
    """Write the page below a folder, with the runtime that was built.

    :param head: is put into the page's head.
    :raises LookupError: there is no runtime.
    """
    place = folder / "www" / "project"
    place.mkdir(parents=True)
    if runtime is not None:
        if not (runtime / "manifest.json").exists():
            raise LookupError("no runtime for the browser: `nox -s live` builds it")
        shutil.copytree(runtime, place / "runtime")
    shutil.copy(BROWSER / "static" / "live-runner.js", place)
    (place / "index.html").write_text(_HTML % head, encoding="utf-8")


def prepare(page: Page) -> Page:
    """Make the page's runner."""
    page.evaluate(_PREPARE)
    return page


def start(page: Page, *parts: str, **more: Any) -> None:
    """Begin with a program, of one part or several."""
    page.evaluate("program => window.start(program)", {"parts": parts, "name": "run", "hosts": HOSTS, **more})


def finish(page: Page) -> PageRun:
    """Wait for the end of what was begun."""
    finished = page.evaluate(
        "async () => { await window.live.promise; const { promise, ...run } = window.live; return run; }"
    )
    result = finished["result"]
    recording = result["recording"]
    return PageRun(
        recording=None if recording is None else Recording.from_dict(recording),
        **{name: result[name] for name in ("svg", "words", "stopped", "error")},
        **{name: finished[name] for name in ("outputs", "notices", "progress", "started", "ended")},
    )


def run(page: Page, *parts: str, **more: Any) -> PageRun:
    """Run a program to its end."""
    start(page, *parts, **more)
    return finish(page)


def wait_for(page: Page, condition: str) -> None:
    """Wait until something holds of ``live``, what the page heard so far."""
    page.wait_for_function(f"() => {{ const live = window.live; return {condition}; }}", polling=10)


def stop(page: Page) -> PageRun:
    """Stop what runs; its ``ended`` counts from here."""
    milliseconds = page.evaluate(
        "async () => { const at = performance.now(); window.runner.stop(); await window.live.promise;"
        " return performance.now() - at; }"
    )
    finished = finish(page)
    return PageRun(**{**vars(finished), "ended": milliseconds})
