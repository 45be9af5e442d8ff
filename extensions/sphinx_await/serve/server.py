"""The server: pages with a script that follows builds, and a watcher that starts them. sphinx-autobuild is inside."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
import watchfiles
from sphinx_autobuild.filter import IgnoreFilter
from sphinx_autobuild.middleware import JavascriptInjectorMiddleware
from sphinx_autobuild.server import RebuildServer
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .warm_builds import WarmBuilds

_SOCKET = "/sphinx-await-serve"
#: Milliseconds without a change after which a build begins: editors write a file in several steps.
_STEP = 30
#: Seconds for an editor that has emptied or renamed a file.
_PAUSE = 0.15
#: Reloads a page once it is written, or after a build that did not write it; keeps in the title of its tab how far a
#: build is, says that one has failed, and finds the server again.
_SCRIPT = f"""
<script>
(() => {{
  const title = document.title;
  const address = decodeURI(location.pathname).replace(/\\/$/, "/index.html");
  const loaded = "sphinx-await-serve";
  let lost = false;
  const reload = (build) => {{
    sessionStorage.setItem(loaded, `${{build}} ${{address}}`);
    location.reload();
  }};
  const fail = () => {{
    document.title = `\u2717 ${{title}}`;
    if (document.querySelector("[data-sphinx-await-serve]")) return;
    const words = document.createElement("p");
    words.setAttribute("role", "alert");
    words.dataset.sphinxAwaitServe = "";
    words.style = "position:fixed;z-index:9999;inset:0 0 auto;margin:0;padding:.5em;color:#fff;background:#a00";
    words.textContent = "The build failed. The terminal says why; this page may be an old one.";
    document.body.prepend(words);
  }};
  const follow = () => {{
    const socket = new WebSocket(`ws://${{location.host}}{_SOCKET}`);
    socket.onopen = () => {{ if (lost) location.reload(); }};
    socket.onmessage = (event) => {{
      const now = JSON.parse(event.data);
      if (now.state === "written") {{
        if (`/${{decodeURI(now.page)}}` === address) reload(now.build);
      }} else if (now.state === "ended") {{
        if (sessionStorage.getItem(loaded) === `${{now.build}} ${{address}}`) document.title = title;
        else reload(now.build);
      }} else if (now.state === "failed") fail();
      else document.title = (now.all ? `(${{now.done}}/${{now.all}}) ` : "\u2026 ") + title;
    }};
    socket.onclose = () => {{ lost = true; setTimeout(follow, 1000); }};
  }};
  follow();
}})();
</script>
"""


class _WithScript(JavascriptInjectorMiddleware):  # type: ignore[misc, unused-ignore]
    """Puts our script into each page."""

    def __init__(self, app: Any) -> None:
        super().__init__(app, ws_url="")
        self.script = _SCRIPT.encode()


class _Watcher(RebuildServer):  # type: ignore[misc, unused-ignore]
    """Builds when a file changes, one build at a time, and says to all pages how far it is.

    :param failed: whether the build before has failed.
    """

    def __init__(self, paths: Sequence[Path], ignore: IgnoreFilter, builds: WarmBuilds, *, failed: bool) -> None:
        super().__init__(list(paths), ignore, change_callback=builds.build)
        self._pages: set[asyncio.Queue[str]] = set()
        self._contents: dict[str, bytes | None] = {}
        self._now: dict[str, object] = {"state": "failed" if failed else "ended"}

    def _news(self, found: Iterable[tuple[watchfiles.Change, str]]) -> set[str]:
        """The files that are other ones than when they changed before: some extensions write theirs anew."""
        changes: dict[str, set[watchfiles.Change]] = {}
        for change, path in found:
            changes.setdefault(path, set()).add(change)
        news = {}
        for path, kinds in changes.items():
            digest = _digest(path)
            # Of a file of which nothing is known: one that came and went was a copy that an editor made.
            before = self._contents.get(path, b"" if kinds == {watchfiles.Change.deleted} else None)
            if digest != before or (os.path.isdir(path) and watchfiles.Change.added in kinds and os.listdir(path)):
                news[path] = digest
        self._contents |= news
        return set(news)

    async def watch(self) -> None:
        """Build until the server ends."""
        loop = asyncio.get_running_loop()
        is_edit = watchfiles.DefaultFilter(ignore_dirs=())  # and not what editors write beside a file
        changes = watchfiles.awatch(
            *self.paths,
            watch_filter=lambda change, path: is_edit(change, path) and not self.ignore(path),
            step=_STEP,
            stop_event=self.should_exit,
        )
        async for found in changes:
            if any(_may_be_unfinished(path) for _, path in found):
                await asyncio.sleep(_PAUSE)
            if news := self._news(found):
                await self._build(loop, news)

    async def _build(self, loop: asyncio.AbstractEventLoop, changed: set[str]) -> None:
        number = time.time_ns()

        def report(message: dict[str, object]) -> None:
            loop.call_soon_threadsafe(self._tell, {**message, "build": number})

        self._tell({"state": "building", "build": number})
        status = await asyncio.to_thread(self.change_callback, report, changed)
        self._tell({"state": "failed" if status else "ended", "build": number})

    def _tell(self, message: dict[str, object]) -> None:
        if message["state"] != "written":
            self._now = message
        for page in self._pages:
            page.put_nowait(json.dumps(message))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Tell one page what happens, until it is left."""
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        messages: asyncio.Queue[str] = asyncio.Queue()
        if self._now["state"] != "ended":
            messages.put_nowait(json.dumps(self._now))
        self._pages.add(messages)
        left = asyncio.create_task(_until_left(socket))
        try:
            while True:
                next_message = asyncio.create_task(messages.get())
                done, _ = await asyncio.wait({next_message, left}, return_when=asyncio.FIRST_COMPLETED)
                if next_message not in done:
                    next_message.cancel()
                    return
                await socket.send_text(next_message.result())
        except WebSocketDisconnect:
            return
        finally:
            self._pages.discard(messages)
            left.cancel()


def _digest(path: str) -> bytes | None:
    """A digest of a file; None if it is gone."""
    try:
        return hashlib.blake2b(Path(path).read_bytes()).digest()
    except OSError:
        return None


def _may_be_unfinished(path: str) -> bool:
    """Whether an editor may be about to write a file, which it first empties or renames."""
    try:
        return os.path.getsize(path) == 0
    except OSError:
        return True


async def _until_left(socket: WebSocket) -> None:
    async for _ in socket.iter_text():
        pass


def serve(
    builds: WarmBuilds,
    out: Path,
    watched: Sequence[Path],
    ignored: Sequence[str],
    address: tuple[str, int],
    *,
    failed: bool,
) -> None:
    """Serve a folder and build again at each change, until the process is interrupted.

    :param ignored: globs of paths whose changes do not count.
    :param failed: whether the first build has failed.
    """
    watcher = _Watcher(watched, IgnoreFilter(ignored, ()), builds, failed=failed)
    app = Starlette(
        routes=[WebSocketRoute(_SOCKET, watcher), Mount("/", app=StaticFiles(directory=out, html=True))],
        middleware=[Middleware(_WithScript)],
        lifespan=watcher.lifespan,
    )
    host, port = address
    uvicorn.run(app, host=host, port=port, log_level="warning")
