"""The walls between packages. Import-linter's contracts in pyproject.toml hold most of them (``nox -s lint``)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sphinx_await.engine.cache.store import RECORDING, digest_of_code
from sphinx_await.sphinxext.run.build_state import SHOWING, stamps_of

from ..conftest import PROJECT, run_python

EXTENSIONS = PROJECT / "extensions"
PACKAGE = EXTENSIONS / "sphinx_await"


def modules_below(package: str) -> list[str]:
    """The dotted names of all modules below a package, and its own."""
    files = sorted((EXTENSIONS / package.replace(".", "/")).rglob("*.py"))
    names = [".".join(path.relative_to(EXTENSIONS).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in names]


@pytest.mark.parametrize("module", modules_below("sphinx_await.core"))
def test_core_needs_no_other_package(module: str) -> None:
    """Each module of core can be imported where there is only the standard library."""
    code = (
        f"import sys; sys.path.append({str(EXTENSIONS)!r}); import {module}\n"
        "tops = {name.partition('.')[0] for name in sys.modules}\n"
        "print(*sorted(tops - set(sys.stdlib_module_names) - {'sphinx_await', '__main__'}))"
    )
    done = run_python("-I", "-S", "-W", "error", "-c", code)
    assert done.stderr == ""
    assert done.stdout.split() == []


@pytest.mark.parametrize(
    "module",
    ["sphinx_await", "sphinx_await.engine.scheduler", "sphinx_await.engine.cache.store", "sphinx_await.__main__"],
)
def test_importing_is_light(module: str) -> None:
    """Importing the engine loads neither asyncio, nor aiohttp, nor Sphinx."""
    code = f"import sys; sys.path.insert(0, {str(EXTENSIONS)!r}); import {module}; print(*sys.modules)"
    done = run_python("-I", "-c", code)
    assert done.stderr == ""
    loaded = set(done.stdout.split())
    assert module in loaded
    assert loaded & {"asyncio", "aiohttp", "sphinx", "docutils"} == set()


def test_what_a_recording_depends_on_is_in_its_key() -> None:
    """The engine and the recorder load no package of core that the cache key leaves out."""
    modules = [name for folder in RECORDING for name in modules_below(f"sphinx_await.{folder.replace('/', '.')}")]
    done = run_python("-c", "import sys, " + ", ".join(modules) + "; print(*sys.modules)")
    assert done.stderr == ""
    loaded = {name for name in done.stdout.split() if name.startswith("sphinx_await.")}
    assert set(modules) <= loaded
    covered = {"sphinx_await.core", "sphinx_await._version", *modules_in_core_itself(), *modules}
    assert loaded - covered == set()


def modules_in_core_itself() -> set[str]:
    """The modules of core that are in none of its packages; the key covers them, too."""
    return {f"sphinx_await.core.{path.stem}" for path in (PACKAGE / "core").glob("*.py")}


@pytest.mark.parametrize("folder", ["core", *RECORDING, "core/recorder/deep/deeper"])
def test_a_new_file_of_the_recorder_changes_the_cache_key(folder: str, tmp_path: Path) -> None:
    """A file that is added anywhere in the recorder or the engine makes all older recordings invalid."""
    package = shutil.copytree(PACKAGE, tmp_path / "sphinx_await", ignore=shutil.ignore_patterns("runtime"))
    before = digest_of_code(package)
    (package / folder).mkdir(parents=True, exist_ok=True)
    (package / folder / "new.py").write_text("")
    assert digest_of_code(package) != before


@pytest.mark.parametrize("folder", [*SHOWING, "core/renderers/deep", "sphinxext/locale/xx/LC_MESSAGES"])
def test_a_new_file_changes_what_pages_are_compared_with(folder: str, tmp_path: Path) -> None:
    """A file that is added anywhere in the code that writes pages makes the next build write them again."""
    package = shutil.copytree(PACKAGE, tmp_path / "sphinx_await", ignore=shutil.ignore_patterns("runtime"))
    before = stamps_of(package)
    (package / folder).mkdir(parents=True, exist_ok=True)
    (package / folder / "new.py").write_text("")
    assert stamps_of(package) != before


def test_the_contracts_hold() -> None:
    """Import-linter finds no import that crosses a wall or goes round in a circle."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not even by imports in functions; those for types alone do not count."""
    code = (
        "import grimp; from graphlib import TopologicalSorter as Sorter; "
        "graph = grimp.build_graph('sphinx_await', exclude_type_checking_imports=True, cache_dir=None); "
        "Sorter({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}).prepare()"
    )
    done = run_python("-c", code, environment={"PYTHONPATH": str(EXTENSIONS)})
    assert done.returncode == 0, done.stderr
