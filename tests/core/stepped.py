"""Runs a program as ``recorded.py`` does, under ``sys.settrace``: ``stepped.py FILE OUT.json LINES.json``.

The last file gets each line that CPython's own tracing saw in the first thread, with the coroutine of its task or null.
"""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

FILE = "snippet.py"


def current() -> str | None:
    """The qualified name of the coroutine of the task that runs now; None if there is none."""
    asyncio: Any = sys.modules.get("asyncio.tasks")
    try:
        task = None if asyncio is None else asyncio.current_task()
    except (RuntimeError, AttributeError):  # no loop runs, or asyncio is being imported
        return None
    return None if task is None else task.get_coro().__qualname__


def main() -> None:
    """Do it."""
    target = Path(sys.argv.pop())
    found: list[tuple[str | None, int]] = []

    def trace(frame: Any, event: str, _value: Any) -> Any:
        if frame.f_code.co_filename != FILE:
            return None
        if event == "line":
            found.append((current(), frame.f_lineno))
        return trace

    sys.settrace(trace)
    try:
        runpy.run_path(str(Path(__file__).parent / "recorded.py"), run_name="__main__")
    finally:
        sys.settrace(None)
        target.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
