"""Rows of tables from parsers of command lines, docstrings and a JSON Schema; and tables in Markdown from rows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

#: The cells of a row, in Markdown.
Row = tuple[str, ...]

#: What is code in the help of an option, where nothing marks it: options, files, names of values, and words to fill in.
_CODE = re.compile(r"--[a-z][a-z-]*|\b\w+\.py\b|\bawait_\*|\bpython -m \w+|\b[A-Z]{3,}\b")

_FIELD = re.compile(r"^\s*:ivar (?P<name>\w+): (?P<text>.*?)(?=^\s*:ivar |\Z)", re.MULTILINE | re.DOTALL)
#: What an author calls a type of JSON.
_TYPES = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "list",
    "object": "object",
}
#: What an object of JSON Schema is that refers to another one.
_OBJECT = {"type": "object"}


def markdown_table(heads: Row, rows: Iterable[Row]) -> list[str]:
    """The lines of a table; what divides cells is escaped in them, also in code."""
    cells = [heads, tuple("---" for _ in heads), *rows]
    return ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in cells]


def translations(catalogue: Path) -> dict[str, str]:
    """What the file of a language says for cells. Each table reads it anew: a page has few of them."""
    from babel.messages.pofile import read_po

    with catalogue.open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and message.string}


def command_rows(parser: argparse.ArgumentParser) -> Iterator[Row]:
    """Each option of a command with what it does, in the order of its help."""
    for action in parser._actions:  # noqa: SLF001 - argparse lists them nowhere else
        if not action.option_strings or action.dest == "help":
            continue
        form = action.option_strings[-1]
        if action.nargs != 0:
            choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
            form += f" {action.metavar or choices}"
        said = (action.help or "") % {**vars(action), "prog": parser.prog}
        yield f"`{form}`", _CODE.sub(lambda found: f"`{found[0]}`", said)


def option_rows(docstring: str, names: Collection[str], forms: Mapping[str, tuple[str, ...]]) -> Iterator[Row]:
    """Each option of a docstring, with its opposite.

    :param names: of all options and opposites.
    :param forms: how values are written, by option.
    """
    for found in _FIELD.finditer(docstring):
        name = found["name"].replace("_", "-")
        written = [f"{name}={form}" if form else name for form in forms.get(name, ("",))]
        if f"no-{name}" in names:
            written.append(f"no-{name}")
        yield ", ".join(f"`{one}`" for one in written), _markdown(" ".join(found["text"].split()))


def field_rows(properties: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Each property of an object of a JSON Schema, with what it has if it is missing."""
    for name, schema in properties.items():
        default = ""
        if "default" in schema:
            value = schema["default"]
            default = "empty" if value in ([], {}) else json.dumps(value)
        yield f"`{name}`", _type_of(schema), schema.get("description", ""), default


def _type_of(schema: Mapping[str, Any]) -> str:
    """The words for a type."""
    if "anyOf" in schema:
        return " or ".join(_type_of(one) for one in schema["anyOf"])
    if "const" in schema:
        return _TYPES["integer"]
    kinds = (_OBJECT if "$ref" in schema else schema)["type"]
    if kinds == "array" and (item := _TYPES.get(schema["items"].get("type", ""))):
        return f"list of {item}s"
    return " or ".join(_TYPES.get(kind, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def definition_rows(docstring: str) -> Iterator[Row]:
    """Each term of a docstring whose definitions are indented below their terms, which are code."""
    term, said = "", list[str]()
    for line in [*docstring.splitlines(), "``"]:
        if line.startswith("``"):
            if said:
                yield _markdown(term), _markdown(" ".join(said))
            term, said = line, []
        elif term and line.strip():
            said.append(line.strip())


def _markdown(text: str) -> str:
    """What a docstring says, in which code has two backticks."""
    return text.replace("``", "`")
