"""Says whether a folder holds a release that is whole: ``python tools/check_wheel.py FOLDER``.

Git ignores what readers' browsers load, since sessions make it, so that a wheel without it is built without a word.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parents[1]
PACKAGE = HERE / "extensions" / "sphinx_await"
#: Files of the package, one from each tool that makes some.
NEEDED = ("sphinx_await/browser/static/codemirror.js", "sphinx_await/browser/runtime/manifest.json")
#: Licences of this project, of what the wheel contains of others, and of Python and its libraries in the runtime.
LICENCES = (
    "licenses/LICENSE",
    "licenses/THIRD-PARTY-NOTICES.md",
    "sphinx_await/browser/runtime/LICENSE-python.txt",
    "sphinx_await/browser/runtime/THIRD-PARTY-NOTICES.txt",
)
#: Bytes; most of it is the runtime. Package indexes take 100 MB.
LARGEST = 20_000_000


def missing_files(wheel: Path) -> list[str]:
    """Names of needed files that a wheel does not hold."""
    with zipfile.ZipFile(wheel) as archive:
        return sorted(set(NEEDED) - set(archive.namelist()))


def faults_of_wheel(wheel: Path) -> list[str]:
    """What is wrong with a wheel, in words: files of the package or licences that it lacks, others, or its size."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    information = next((name.partition("/")[0] for name in names if name.endswith(".dist-info/METADATA")), ".dist-info")
    licences = {name if name.startswith("sphinx_await/") else f"{information}/{name}" for name in LICENCES}
    ours = {
        f"sphinx_await/{path.relative_to(PACKAGE).as_posix()}"
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    faults = [f"lacks {name}" for name in sorted((ours | licences | set(NEEDED)) - names)]
    faults += [
        f"holds {name}, which is no file of the package"
        for name in sorted(names - ours)
        if not name.startswith(f"{information}/")
    ]
    if (size := wheel.stat().st_size) > LARGEST:
        faults.append(f"has {size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f} MB")
    return faults


def faults_of_sdist(sdist: Path) -> list[str]:
    """What an sdist lacks of what a wheel is built from, in words."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {f"extensions/{name}" for name in NEEDED} | {"pyproject.toml", "LICENSE", "THIRD-PARTY-NOTICES.md"}
    return [f"lacks {name}" for name in sorted(needed - names)]


def main(folder: Path) -> int:
    """Check all wheels and sdists of a folder, print their faults, and return the exit status."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if not wheels:
        sys.exit(f"{folder}: no wheel")
    faults = [f"{wheel.name}: {fault}" for wheel in wheels for fault in faults_of_wheel(wheel)]
    faults += [f"{sdist.name}: {fault}" for sdist in sdists for fault in faults_of_sdist(sdist)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        print("`nox -s dist` makes a release that is whole", file=sys.stderr)
    else:
        sizes = ", ".join(f"{path.name} {path.stat().st_size / 1e6:.1f} MB" for path in (*wheels, *sdists))
        print(f"whole: {sizes}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
