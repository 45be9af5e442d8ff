"""The server: pages with a script that follows builds, and a watcher that starts them. sphinx-autobuild is inside."""

from __future__ import annotations

import asyncio
import hashlib
import json
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
#: Reloads a page after a build, keeps how far a build is in the title of its tab, and finds the server again.
_SCRIPT = f"""
<script>
(() => {{
  const title = document.title;
  let lost = false;
  const follow = () => {{
    const socket = new WebSocket(`ws://${{location.host}}{_SOCKET}`);
    socket.onopen = () => {{ if (lost) location.reload(); }};
    socket.onmessage = (event) => {{
      const now = JSON.parse(event.data);
      if (now.state === "ended") location.reload();
      else if (now.state === "failed") document.title = `\\u2717 ${{title}}`;
      else document.title = (now.all ? `(${{now.done}}/${{now.all}}) ` : "\\u2026 ") + title;
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
    """Builds when a file changes, one build at a time, and says to all pages how far it is."""

    def __init__(self, paths: Sequence[Path], ignore: IgnoreFilter, builds: WarmBuilds) -> None:
        super().__init__(list(paths), ignore, change_callback=builds.build)
        self._pages: set[asyncio.Queue[str]] = set()
        self._contents: dict[str, bytes | None] = {}

    def _has_news(self, paths: Iterable[str]) -> bool:
        """Whether one of these files is another than when it changed before: some extensions write theirs anew."""
        news = {path: digest for path in paths if (digest := _digest(path)) != self._contents.get(path)}
        self._contents |= news
        return bool(news)

    async def watch(self) -> None:
        """Build until the server ends."""
        loop = asyncio.get_running_loop()

        def report(done: int, total: int) -> None:
            loop.call_soon_threadsafe(self._tell, {"state": "running", "done": done, "all": total})

        changes = watchfiles.awatch(
            *self.paths,
            watch_filter=lambda _, path: not self.ignore(path),
            step=_STEP,
            stop_event=self.should_exit,
        )
        async for found in changes:
            if not self._has_news(path for _, path in found):
                continue
            self._tell({"state": "building"})
            status = await asyncio.to_thread(self.change_callback, report)
            self._tell({"state": "failed" if status else "ended"})

    def _tell(self, message: dict[str, object]) -> None:
        for page in self._pages:
            page.put_nowait(json.dumps(message))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Tell one page what happens, until it is left."""
        socket = WebSocket(scope, receive, send)
        await socket.accept()
        messages: asyncio.Queue[str] = asyncio.Queue()
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


async def _until_left(socket: WebSocket) -> None:
    async for _ in socket.iter_text():
        pass


def serve(
    builds: WarmBuilds, out: Path, watched: Sequence[Path], ignored: Sequence[str], address: tuple[str, int]
) -> None:
    """Serve a folder and build again at each change, until the process is interrupted.

    :param ignored: globs of paths whose changes do not count.
    """
    watcher = _Watcher(watched, IgnoreFilter(ignored, ()), builds)
    app = Starlette(
        routes=[WebSocketRoute(_SOCKET, watcher), Mount("/", app=StaticFiles(directory=out, html=True))],
        middleware=[Middleware(_WithScript)],
        lifespan=watcher.lifespan,
    )
    host, port = address
    uvicorn.run(app, host=host, port=port, log_level="warning")
