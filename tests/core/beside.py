"""Run a program as ``python FILE`` does, recorded or not: ``beside.py plain|watched FILE [uvloop]``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

HAS_FACTORY = sys.version_info >= (3, 12)


def watch() -> Callable[[CodeType], None]:
    """Record this process; the recording is thrown away with it. Return what is to be called with its code."""
    from sphinx_await.core.journal.records import Journal
    from sphinx_await.core.recorder.hooks import Hooks
    from sphinx_await.core.recorder.recorder import Recorder

    recorder = Recorder(Journal(bytearray(1 << 22)), limit=1 << 20)
    recorder.watch(Hooks(), ["snippet.py"])
    return recorder.compiled


def main() -> None:
    """Do it."""
    how, file, *rest = sys.argv[1:]
    compiled = watch() if how == "watched" else None
    if rest:
        import asyncio
        import functools

        import uvloop

        # There are no event loop policies any more in Python 3.16.
        run: Any = asyncio.run
        on_uvloop: Any = functools.partial(run, loop_factory=uvloop.new_event_loop) if HAS_FACTORY else uvloop.run
        asyncio.run = on_uvloop
    program = compile(Path(file).read_text(encoding="utf-8"), "snippet.py", "exec", dont_inherit=True)
    if compiled is not None:
        compiled(program)
    exec(program, {"__name__": "__main__"})  # noqa: S102 - this is what it is for


if __name__ == "__main__":
    main()
