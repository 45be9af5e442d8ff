"""Builds frozen dataclasses from JSON data of any origin, and checks the type of every value.

A cache can come from another machine, and a program can write anything. So data either has the types that the
dataclasses declare, or is refused with the place of the error.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import RecordingError

if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[Any, str], Any]

Built = TypeVar("Built")

#: In the metadata of a field: data always has it, although the dataclass has a default.
ALWAYS = "always"
#: Integers that every reader of JSON can hold exactly.
_LARGEST = 2**53
_LONGEST = 1e9  # seconds, 30 years: every number that is not whole is a moment or a duration


def build(kind: type[Built], data: Any, where: str) -> Built:
    """Build an object of a frozen dataclass from JSON data.

    :param where: the name of the data in messages.
    :raises RecordingError: a field is missing, unknown, or of the wrong type.
    """
    any_kind: Any = kind
    read: Reader = _reader(any_kind)
    built: Built = read(data, where)
    return built


@cache
def _reader(kind: Any) -> Reader:
    """The function that checks and converts a value of a type."""
    if is_dataclass(kind):
        return _object(kind)
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _items(arguments[0])
    if origin in (Union, types.UnionType):
        return _optional(*(one for one in arguments if one is not types.NoneType))
    if origin is Mapping:
        return _mapping
    raise TypeError(f"no reader for {kind!r}")


def _is_needed(one: Field[Any]) -> bool:
    return one.metadata.get(ALWAYS, False) or (one.default is MISSING and one.default_factory is MISSING)


def _object(kind: Any) -> Reader:
    hints = get_type_hints(kind)
    readers = {one.name: _reader(hints[one.name]) for one in fields(kind)}
    needed = {one.name for one in fields(kind) if _is_needed(one)}

    def read(data: Any, where: str) -> Any:
        if not isinstance(data, dict):
            raise _wrong(where, "an object", data)
        if unknown := sorted(map(str, data.keys() - readers.keys())):
            raise RecordingError(f"{where}: unknown field {unknown[0]!r:.60}")
        if missing := sorted(needed - data.keys()):
            raise RecordingError(f"{where}: field {missing[0]!r} is missing")
        return kind(**{name: readers[name](value, f"{where}.{name}") for name, value in data.items()})

    return read


def _items(kind: Any) -> Reader:
    reader = _reader(kind)

    def read(data: Any, where: str) -> Any:
        if not isinstance(data, list | tuple):
            raise _wrong(where, "a list", data)
        return tuple(reader(value, f"{where}[{index}]") for index, value in enumerate(data))

    return read


def _optional(kind: Any) -> Reader:
    reader = _reader(kind)
    return lambda data, where: None if data is None else reader(data, where)


def _mapping(data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise _wrong(where, "an object", data)
    return {_text(name, where): _text(value, f"{where}[{name!r}]") for name, value in data.items()}


def _text(data: Any, where: str) -> str:
    if type(data) is not str:
        raise _wrong(where, "a text", data)
    return data


def _flag(data: Any, where: str) -> bool:
    if type(data) is not bool:
        raise _wrong(where, "true or false", data)
    return data


def _whole_number(data: Any, where: str) -> int:
    if type(data) is not int or abs(data) > _LARGEST:
        raise _wrong(where, "a whole number", data)
    return data


def _number(data: Any, where: str) -> float:
    if type(data) not in (int, float) or not abs(data) <= _LONGEST:  # NaN is not
        raise _wrong(where, "a number of seconds", data)
    number: float = data
    return number


def _wrong(where: str, wanted: str, found: Any) -> RecordingError:
    shown = repr(found) if isinstance(found, int | float | bool | type(None)) else type(found).__name__
    return RecordingError(f"{where}: {wanted} expected, found {shown[:40]}")


_PLAIN: dict[Any, Reader] = {str: _text, bool: _flag, int: _whole_number, float: _number}
