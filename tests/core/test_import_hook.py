"""Who waits for a module hears of it when it was imported, and not before."""

from __future__ import annotations

import sys
import traceback
from importlib import import_module
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.recorder._cpython import import_functions
from sphinx_await.core.recorder.import_hook import ImportHook

if TYPE_CHECKING:
    from pathlib import Path

NAME = "a_late_module"


@pytest.fixture
def arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the names of imported modules, where a module in the temporary folder is waited for."""
    imported: list[str] = []
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, NAME, raising=False)
    for function in import_functions():
        monkeypatch.setattr(function, "__code__", function.__code__)
    hook = ImportHook()
    hook.install()
    hook.call_after([NAME], imported.append)
    return imported


def test_who_asks_for_a_module_does_not_import_it(tmp_path: Path, arrived: list[str]) -> None:
    """Asking shows Python's own loader, and the import that comes later is still noticed."""
    (tmp_path / f"{NAME}.py").write_text("", encoding="utf-8")
    spec = find_spec(NAME)
    assert spec is not None
    assert type(spec.loader) is SourceFileLoader
    assert arrived == []
    module = import_module(NAME)
    assert arrived == [NAME]
    assert type(module.__loader__) is type(module.__spec__.loader) is SourceFileLoader  # type: ignore[union-attr]


def test_an_import_that_failed_may_come_true_later(tmp_path: Path, arrived: list[str]) -> None:
    """Only a module that was carried out to its end has arrived."""
    (tmp_path / f"{NAME}.py").write_text(
        "import sys\nif not hasattr(sys, 'let_it'): raise ImportError", encoding="utf-8"
    )
    with pytest.raises(ImportError):
        import_module(NAME)
    assert arrived == []
    sys.let_it = True  # type: ignore[attr-defined]
    try:
        import_module(NAME)
    finally:
        del sys.let_it  # type: ignore[attr-defined]
    assert arrived == [NAME]


def test_a_folder_of_that_name_is_imported_as_ever(tmp_path: Path, arrived: list[str]) -> None:
    """A folder without ``__init__.py`` has nothing that was waited for."""
    (tmp_path / NAME).mkdir()
    assert import_module(NAME).__name__ == NAME
    assert arrived == []


def test_a_failed_import_shows_no_frame_of_the_recorder(tmp_path: Path, arrived: list[str]) -> None:
    """Its traceback goes from the importing line to that of the module."""
    (tmp_path / f"{NAME}.py").write_text("raise ImportError('no')", encoding="utf-8")
    with pytest.raises(ImportError) as caught:
        exec(f"import {NAME}", {})  # noqa: S102 - import_module() has frames of its own
    files = [frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert files == [__file__, "<string>", str(tmp_path / f"{NAME}.py")]
    assert arrived == []
