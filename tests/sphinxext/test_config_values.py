"""Odd values of the configuration: each is refused with its name."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sphinx_await.core.errors import OptionError
from sphinx_await.engine.settings import Host
from sphinx_await.sphinxext.config import AwaitConfig

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
        5,
        None,
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_a_host_that_means_nothing_is_refused_by_name(given: object) -> None:
    """Each field has a type and a range."""
    with pytest.raises(OptionError, match=r"await_hosts: a\.example"):
        Host.parse("a.example", given)
