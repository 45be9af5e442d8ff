"""``python -m sphinx_await cache``."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from .test_run import sphinx_await

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400


def test_prune_removes_what_no_build_used_for_long(tmp_path: Path) -> None:
    """Old recordings and abandoned half-written files go; what is in use stays."""
    (tmp_path / "conf.py").write_text("await_cache_dir = 'kept'\n")
    folder = tmp_path / "kept"
    folder.mkdir()
    for name, days in (("new.json", 1), ("old.json", 40), (".old.1.partial", 1)):
        (folder / name).write_text("{}")
        os.utime(folder / name, (time.time() - days * DAY,) * 2)
    seen = sphinx_await("cache", "--conf", tmp_path)
    assert re.fullmatch(rf"{re.escape(str(folder))}: 2 recordings \(\d+ kB\)\n", seen.stdout)
    pruned = sphinx_await("cache", "--conf", tmp_path, "--prune")
    assert re.fullmatch(r".*: 1 recordings removed \(\d+ kB\)", pruned.stdout.splitlines()[0])
    assert [path.name for path in folder.iterdir()] == ["new.json"]


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "ten"])
def test_prune_refuses_what_is_no_number_of_days(tmp_path: Path, days: str) -> None:
    """A negative age would remove recordings that are in use."""
    (tmp_path / "conf.py").write_text("")
    refused = sphinx_await("cache", "--conf", tmp_path, "--prune", f"--days={days}")
    assert refused.returncode == 2
    assert f"--days: expected a number of days, 0 or more, found '{days}'" in refused.stderr
