"""Runs a program as ``recorded.py`` does and counts how often its trace function is called: ``counted.py FILE OUT``."""

from __future__ import annotations

import runpy
import sys
from itertools import count
from pathlib import Path
from typing import Any

from sphinx_await.core.recorder import traced_lines


def main() -> None:
    """Do it."""
    target = Path(sys.argv[2])
    last = 0

    class Counted:
        """Counts as :class:`itertools.count` does, and one can see how far."""

        def __init__(self, first: int = 0) -> None:
            self._next, self._counts_calls = count(first).__next__, first == 1

        def __next__(self) -> int:
            nonlocal last
            number = self._next()
            last = number if self._counts_calls else last
            return number

    module: Any = traced_lines
    module.count = Counted
    runpy.run_path(str(Path(__file__).parent / "recorded.py"), run_name="__main__")
    target.write_text(str(last))


if __name__ == "__main__":
    main()
