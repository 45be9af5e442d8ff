"""Declares the values of :class:`.AwaitConfig` to Sphinx."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..course.config import PREFIX, SOURCE_FOLDERS, WORKING_DIR, AwaitConfig, default_source_folders

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _declared(default: Any, types: tuple[type, ...]) -> tuple[Any, Any]:
    """The default and the types for which Sphinx takes a value of the command line: ``-D await_timeout=30``.

    Sphinx splits it at commas if the default is a list, and leaves it as it is if the default is a function.
    """
    if object in types:
        return default, Any
    if isinstance(default, tuple):
        return list(default), types
    if isinstance(default, float):
        return lambda _config: default, (*types, str)
    return default, types


def declare_values(app: Sphinx) -> None:
    """Add all values to Sphinx's configuration: ``await_*``, and those of sphinx-exec-code for its markup."""
    defaults = AwaitConfig()
    for one in fields(AwaitConfig):
        default, types = _declared(getattr(defaults, one.name), one.metadata["types"])
        app.add_config_value(PREFIX + one.name, default, one.metadata["rebuild"], types, one.metadata["help"])
    if "sphinx_exec_code" in app.config.extensions:
        app.setup_extension("sphinx_exec_code")  # it declares its values itself
        return
    app.add_config_value("exec_code_example_dir", ".", "env", (str, os.PathLike))
    app.add_config_value(WORKING_DIR, None, "env", (str, os.PathLike))
    app.add_config_value(SOURCE_FOLDERS, default_source_folders(Path(app.confdir)), "env", (list, tuple))
    # Accepted and not needed: programs always write UTF-8.
    app.add_config_value("exec_code_set_utf8_encoding", default=False, rebuild="", types=bool)


#: The builder that writes catalogues of what is to be translated.
FOR_TRANSLATORS = "gettext"

#: Builders whose output shows no run.
WITHOUT_RUNS = frozenset({FOR_TRANSLATORS, "linkcheck", "dummy", "changes", "coverage", "doctest"})
