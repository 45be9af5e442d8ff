from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from sphinx_await.engine.cache import SHOWING

from ..conftest import PROJECT, run_python

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXTENSIONS = PROJECT / "extensions"
PACKAGE = EXTENSIONS / "sphinx_await"
FILES = sorted(PACKAGE.rglob("*.py"))
CORE = sorted(path.stem for path in (PACKAGE / "core").glob("*.py"))

#: For each layer (a folder, or a file beside it), which layers it may import; "__init__" is the package itself.
ARROWS = {
    "core": {"core"},
    "engine": {"core", "engine"},
    "sphinxext": {"core", "engine", "sphinxext", "__init__"},
    "pytest_plugin": {"core", "engine", "__init__"},
    "browser": {"core", "browser"},
    "__init__": {"sphinxext"},
    "__main__": {"core", "engine", "sphinxext", "__init__"},
}
SPHINX = {"sphinx", "docutils", "sphinx_exec_code", "myst_parser", "markdown_it"}
WEB = {"aiohttp", "trustme"}
#: Exists for type checkers only.
TYPES = {"_typeshed"}


@dataclass(frozen=True)
class Import:
    """One import of a file: the absolute name, the line, and whether it happens when the file is imported."""

    name: str
    line: int
    at_once: bool

    @property
    def top(self) -> str:
        """The name of the outermost package."""
        return self.name.partition(".")[0]

    @property
    def layer(self) -> str:
        """Which part of this package it names."""
        return self.name.partition(".")[2].partition(".")[0] or "__init__"


