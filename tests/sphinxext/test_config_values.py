"""Odd values of the configuration: each is refused with its name."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

import pytest
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.docutils import docutils_namespace

from sphinx_await.core.errors import OptionError
from sphinx_await.course.config import AwaitConfig
from sphinx_await.engine.hosts import Host

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS: list[Any] = [math.nan, math.inf, -math.inf, 1e308, 10**400, 10**18, -1, "x", None, True, [1]]


@pytest.mark.parametrize("name", ["await_timeout", "await_jobs", "await_output_limit", "await_memory_limit"])
@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: f"{value!r:.20}")
def test_a_number_that_means_nothing_is_refused_by_name(name: str, value: object) -> None:
    """Not a number, endless, huge, negative, of another type."""
    with pytest.raises(OptionError, match=name):
        AwaitConfig.parse({name: value})


@pytest.mark.parametrize(
    "given",
    [
        *({"delay": value} for value in [math.nan, math.inf, 10**400, -1, "x"]),
        *({"status": value} for value in ["abc", 99999, 0, 200.5, True]),
        {"page": 5},
        {"content_type": None},
        {"other": 1},
        {5: 1, "other": 2},
        5,
        None,
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_a_host_that_means_nothing_is_refused_by_name(given: object) -> None:
    """Each field has a type and a range."""
    with pytest.raises(OptionError, match=r"await_hosts: a\.example"):
        Host.parse("a.example", given)


ODD_VALUES: list[Any] = [
    *(("run_fences", value) for value in [[5], [""], ["[z-a]"]]),
    *(("expect_markers", value) for value in [[5], [""], [None]]),
    ("preload", [5]),
    *(("cache_dir", value) for value in ["a\0b", "x" * 5000, "", "a\nb", "\udc80"]),
    *(("environment", value) for value in [{"a=b": "1"}, {"": "1"}, {"a": "\0"}, {5: "1"}, {"a": []}, {"a": "\udc80"}]),
    *(("files", value) for value in [[5], [""], ["\0"], [None], {"a": 5}, {5: "conf.py"}, {"": "conf.py"}]),
    *(("files", value) for value in [{"a": "conf.py", "a/b": "conf.py"}, {"a": "."}, {"a": "pipe"}, {"a": "none.txt"}]),
    *(("hosts", value) for value in [{5: "x"}, {"": "x"}, {"a\nb": "x"}, {"a" * 300: "x"}, {"a b": "x"}]),
    *(("hosts", {"a.example": {"handler": value}}) for value in ["nothing", ":", "a:", 5, "a:b:c", "a-b:c"]),
]


@pytest.mark.parametrize(("name", "value"), ODD_VALUES, ids=lambda value: f"{value!a:.40}")
def test_an_odd_value_is_a_configuration_error_with_its_name(name: str, value: object, tmp_path: Path) -> None:
    """Before anything is read, and without a traceback."""
    (tmp_path / "index.rst").write_text("A\n=\n")
    os.mkfifo(tmp_path / "pipe")
    conf = f'extensions = ["sphinx_await"]\nawait_{name} = {value!r}\n'
    (tmp_path / "conf.py").write_text(conf, encoding="utf-8")
    folders = (tmp_path, tmp_path, tmp_path / "out", tmp_path / "doctrees")
    with pytest.raises(ConfigError, match=f"await_{name}"), docutils_namespace():
        Sphinx(*folders, "html", status=None, warning=None)
