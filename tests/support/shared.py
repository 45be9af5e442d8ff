"""What is made once for all workers of pytest-xdist."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


class Shared:
    """Makes what is costly once, for all workers of pytest-xdist together."""

    def __init__(self, factory: pytest.TempPathFactory, name: str) -> None:
        base = factory.getbasetemp()
        self.folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
        self.folder.mkdir(exist_ok=True)

    def get(self, name: str, make: Callable[[Path], Any]) -> Any:
        """The JSON that ``make`` returned, which is called once with a path of its own; paths become texts."""
        kept = self.folder / f"{name}.json"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_text(json.dumps(make(self.folder / name), default=str), encoding="utf-8")
        return json.loads(kept.read_text(encoding="utf-8"))
