"""Runs in Pyodide under Node: compiles Python files for Pyodide's Python into zips that start fast.

A zip of compiled files, not compressed, is what Python imports fastest from; what is served is compressed as a whole.
"""

from __future__ import annotations

import ast
import importlib._bootstrap_external as bootstrap
import importlib.util
import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx_await.core.portable import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Functions of these are compiled again by the recorder, from source.
WITH_SOURCE = {"asyncio/events.py", "asyncio/base_events.py", "threading.py", "concurrent/futures/thread.py"}
#: Pyodide reads some of its own; a dataclass without one spends time on making it.
WITH_DOCSTRINGS = ("_pyodide/", "pyodide/", "sphinx_await/")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same zip for the same files


def pack(files: Iterator[tuple[str, bytes]], place: str, target: Path) -> None:
    """Write a zip of files, those of Python compiled.

    :param place: where the zip will lie in Pyodide, for tracebacks.
    """
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files):
            if name.endswith(".py"):
                tree = ast.parse(data)
                if not name.startswith(WITH_DOCSTRINGS):
                    drop_docstrings(tree)
                code = compile(tree, f"{place}/{name}", "exec", dont_inherit=True, optimize=0)
                compiled = bootstrap._code_to_hash_pyc(code, importlib.util.source_hash(data), checked=False)  # type: ignore[attr-defined] # noqa: SLF001 - what py_compile calls
                archive.writestr(zipfile.ZipInfo(f"{name}c", _EPOCH), compiled)
            if not name.endswith(".py") or name in WITH_SOURCE:
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    target.write_bytes(made.getvalue())


def drop_docstrings(tree: ast.Module) -> None:
    """Take the docstrings out of a module: a fifth of what a reader would load. Assertions stay."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and type(first.value.value) is str:
                nothing = [] if len(node.body) > 1 else [ast.copy_location(ast.Pass(), first)]
                node.body = [*nothing, *node.body[1:]]


def stdlib(source: Path) -> Iterator[tuple[str, bytes]]:
    """The files of Pyodide's standard library, without what is left out."""
    with zipfile.ZipFile(source) as archive:
        for name in archive.namelist():
            top = name.partition("/")[0].removesuffix(".py")
            if not name.endswith("/") and top not in LEFT_OUT:
                yield name, archive.read(name)


def wheels(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The modules of wheels, with their names and licences."""
    for path in folder.glob("*.whl"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                is_told = name.endswith("/METADATA") or "/licenses/" in name
                if (name.endswith(".py") and "pytest_plugin" not in name) or (is_told and not name.endswith("/")):
                    yield name, archive.read(name)


def project(extensions: Path) -> Iterator[tuple[str, bytes]]:
    """The files of this project that run in a browser."""
    package = extensions / "sphinx_await"
    for path in (package / "__init__.py", *package.glob("core/*.py"), *package.glob("browser/*.py")):
        yield path.relative_to(extensions).as_posix(), path.read_bytes()


def main(extensions: str, pyodide: str, downloads: str, target: str) -> None:
    """Write the three zips into a folder."""
    out = Path(target)
    pack(stdlib(Path(pyodide, "python_stdlib.zip")), "/lib/python314.zip", out / "stdlib")
    pack(wheels(Path(downloads)), "/lib/web.zip", out / "web")
    pack(project(Path(extensions)), "/lib/sphinx_await.zip", out / "project")
