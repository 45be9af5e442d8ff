"""Runs a program as ``python FILE`` does, watched or not: ``beside.py plain|watched FILE [uvloop]``."""

from __future__ import annotations

import sys
from pathlib import Path


def watch() -> None:
    """Wake the hooks; what they record is thrown away with the process."""
    from sphinx_await.core.journal.records import Journal
    from sphinx_await.core.recorder.hooks import Hooks
    from sphinx_await.core.recorder.recorder import Recorder

    Recorder(Journal(bytearray(1 << 22)), limit=1 << 20).watch(Hooks(), ["snippet.py"])


def main() -> None:
    """Do it."""
    how, file, *rest = sys.argv[1:]
    if how == "watched":
        watch()
    if rest:
        import asyncio

        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    program = compile(Path(file).read_text(encoding="utf-8"), "snippet.py", "exec", dont_inherit=True)
    exec(program, {"__name__": "__main__"})  # noqa: S102 - this is what it is for


if __name__ == "__main__":
    main()
