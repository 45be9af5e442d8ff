"""Compile Python files for Pyodide's Python into zips that start fast. Runs in Pyodide under Node.

Python imports fastest from a zip of compiled files that is not compressed itself. The served file is compressed.
"""

from __future__ import annotations

import ast
import importlib
import importlib._bootstrap_external as bootstrap
import importlib.util
import io
import json
import marshal
import re
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sitecustomize_pyodide import PATTERNS  # type: ignore[import-not-found] # beside this file

from sphinx_await.browser import execution, streaming_journal
from sphinx_await.browser.execution import PRECOMPILED_FILE
from sphinx_await.core.journal.records import HEADER, output_cost
from sphinx_await.core.recorder import patching
from sphinx_await.core.recorder.hooks import Hooks
from sphinx_await.core.recorder.import_hook import ImportHook
from sphinx_await.core.recorder.instrumentation import INSTRUMENTERS, instrument
from sphinx_await.core.validation.browser_support import LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType, FunctionType

#: Modules of which the recorder instruments functions. Their sources are kept, since programs may read them.
WITH_SOURCE = {"asyncio/events.py", "asyncio/base_events.py", "threading.py", "concurrent/futures/thread.py"}
#: Pyodide reads some of its own docstrings; a dataclass without one computes it, which takes time.
WITH_DOCSTRINGS = ("_pyodide/", "pyodide/", "sphinx_await/")
#: A module of Pyodide that is imported at each start, the name under which it is kept, and the file that replaces it.
LOADER, INSTALLER = "pyodide/_package_loader.py", "pyodide/_installer.py"
OWN_LOADER = "package_loader.py"
#: Where the zips lie in Pyodide. The first place is CPython's own.
STDLIB = f"/lib/python{sys.version_info.major}{sys.version_info.minor}.zip"
PROJECT, WEB = "/lib/sphinx_await.zip", "/lib/web.zip"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same zip for the same files


def pack(files: Iterable[tuple[str, bytes]], place: str, target: Path) -> None:
    """Write a zip of files, those of Python compiled.

    :param place: the path of the zip in Pyodide, for tracebacks.
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
    """Remove the docstrings of a module: a fifth of what a reader would load. Assertions stay."""
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
                yield INSTALLER if name == LOADER else name, archive.read(name)


def wheels(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The modules of wheels, with their names and licences."""
    for path in folder.glob("*.whl"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                is_kept = name.endswith("/METADATA") or "/licenses/" in name
                if (name.endswith(".py") and "pytest_plugin" not in name) or (is_kept and not name.endswith("/")):
                    yield name, archive.read(name)


def sources(package: Path) -> list[Path]:
    """The files of this project that run in a browser: :mod:`sphinx_await` itself, ``core`` and ``browser``."""
    folders = (package / "core", package / "browser")
    return [
        package / "__init__.py",
        package / "_version.py",
        *sorted(
            p for folder in folders for kind in ("*.py", "*.css") for p in folder.rglob(kind) if "static" not in p.parts
        ),
    ]


def project(extensions: Path) -> Iterator[tuple[str, bytes]]:
    """The files of this project that run in a browser."""
    package = extensions / "sphinx_await"
    for path in sources(package):
        yield path.relative_to(extensions).as_posix(), path.read_bytes()


def patterns() -> bytes:
    """Return the arguments of ``_sre.compile`` for each pattern that was compiled since Python started."""
    made: list[tuple[Any, ...]] = []
    compiler: Any = re._compiler  # type: ignore[attr-defined] # noqa: SLF001 - calling it is what takes time
    sre = compiler._sre  # noqa: SLF001

    class RecordingSre:
        """Replaces ``_sre`` and notes the calls of ``compile``."""

        def __getattr__(self, name: str) -> Any:
            return getattr(sre, name)

        def compile(self, *given: Any) -> Any:
            made.append(given)
            return sre.compile(*given)

    compiler._sre = RecordingSre()  # noqa: SLF001
    try:
        asked = list(re._cache)  # type: ignore[attr-defined] # noqa: SLF001 - its keys are what it is searched for
        for _, pattern, flags in asked:
            compiler.compile(pattern, flags)
    finally:
        compiler._sre = sre  # noqa: SLF001
    # The numbers are members of an enum; marshal takes only plain ones.
    plain = [
        (pattern, int(flags), int(all_flags), list(map(int, code)), *groups)
        for (_, _, flags), (pattern, all_flags, code, *groups) in zip(asked, made, strict=True)
    ]
    return marshal.dumps(plain)


def precompiled() -> bytes:
    """Return the instrumented functions of the standard library by the keys under which the recorder looks for them."""
    made: dict[tuple[str | int, ...], CodeType] = {}
    compiled = patching.compile_patched

    def keep(function: FunctionType, *added: str) -> CodeType:
        code = made[patching.patch_key(function, *added)] = compiled(function, *added)
        return code

    for name in INSTRUMENTERS:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    hooks = Hooks()
    patching.compile_patched = keep  # type: ignore[assignment]
    instrument(hooks)
    ImportHook().install()
    patching.compile_patched = compiled
    if hooks.refused:
        raise RuntimeError(hooks.refused)
    return marshal.dumps(made)


def settings() -> dict[str, str | int]:
    """What frame and workers need to know of the Python files: paths, modules, bytes of a journal and of its header."""
    report = importlib.import_module(f"{execution.__package__}.report")
    return {
        "project": PROJECT,
        "web": WEB,
        "execution": execution.__name__,
        "report": report.__name__,
        "head": HEADER.size,
        "limit": execution.DEFAULT_LIMIT,
        "piece": output_cost(b""),
        "journal": streaming_journal.MOST + streaming_journal.ROOM,
    }


def main(extensions: str, pyodide: str, downloads: str, target: str) -> None:
    """Write the three zips, and the settings that go with them, into a folder."""
    out, here = Path(target), Path(__file__).parent
    sys.path += map(str, Path(downloads).glob("*.whl"))
    importlib.import_module("aiohttp")
    found = patterns()
    start = [
        ("sitecustomize.py", (here / "sitecustomize_pyodide.py").read_bytes()),
        (LOADER, (here / OWN_LOADER).read_bytes()),
        (PATTERNS, found),
    ]
    pack([*stdlib(Path(pyodide, "python_stdlib.zip")), *start], STDLIB, out / "stdlib")
    pack(wheels(Path(downloads)), WEB, out / "web")
    own = [*project(Path(extensions)), (f"sphinx_await/browser/{PRECOMPILED_FILE}", precompiled())]
    pack(own, PROJECT, out / "project")
    (out / "settings").write_text(json.dumps(settings()))
