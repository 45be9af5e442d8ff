"""What the runtime is made of: the lock files, the notices and the code say the same."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING

from sphinx_await.core import portable

from ..conftest import PROJECT

if TYPE_CHECKING:
    from types import ModuleType

LIVE = PROJECT / "extensions" / "live_build"
NOTICES = (PROJECT / "THIRD-PARTY-NOTICES.md").read_text(encoding="utf-8")
REQUIREMENTS = (LIVE / "requirements.txt").read_text(encoding="utf-8")


def build() -> ModuleType:
    """The script that builds the runtime, as a module."""
    spec = importlib.util.spec_from_file_location("live_build", LIVE / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_package_has_a_notice() -> None:
    """With the version that is locked, and nothing is named that is not there."""
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", REQUIREMENTS, re.MULTILINE))
    named = dict(re.findall(r"^\| ([\w.-]+) ([\d.]+) \| `web` \|", NOTICES, re.MULTILINE))
    assert locked == named
    lock = json.loads((LIVE / "package-lock.json").read_text(encoding="utf-8"))
    assert f"| Pyodide {lock['packages']['node_modules/pyodide']['version']} |" in NOTICES


def test_lock_files_name_no_address() -> None:
    """They are good for any mirror of the registries."""
    texts = [path.read_text(encoding="utf-8") for path in (LIVE / "package-lock.json", LIVE / "requirements.txt")]
    assert [text for text in texts if "://" in text] == []


def test_what_is_carried_is_what_programs_may_import() -> None:
    """The modules for which a page fetches the part `web` are those that count as there."""
    assert set(build().MODULES) == portable._CARRIED


def test_a_runtime_of_other_files_is_built_anew() -> None:
    """The digest of the sources changes with any of them."""
    module = build()
    before = module.sources()
    vars(module)["SCRIPTS"] = {"frame": vars(module)["SCRIPTS"]["worker"]}
    assert len(before) == 64
    assert module.sources() != before
