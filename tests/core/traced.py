"""Runs a program under ``sys.settrace`` and prints the turns of its generators as JSON: ``traced.py FILE``.

Each beginning and each end of a turn is the number of the generator, by its first turn, and the line: the one that
resumed it, or the one at which it yielded or ended; and what it yielded or returned.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FILE = "snippet.py"
_GENERATOR = 0x20


def main() -> None:
    """Do it."""
    source = Path(sys.argv[1]).read_text(encoding="utf-8")
    numbers: dict[int, int] = {}
    kept: list[Any] = []  # so that no other frame has the identity of one
    found: list[list[Any]] = []

    def trace(frame: Any, event: str, value: Any) -> Any:
        code = frame.f_code
        if code.co_filename != FILE or not code.co_flags & _GENERATOR:
            return None
        if event == "call":
            if id(frame) not in numbers:
                numbers[id(frame)] = len(numbers)
                kept.append(frame)
            found.append(["begin", numbers[id(frame)], frame.f_back.f_lineno])
        elif event == "return":
            found.append(["end", numbers[id(frame)], frame.f_lineno, value])
        return trace

    code = compile(source, FILE, "exec", dont_inherit=True)
    sys.settrace(trace)
    exec(code, {"__name__": "__main__"})  # noqa: S102 - what it is for
    sys.settrace(None)
    print(json.dumps(found))  # noqa: T201 - the result


if __name__ == "__main__":
    main()
