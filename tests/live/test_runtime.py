"""What the runtime is made of: the lock files, the notices and the code say the same."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

from sphinx_await.core.validation import browser_support

from ..conftest import PROJECT, run_python
from ..support.runtime_scripts import LIVE, load

if TYPE_CHECKING:
    from pathlib import Path

NOTICES = (PROJECT / "THIRD-PARTY-NOTICES.md").read_text(encoding="utf-8")
REQUIREMENTS = (LIVE / "requirements.txt").read_text(encoding="utf-8")


def test_every_package_has_a_notice() -> None:
    """With the version that is locked, and nothing is named that is not there."""
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", REQUIREMENTS, re.MULTILINE))
    named = dict(re.findall(r"^\| ([\w.-]+) ([\d.]+) \| `web` \|", NOTICES, re.MULTILINE))
    assert locked == named
    lock = json.loads((LIVE / "package-lock.json").read_text(encoding="utf-8"))
    assert f"| Pyodide {lock['packages']['node_modules/pyodide']['version']} |" in NOTICES


def test_every_package_of_the_editor_has_a_notice() -> None:
    """By the end of its name, or by that of the family."""
    lock = json.loads((LIVE.parent / "editor" / "package-lock.json").read_text(encoding="utf-8"))
    folders = [folder for folder in lock["packages"] if folder and "esbuild" not in folder]
    bundled = {folder.removeprefix("node_modules/").removeprefix("@marijn/").partition("/")[0] for folder in folders}
    rows = " ".join(line.lower() for line in NOTICES.splitlines() if "`codemirror.js` |" in line)
    assert [name for name in sorted(bundled) if name.removeprefix("@") not in rows] == []


def test_every_licence_that_must_travel_has_its_text() -> None:
    """Of what is no package with a text of its own."""
    rows = re.findall(r"^\| [^|]+ \| (?!`web`|`codemirror)[^|]+ \| ([^|]+) \|", NOTICES, re.MULTILINE)
    needed = {one for row in rows for one in row.split(" and ")} - {"licence", "---"}
    elsewhere = {"PSF-2.0", "MPL-2.0", "Zlib", "0BSD", "public domain"}  # a file of its own; an address; needs none
    assert needed - elsewhere == set(re.findall(r"^## (.+)$", NOTICES, re.MULTILINE))


def test_lock_files_name_no_address() -> None:
    """They are good for any mirror of the registries."""
    texts = [path.read_text(encoding="utf-8") for path in (LIVE / "package-lock.json", LIVE / "requirements.txt")]
    assert [text for text in texts if "://" in text] == []


def test_what_is_carried_is_what_programs_may_import() -> None:
    """The modules for which a page fetches the part `web` are those of the distributions that are locked."""
    locked = re.findall(r"^([\w.-]+)==", REQUIREMENTS, re.MULTILINE)
    modules = {name for name, homes in packages_distributions().items() if set(homes) & set(locked)}
    assert {name for name in modules if not name.startswith("_")} >= browser_support.CARRIED
    assert {name.replace("-", "_") for name in locked} <= browser_support.CARRIED
    assert set(load("build").MODULES) == browser_support.CARRIED


def test_a_runtime_of_other_files_is_built_anew() -> None:
    """The digest of the sources changes with any of them."""
    module = load("build")
    before = module.sources()
    vars(module)["SCRIPTS"] = {"frame": vars(module)["SCRIPTS"]["worker"]}
    assert len(before) == 64
    assert module.sources() != before


def test_the_licence_of_python_is_that_of_a_package(tmp_path: Path) -> None:
    """Whose wheel is at hand wherever the runtime is built."""
    module = load("build")
    with zipfile.ZipFile(tmp_path / f"{module.LIKE_PYTHON}-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("a-1.dist-info/licenses/LICENSE", "PSF")
    assert module._licence(tmp_path, module.LIKE_PYTHON) == b"PSF"
    assert f"{module.LIKE_PYTHON}==" in REQUIREMENTS


def test_a_wheel_made_of_the_sdist_holds_the_runtime(tmp_path: Path) -> None:
    """And the editor, and the notices of both, though git ignores the first two."""
    source = tmp_path / "source"
    package = source / "extensions" / "sphinx_await"
    left = shutil.ignore_patterns("runtime", "codemirror.js", "__pycache__")
    shutil.copytree(PROJECT / "extensions" / "sphinx_await", package, ignore=left)
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD-PARTY-NOTICES.md", ".gitignore"):
        shutil.copy(PROJECT / name, source)
    (source / "tools").mkdir()
    shutil.copy(PROJECT / "tools" / "pypi_readme.py", source / "tools")
    runtime = package / "browser" / "runtime"
    runtime.mkdir()
    made = [runtime / "manifest.json", runtime / "wasm-1.bin", package / "browser" / "static" / "codemirror.js"]
    for path in made:
        path.write_text("made", encoding="utf-8")
    hatch("sdist", source, tmp_path)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    hatch("wheel", next(tmp_path.joinpath("sdist").iterdir()), tmp_path)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {path.relative_to(source / "extensions").as_posix() for path in made} <= set(names)
    assert [name for name in names if name.endswith("licenses/THIRD-PARTY-NOTICES.md")]


def hatch(target: str, source: Path, folder: Path) -> None:
    """Build the project with its backend, without any network."""
    done = run_python("-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    assert done.returncode == 0, done.stderr
