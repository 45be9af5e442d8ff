"""The values of a conf.py outside of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.config import Config
from sphinx.errors import ConfigError
from sphinx.util.tags import Tags

from ..core.errors import OptionError
from ..course.config import AwaitConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def read_configuration(conf: Path) -> tuple[AwaitConfig, Mapping[str, Any]]:
    """The ``await_*`` values of a conf.py, which is executed as Sphinx does it, and all of its values.

    :param conf: its folder.
    :raises OptionError: the file cannot be read, or a value is not valid.
    """
    try:
        values = Config.read(conf.resolve(), overrides={}, tags=Tags())._raw_config  # noqa: SLF001 - values of extensions that are not loaded are only there
    except ConfigError as error:
        hint = "" if (conf / "conf.py").exists() else "; --conf DIR names the folder of another"
        raise OptionError(f"{conf}: {error}{hint}") from None
    return AwaitConfig.parse(values).in_folder(conf), values
