"""Turns frozen dataclasses into data for JSON, as :func:`dataclasses.asdict` does, and several times as fast.

Each program of a build is stored, so this runs often. Nothing is copied that cannot be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

_PLAIN = frozenset({str, int, float, bool, type(None)})


def to_data(value: Any) -> Any:
    """Dataclasses and mappings become dicts, tuples become lists."""
    kind: Any = type(value)
    if kind in _PLAIN:
        return value
    if kind is tuple or kind is list:
        return [to_data(one) for one in value]
    if isinstance(value, Mapping):
        return {name: to_data(one) for name, one in value.items()}
    return {name: to_data(getattr(value, name)) for name in _names(kind)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