def layer_of(path: Path) -> str:
    """The folder of the package in which a file stands, or its own name beside the folders."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


def imports_of(path: Path) -> Iterator[Import]:
    """All imports of a file, also those inside functions and those that only a type checker follows."""
    yield from _walk(ast.parse(path.read_bytes(), str(path)), path, at_once=True)


def _walk(node: ast.AST, path: Path, *, at_once: bool) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, at_once)
    elif isinstance(node, ast.ImportFrom):
        for name in _named(node, path):
            yield Import(name, node.lineno, at_once)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        at_once = False
    later: list[ast.stmt] = node.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) else []
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, path, at_once=at_once and child not in later)


def _named(node: ast.ImportFrom, path: Path) -> Iterator[str]:
    """The modules that a ``from`` names: the one after it, or those in the package after it."""
    package = path.parent.relative_to(EXTENSIONS).parts
    above = list(package[: len(package) - node.level + 1]) if node.level else []
    module = ".".join([*above, *([node.module] if node.module else [])])
    for alias in node.names:
        inner = EXTENSIONS.joinpath(*module.split("."), alias.name)
        yield f"{module}.{alias.name}" if inner.with_suffix(".py").exists() or inner.is_dir() else module


def wrong(path: Path, found: Import) -> str | None:
    """What is wrong with an import at its place, or None."""
    layer = layer_of(path)
    place = f"{path.relative_to(EXTENSIONS)}:{found.line}: {found.name}"
    if found.top == PACKAGE.name:
        return None if found.layer in ARROWS[layer] else f"{place}: {layer} does not reach {found.layer}"
    if found.top in sys.stdlib_module_names:
        return None
    return None if _may_import(path, layer, found) else f"{place}: is not for {layer}"


def _may_import(path: Path, layer: str, found: Import) -> bool:
    if found.top in TYPES:
        return not found.at_once
    match layer:
        case "engine":
            return found.top in WEB and (not found.at_once or path.name == "web.py")
        case "sphinxext":
            return found.top in SPHINX
        case "__init__" | "__main__":
            return found.top in SPHINX and not found.at_once
        case "pytest_plugin":
            return found.top in {"pytest", "_pytest"}
        case _:
            return False


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    """Each file imports only from its own layer and those below, and only what its layer may know."""
    assert [message for found in imports_of(path) if (message := wrong(path, found))] == []


def test_imports_are_seen() -> None:
    """The imports of a file are found wherever they stand, and named in full."""
    found = {(name.name, name.at_once) for path in FILES for name in imports_of(path)}
    assert ("sphinx_await.core.journal", True) in found
    assert ("sphinx_await.sphinxext", False) in found
    assert ("aiohttp", False) in found
    assert ("sphinx.application", False) in found
    assert ("sphinx_exec_code.code_format", True) in found


@pytest.mark.parametrize(
    ("where", "code", "message"),
    [
        ("core/x.py", "from ..engine import engine", "core does not reach engine"),
        ("core/x.py", "from sphinx_await import sphinxext", "core does not reach sphinxext"),
        ("core/x.py", "from .. import __version__", "core does not reach __init__"),
        ("core/x.py", "def f():\n    import aiohttp.web", "aiohttp.web: is not for core"),
        ("core/x.py", "if TYPE_CHECKING:\n    from ..engine.settings import Settings", "core does not reach engine"),
        ("core/x.py", "import _typeshed", "_typeshed: is not for core"),
        ("engine/x.py", "try:\n    import aiohttp\nexcept ImportError:\n    pass", "aiohttp: is not for engine"),
        ("engine/x.py", "def f():\n    import sphinx", "sphinx: is not for engine"),
        ("engine/x.py", "from ..sphinxext.code import read_code", "engine does not reach sphinxext"),
        ("sphinxext/x.py", "import numpy", "numpy: is not for sphinxext"),
        ("__main__.py", "import sphinx.application", "sphinx.application: is not for __main__"),
        ("core/x.py", "import asyncio\nfrom .journal import Kind", None),
        ("core/x.py", "if TYPE_CHECKING:\n    from _typeshed import ReadableBuffer", None),
        ("engine/web.py", "import aiohttp", None),
        ("engine/x.py", "async def f():\n    import trustme", None),
        ("__main__.py", "def f():\n    from sphinx.application import Sphinx", None),
    ],
)
def test_an_import_that_bends_an_arrow_is_seen(where: str, code: str, message: str | None) -> None:
    """What must not be imported somewhere is told, whatever the form of the import; what may be is not."""
    path = PACKAGE / where
    found = list(_walk(ast.parse(code), path, at_once=True))
    messages = [told for one in found if (told := wrong(path, one))]
    assert found
    assert [told.partition(": ")[2] for told in messages] == ([] if message is None else [_completed(message, found)])


def _completed(message: str, found: list[Import]) -> str:
    return message if message.startswith(found[-1].name) else f"{found[-1].name}: {message}"


@pytest.mark.parametrize("module", CORE)
def test_core_needs_no_other_package(module: str) -> None:
    """Each module of core is imported where there is nothing but the standard library."""
    name = PACKAGE.name if module == "__init__" else f"{PACKAGE.name}.core.{module}"
    code = (
        f"import sys; sys.path.append({str(EXTENSIONS)!r}); import {name}, sphinx_await.core\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(tops - set(sys.stdlib_module_names) - {'sphinx_await', '__main__'}))"
    )
    done = run_python("-I", "-S", "-W", "error", "-c", code)
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("sphinx_await", {"asyncio", "aiohttp", "sphinx", "docutils"}),
        ("sphinx_await.engine.engine", {"asyncio", "aiohttp", "sphinx", "docutils"}),
        ("sphinx_await.engine.cache", {"asyncio", "aiohttp", "sphinx", "docutils"}),
        ("sphinx_await.__main__", {"asyncio", "aiohttp", "sphinx", "docutils"}),
    ],
)
def test_importing_is_light(module: str, heavy: set[str]) -> None:
    """Who imports the engine pays for neither asyncio, nor aiohttp, nor Sphinx."""
    code = f"import sys; sys.path.insert(0, {str(EXTENSIONS)!r}); import {module}; print(*sys.modules)"
    done = run_python("-I", "-c", code)
    assert done.stderr == ""
    loaded = set(done.stdout.split())
    assert module in loaded
    assert loaded & heavy == set()


def test_what_only_shows_recordings_makes_none() -> None:
    """No module that the engine reaches is among those whose changes leave recordings valid."""
    reached: set[str] = set()
    todo = [PACKAGE / "engine" / path.name for path in (PACKAGE / "engine").glob("*.py")]
    while todo:
        names = {one.name.rpartition(".")[2] for one in imports_of(todo.pop()) if one.layer == "core"} - reached
        reached |= names
        todo += [path for name in names if (path := PACKAGE / "core" / f"{name}.py").exists()]
    assert {"journal", "recorder", "decode"} <= reached
    assert reached & SHOWING == set()
    assert set(CORE) >= SHOWING
