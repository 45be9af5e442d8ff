"""The catalogue of translations of sphinx_await: taken from the sources, merged into each language, compiled.

``python tools/catalogue.py`` brings every file up to date and names what is not translated yet, which is an exit
status of 1. ``nox -s locale`` does the same in an environment of its own.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[1] / "extensions" / "sphinx_await"
LOCALE = PACKAGE / "sphinxext" / "locale"
DOMAIN = "sphinx_await"
#: Which argument of which call is a string for readers: its position, and its name.
CALLS = {"_": (0, "message"), "N_": (0, "text"), "Message": (0, "template"), "_value": (2, "text")}
#: Languages that were begun, and wait for somebody whose own they are: there, what only authors see may be missing.
BEGUN = frozenset({"ja", "zh_CN"})
FOR_AUTHORS = frozenset(
    {
        *("core/validation/advice.py", "core/validation/expected_output.py", "core/validation/faults.py"),
        *("core/validation/predictions.py", "core/validation/verdict.py", "course/config.py"),
        *("sphinxext/read/references.py", "sphinxext/read/tables.py", "sphinxext/run/judging.py"),
    }
)
_WIDTH = 110


def extracted() -> Catalog:
    """All strings for readers that stand in the sources."""
    catalog = Catalog()
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_bytes(), str(path))
        for call, text in sorted(_strings(tree), key=lambda found: (found[0].lineno, found[0].col_offset)):
            catalog.add(text, locations=[(path.relative_to(PACKAGE).as_posix(), call.lineno)])
    return catalog


def _strings(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    # Not by Babel's own extractor: before Python 3.12 it does not look into f-strings.
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            position, name = CALLS[node.func.id]
            given = [*node.args[position : position + 1], *(one.value for one in node.keywords if one.arg == name)]
            for text in given:
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield node, text.value


def languages() -> list[Path]:
    """The file of each language."""
    return sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))


def read(path: Path) -> Catalog:
    """A catalogue from its file."""
    with path.open("rb") as file:
        return read_po(file)


def unfinished(catalog: Catalog) -> list[str]:
    """The strings that have no translation, one that was guessed, or one with other places for values.

    In a language that was begun, those for authors may have none.
    """
    found = (message for message in catalog if message.id and not _is_finished(message))
    if catalog.locale_identifier in BEGUN:
        found = (message for message in found if message.string or not _is_for_authors(message))
    return [str(message.id) for message in found]


def _is_for_authors(message: Message) -> bool:
    return all(file in FOR_AUTHORS for file, _line in message.locations)


def _is_finished(message: Message) -> bool:
    places, theirs = (re.findall(r"\{\w*\}", str(text)) for text in (message.id, message.string))
    same = sorted(places) == sorted(theirs)
    return bool(message.string) and not message.fuzzy and not message.check() and same


def _bring_up_to_date(path: Path, template: Catalog) -> list[str]:
    catalog = read(path)
    created = catalog.creation_date
    catalog.update(template, no_fuzzy_matching=True)
    catalog.creation_date = created  # else each run would change the file
    _write(path, catalog, omit_header=False)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    path.with_suffix(".mo").write_bytes(compiled.getvalue())
    return unfinished(catalog)


def _write(path: Path, catalog: Catalog, *, omit_header: bool) -> None:
    text = io.BytesIO()
    write_po(text, catalog, _WIDTH, omit_header=omit_header, include_lineno=False, ignore_obsolete=True)
    path.write_bytes(text.getvalue())


def main() -> int:
    """Write all files; the number of languages in which something is left to translate."""
    template = extracted()
    _write(LOCALE / f"{DOMAIN}.pot", template, omit_header=True)
    left = {path: strings for path in languages() if (strings := _bring_up_to_date(path, template))}
    for path, strings in left.items():
        print(f"{path}: to translate:", *strings, sep="\n  ")
    return len(left)


if __name__ == "__main__":
    sys.exit(main())
