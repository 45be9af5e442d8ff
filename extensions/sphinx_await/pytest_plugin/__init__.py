"""A pytest plugin: ``pytest --await PATHS`` runs the programs of pages as tests.

Nothing is imported of the rest before it is asked for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

#: Options of pytest's own configuration, with their types there; those of conf.py's values have their names.
INI_OPTIONS = {
    "await_conf": ("string", "folder of the conf.py whose await_* values hold (default: the nearest above a page)"),
    "await_source": ("string", "folder of the sources, from which names of documents start"),
    "await_examples": ("linelist", "globs of Python files that are programs (default: examples/**.py)"),
    "await_run_fences": ("linelist", "globs of documents of which plain python fences run"),
    "await_timeout": ("string", "seconds until a program is stopped"),
    "await_jobs": ("string", "how many programs compute at once"),
    "await_cache_dir": ("string", "where recordings are kept (default: .await-cache)"),
    "await_cache_url": ("string", "a folder that machines share, where recordings are kept, too"),
    "await_execute": ("string", "auto, force or cached"),
    "await_environment": ("linelist", "variables of programs, each NAME=VALUE"),
    "await_files": ("linelist", "globs of files that programs find in their folder"),
    "await_folder_scope": ("string", "program or page"),
    "await_network": ("string", "programs reach the real network: true or false"),
    "await_expect_markers": ("linelist", "what a comment of expected output starts with"),
    "await_sandbox": ("string", "auto, strict or off"),
    "await_memory_limit": ("string", "bytes of memory of a program; 0 for no limit"),
    "await_preload": ("linelist", "modules that are imported once, before programs run"),
    "await_output_limit": ("string", "bytes of output that are kept of a program"),
}


#: ``sys.path`` before pytest adds the folders of tests to it: a build, whose recordings are shared, has none of them.
path_before_tests: list[str] = []


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
