"""A pytest plugin: ``pytest --await PATHS`` runs the programs of pages as tests.

Nothing is imported of the rest before it is asked for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .ini_options import INI_OPTIONS, path_before_tests

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    path_before_tests[:] = sys.path
    group = parser.getgroup("sphinx-await")
    group.addoption(
        "--await", action="store_true", dest="await_programs", help="run the programs of pages, docstrings and examples"
    )
    group.addoption(
        "--await-update",
        action="store_true",
        dest="await_update",
        help="like --await, and write what programs printed into their comments of expected output",
    )
    for name, (kind, text) in INI_OPTIONS.items():
        parser.addini(name, f"sphinx-await: {text}", type=kind, default=None)  # type: ignore[arg-type]


def pytest_configure(config: pytest.Config) -> None:
    """Load the rest if programs are asked for."""
    if config.option.await_programs or config.option.await_update:
        from .session import ProgramSession

        config.pluginmanager.register(ProgramSession(config), "await-programs")
