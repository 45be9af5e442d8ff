"""Write the JSON Schema of recordings, from the dataclasses: ``python tools/recording_schema.py``.

Types, fields and defaults are those of the dataclasses, descriptions those of their docstrings, in Markdown. The tables
of the guide are made from this file.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from sphinx_await.core.model.from_data import ALWAYS
from sphinx_await.core.model.recording import EVENTS, KINDS, LEFT, OUTCOMES, SCHEMA, STREAMS, Recording

TARGET = Path(__file__).parent.parent / "source" / "guide" / "recording.schema.json"
#: Texts that are one of a few, by class and field.
WORDS = {
    ("Output", "stream"): STREAMS,
    ("Task", "outcome"): OUTCOMES,
    ("Event", "kind"): EVENTS,
    ("Generator", "kind"): KINDS,
    ("Turn", "left"): LEFT,
}
_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number"}
_FIELD = re.compile(r"^\s*:ivar (?P<name>\w+): (?P<text>.*?)(?=^\s*:ivar |\Z)", re.MULTILINE | re.DOTALL)
_ROLE = re.compile(r":\w+:`[.~]*(?:[A-Z]\w+\.)?([^`]+)`")


def make_schema() -> dict[str, Any]:
    """The schema of the version that is written now."""
    objects: dict[str, Any] = {}
    root = _object(Recording, objects)
    root["properties"] = {"schema": {"const": SCHEMA, "description": "version of the format"}, **root["properties"]}
    root["required"] = ["schema", *root["required"]]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A recording of sphinx-await, version {SCHEMA}",
    }
    return {**head, **root, "$defs": dict(sorted(objects.items()))}


def schema_text() -> str:
    """The text of the file."""
    return json.dumps(make_schema(), indent=2, ensure_ascii=False) + "\n"


def _object(kind: Any, objects: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    summary, described = _documented(kind)
    properties = {}
    for one in fields(kind):
        schema = _schema(hints[one.name], objects)
        if words := WORDS.get((kind.__name__, one.name)):
            schema["enum"] = [*sorted(words), *([None] if "null" in schema["type"] else [])]
        if one.name in described:
            schema["description"] = described[one.name]
        if one.default is not MISSING:
            schema["default"] = list(one.default) if isinstance(one.default, tuple) else one.default
        elif one.default_factory is not MISSING:
            schema["default"] = {}
        properties[one.name] = schema
    needed = [one.name for one in fields(kind) if _is_needed(one)]
    return {
        "description": summary,
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _is_needed(one: Field[Any]) -> bool:
    return one.metadata.get(ALWAYS, False) or (one.default is MISSING and one.default_factory is MISSING)


def _schema(kind: Any, objects: dict[str, Any]) -> dict[str, Any]:
    if is_dataclass(kind):
        name = getattr(kind, "__name__", "")
        if name not in objects:
            objects[name] = _object(kind, objects)
        return {"$ref": f"#/$defs/{name}"}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return {"type": "array", "items": _schema(arguments[0], objects)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1], objects)}
    if origin in (Union, types.UnionType):
        (inner,) = (one for one in arguments if one is not types.NoneType)
        schema = _schema(inner, objects)
        return {"type": [schema["type"], "null"]} if "type" in schema else {"anyOf": [schema, {"type": "null"}]}
    raise TypeError(f"no schema for {kind!r}")


def _documented(kind: Any) -> tuple[str, dict[str, str]]:
    """The summary of a class, and what its docstring says of each field."""
    text = kind.__doc__ or ""
    described = {match["name"]: _plain(match["text"]) for match in _FIELD.finditer(text)}
    return _plain(text.partition("\n\n")[0]), described


def _plain(text: str) -> str:
    words = " ".join(_ROLE.sub(r"`\1`", text).replace("``", "`").split())
    return re.sub(r"\bNone\b", "null", words).removesuffix(".")


if __name__ == "__main__":
    TARGET.write_text(schema_text(), encoding="utf-8")
