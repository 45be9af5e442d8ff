"""Build the runtime that pages load when a reader runs a program, into ``extensions/sphinx_await/browser/runtime``.

``nox -s live`` installs what is needed (Node, the npm package, wheels) and calls this.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXTENSIONS = HERE.parents[1] / "extensions"
sys.path.insert(0, str(EXTENSIONS))  # the package need not be installed where its runtime is built

from sphinx_await.core.validation.browser_support import CARRIED  # noqa: E402 - see above

BROWSER = EXTENSIONS / "sphinx_await" / "browser"
RUNTIME = BROWSER / "runtime"
#: Parts that are served as they are; pack.py makes the others.
SCRIPTS = {"frame": BROWSER / "sandbox" / "frame.js", "worker": BROWSER / "sandbox" / "worker.js"}
PYODIDE = {"loader": "pyodide.mjs", "engine": "pyodide.asm.mjs", "wasm": "pyodide.asm.wasm"}
PACKED = ("stdlib", "web", "project")
NOTICES = EXTENSIONS.parent / "THIRD-PARTY-NOTICES.md"
#: A package among the wheels under Python's licence, of which the standard library has no copy.
LIKE_PYTHON = "aiohappyeyeballs"
#: The modules for which a program needs the part `web`.
MODULES = tuple(sorted(CARRIED))
_DIGITS = 10


def sources() -> str:
    """Return a digest of all files from which the runtime is made."""
    package = EXTENSIONS / "sphinx_await"
    found = [
        *package.glob("*.py"),
        *(package / "core").rglob("*.py"),
        *(package / "core").rglob("*.css"),
        *(package / "browser").rglob("*.py"),
        *SCRIPTS.values(),
    ]
    found += [NOTICES, *(path for path in HERE.iterdir() if path.is_file())]
    total = hashlib.sha256()
    for path in sorted(found):
        total.update(f"{path.relative_to(EXTENSIONS.parent).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()


def is_built() -> bool:
    """Whether there is a runtime, made from the files as they are now."""
    manifest = RUNTIME / "manifest.json"
    return manifest.exists() and json.loads(manifest.read_text())["sources"] == sources()


def build(node: str, pyodide: Path, wheels: Path) -> None:
    """Write the runtime completely or not at all.

    :param pyodide: the folder of the npm package.
    :param wheels: the folder with the wheels of requirements.txt.
    """
    with tempfile.TemporaryDirectory(dir=BROWSER, prefix=".runtime-") as name:
        made, packed = Path(name, "made"), Path(name, "packed")
        made.mkdir()
        packed.mkdir()
        folders = [str(folder.resolve()) for folder in (EXTENSIONS, pyodide, wheels, packed)]
        subprocess.run([node, HERE / "pack.mjs", HERE, *folders], check=True)
        parts = SCRIPTS | {part: pyodide / file for part, file in PYODIDE.items()}
        parts |= {part: packed / part for part in PACKED}
        files = {part: _write(part, path.read_bytes(), made) for part, path in parts.items()}
        lock = json.loads((pyodide / "pyodide-lock.json").read_text())
        manifest = {
            "sources": sources(),
            "pyodide": json.loads((pyodide / "package.json").read_text())["version"],
            "python": lock["info"]["python"],
            "modules": MODULES,
            "lock": {"info": lock["info"], "packages": {}},
            "settings": json.loads((packed / "settings").read_text()),
            "files": files,
        }
        (made / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
        # Not .md: a project that builds below its sources would take it for a document.
        shutil.copy(NOTICES, made / NOTICES.with_suffix(".txt").name)
        (made / "LICENSE-python.txt").write_bytes(_licence(wheels, LIKE_PYTHON))
        shutil.rmtree(RUNTIME, ignore_errors=True)
        made.rename(RUNTIME)


def _licence(wheels: Path, package: str) -> bytes:
    (wheel,) = wheels.glob(f"{package}-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith("/licenses/LICENSE"))
        return archive.read(name)


def _write(part: str, data: bytes, folder: Path) -> dict[str, object]:
    """Write a part under a name that changes with its content."""
    name = f"{part}-{hashlib.sha256(data).hexdigest()[:_DIGITS]}.bin"
    packed = gzip.compress(data, 9, mtime=0)
    (folder / name).write_bytes(packed)
    return {"name": name, "size": len(packed)}


def main() -> None:
    """Build the runtime from the given folders."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="exit with 1 if the runtime must be built")
    parser.add_argument("--node", default="node")
    parser.add_argument("--pyodide", type=Path)
    parser.add_argument("--wheels", type=Path)
    given = parser.parse_args()
    if given.check:
        sys.exit(not is_built())
    build(given.node, given.pyodide, given.wheels)
    size = sum(path.stat().st_size for path in RUNTIME.iterdir())
    print(f"{RUNTIME}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
