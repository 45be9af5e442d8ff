"""Everything that is done with this repository, as nox sessions.

``python3 noxfile.py -s docs`` works on a machine that has only Python: it makes ``.venv`` with nox in it and
goes on there. With nox installed, ``nox -s docs`` is the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SUPPORTED = ("3.11", "3.12", "3.13")
VENV = HERE / ".venv"


def bootstrap() -> None:
    """Run this file again in ``.venv``, made if missing, where nox is installed."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit("noxfile.py: nox could not be installed into .venv; remove that folder and try again")
    if not python.exists():
        print("noxfile.py: making .venv", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
        if made.returncode:
            borrow_pip(made.stdout + made.stderr)
    if subprocess.run([python, "-c", "import nox"], check=False, capture_output=True).returncode:
        print("noxfile.py: installing nox into .venv", flush=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "nox>=2025.2.9"], check=True)
    sys.exit(subprocess.run([python, __file__, *sys.argv[1:]], check=False).returncode)


def borrow_pip(trouble: str) -> None:
    """Put pip into ``.venv`` where Python has no ensurepip (Debian without python3-venv), by a pip outside."""
    made: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", "--clear", "--without-pip", VENV],
        [sys.executable, "-m", "pip", "--python", VENV, "install", "--quiet", "pip"],
    ]
    if any(subprocess.run(command, check=False, capture_output=True).returncode for command in made):
        sys.exit(f"{trouble}\nnoxfile.py: a virtual environment is needed; on Debian: apt install python3-venv")


try:
    import nox
except ModuleNotFoundError:
    if __name__ != "__main__":
        raise
    bootstrap()

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = ["lint", "types", "tests", "docs", "pythons"]
nox.options.reuse_existing_virtualenvs = True


def install(session: nox.Session, group: str) -> None:
    """Install this project, editable, with one of its dependency groups."""
    session.install("--editable", ".", *nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), group))


def run_tests(session: nox.Session) -> None:
    """Install what the tests need, and run them where there is no network."""
    install(session, "tests")
    if session.posargs:
        session.run("python", "tests/offline.py", *session.posargs)
        return
    session.run("python", "tests/offline.py", "-n", "auto", "--ignore", "tests/faults")
    # Programs that take all they can get would take it from the tests beside them.
    session.run("python", "tests/offline.py", "tests/faults")


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting."""
    session.install(*nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Static types."""
    install(session, "types")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The test suite. Arguments after ``--`` go to pytest."""
    run_tests(session)


def other_pythons() -> list[str]:
    """The supported versions that are on this machine, but for the one that runs this."""
    wake_pyenv()
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = [version for version in SUPPORTED if version != own and is_there(version)]
    if missing := [version for version in SUPPORTED if version not in (own, *found)]:
        print(f"noxfile.py: not on this machine, so not tested: Python {', '.join(missing)}", flush=True)
    return found


def wake_pyenv() -> None:
    """Where pyenv rules, `python3.12` answers only for versions that are switched on: switch on all of ours."""
    if shutil.which("pyenv"):
        command = ["pyenv", "versions", "--bare"]
        listed = subprocess.run(command, check=False, capture_output=True, text=True).stdout
        ours = [name for name in listed.split() if name.rpartition(".")[0] in SUPPORTED]
        own = f"{sys.version_info.major}.{sys.version_info.minor}."
        os.environ["PYENV_VERSION"] = ":".join(sorted(ours, key=lambda name: not name.startswith(own)))


def is_there(version: str) -> bool:
    """Whether an interpreter of a version can be started (a name alone may be a shim that leads nowhere)."""
    try:
        return subprocess.run([f"python{version}", "-c", ""], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@nox.session
def pythons(session: nox.Session) -> None:
    """The test suite on the other supported Pythons, as far as this machine has them."""
    for version in other_pythons():
        session.notify(f"tests_on-{version}")


@nox.session(python=SUPPORTED)
def tests_on(session: nox.Session) -> None:
    """The test suite on a certain Python."""
    run_tests(session)


@nox.session
def docs(session: nox.Session) -> None:
    """The site, into ``build/html``. Arguments after ``--`` go to sphinx-build."""
    install(session, "docs")
    session.run("sphinx-build", "-c", ".", "-b", "html", "-W", *session.posargs, "source", "build/html")


@nox.session
def bench(session: nox.Session) -> None:
    """Builds by this project and by its peers, timed. Arguments after ``--`` go to tests/bench/bench.py."""
    install(session, "bench")
    session.run("python", "tests/bench/bench.py", *session.posargs)
    if not session.posargs:
        session.run("python", "tests/bench/recorder.py")


if __name__ == "__main__":
    nox.main()
