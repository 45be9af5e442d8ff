"""Everything that is done with this repository, as nox sessions.

``python3 noxfile.py -s docs`` works on a machine that has only Python: it makes ``.venv`` with nox in it and
goes on there. With nox installed, ``nox -s docs`` is the same.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
VENV = HERE / ".venv"
#: Where what readers' browsers load is made.
LIVE = "tools/browser_runtime"
#: Where the editor of the page is made.
EDITOR = "tools/editor"
#: Where the linter of JavaScript is installed.
JAVASCRIPT = "tools/javascript"
#: Files of the course that `sphinx-await new` makes.
TEMPLATE = "extensions/sphinx_await/course/template/shared"
#: Debian's packages with which the PDF is made.
TEX = ("texlive-xetex", "texlive-fonts-recommended", "latexmk", "fonts-noto-cjk", "fontconfig")
#: What makes a PDF of a LaTeX file. What an earlier run left goes first (-gg): one that was ended left half a file.
LATEXMK = ("latexmk", "-xelatex", "-gg", "-interaction=nonstopmode", "-halt-on-error")


def bootstrap() -> None:
    """Run this file again in ``.venv``, made if missing, where nox is installed."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if Path(sys.prefix).resolve() == VENV.resolve():
        sys.exit("noxfile.py: nox could not be installed into .venv; remove that folder and try again")
    if not python.exists():
        print("noxfile.py: making .venv", file=sys.stderr, flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], check=False, capture_output=True, text=True)
        if made.returncode:
            borrow_pip(made.stdout + made.stderr)
    if subprocess.run([python, "-c", "import nox"], check=False, capture_output=True).returncode:
        print("noxfile.py: installing nox into .venv", file=sys.stderr, flush=True)
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
nox.options.sessions = ["lint", "types", "tests", "docs", "epub", "browser", "pythons"]
nox.options.reuse_existing_virtualenvs = True

PYPROJECT = nox.project.load_toml("pyproject.toml")
#: The tests of what a minor version of CPython may change: its internals, asyncio, tracebacks, imports.
BY_VERSION = [
    *("tests/core", "tests/live", "tests/engine/test_corpus.py", "tests/engine/test_differential.py"),
    *("tests/engine/test_stack.py", "tests/engine/test_tasks.py", "tests/engine/test_top_level_await.py"),
]
#: The Python versions of the classifiers, oldest first.
SUPPORTED = tuple(nox.project.python_versions(PYPROJECT))


def install(session: nox.Session, group: str, *options: str) -> None:
    """Install this project, editable, with one of its dependency groups; options go to pip."""
    session.install(*options, "--editable", ".", *nox.project.dependency_groups(PYPROJECT, group))
    # pip compiles what it copies. What it leaves in its place would be compiled again by each of a thousand processes
    # where PYTHONDONTWRITEBYTECODE is set.
    session.run("python", "-m", "compileall", "-q", "extensions", env={"PYTHONDONTWRITEBYTECODE": ""}, silent=True)


def run_tests(session: nox.Session) -> None:
    """Install what the tests need, and run them where there is no network."""
    install(session, "tests")
    if session.posargs:
        session.run("python", "tools/offline.py", *session.posargs)
        return
    ignored = ("--ignore", "tests/faults", "--ignore", "tests/browser")
    session.run("python", "tools/offline.py", "-n", "auto", *ignored)
    # Programs that take all they can get would take it from the tests beside them.
    session.run("python", "tools/offline.py", "tests/faults")


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, spelling, the walls between packages, JavaScript and the workflows."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": "extensions"})
    session.run("zizmor", "--offline", "--quiet", ".github", f"{TEMPLATE}/dot-github/workflows/course.yml")
    npm_ci(session, JAVASCRIPT)
    session.run("npm", "exec", "--prefix", JAVASCRIPT, "--", "biome", "lint", "--error-on-warnings", str(HERE))


@nox.session
def types(session: nox.Session) -> None:
    """Static types, of all scripts too."""
    install(session, "types")
    session.run("mypy")
    for folder in ("tests/browser", EDITOR, LIVE):  # the types of what the scripts import
        npm_ci(session, folder)
    for project in ("tsconfig.json", "tsconfig.node.json"):  # what runs in browsers, and in Node
        session.run("npm", "exec", "--prefix", "tests/browser", "--", "tsc", "--project", f"tests/browser/{project}")


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


def pythons_here() -> list[str]:
    """The supported versions that are on this machine, oldest first."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    here = {own, *other_pythons()}
    return [version for version in SUPPORTED if version in here]


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


def newest_python() -> str | None:
    """The newest supported version on this machine; None if there is none but what runs this, which is newer."""
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    wake_pyenv()
    return next((version for version in reversed(SUPPORTED) if version == own or is_there(version)), None)


#: What the site is built with, so that its pages show what the newest Python does. Older ones build it, too.
NEWEST = newest_python()


@nox.session
def pythons(session: nox.Session) -> None:
    """The tests of what a minor version of CPython may change, on the newest of the other supported ones here.

    All tests on all versions take over an hour on two cores; `nox -s tests_on` runs them, and so does the workflow.
    """
    *left_out, newest = other_pythons() or [""]
    if left_out:
        print(f"noxfile.py: left to `nox -s tests_on`: Python {', '.join(left_out)}", flush=True)
    if newest:
        session.notify(f"tests_on-{newest}", ["-n", "auto", *BY_VERSION])


@nox.session(python=SUPPORTED)
def tests_on(session: nox.Session) -> None:
    """The test suite on a certain Python."""
    run_tests(session)


@nox.session(venv_backend="none")
def matrix(session: nox.Session) -> None:
    """The supported Python versions as JSON, for CI's matrix."""
    del session
    print(json.dumps({"supported": SUPPORTED, "oldest": SUPPORTED[0], "newest": SUPPORTED[-1]}))


@nox.session(venv_backend="none")
def compat(session: nox.Session) -> None:
    """Types and tests with the oldest and with the newest of each dependency."""
    here = pythons_here()
    session.notify(f"oldest-{here[0]}")
    session.notify(f"newest-{here[-1]}")


@nox.session(python=SUPPORTED)
def oldest(session: nox.Session) -> None:
    """Types and tests with the oldest dependencies that pyproject.toml allows."""
    constraints = HERE / "build" / "oldest.txt"
    constraints.parent.mkdir(exist_ok=True)
    constraints.write_text("".join(f"{line}\n" for line in oldest_allowed()), encoding="utf-8")
    install(session, "types", "--constraint", str(constraints))
    check_compat(session)


@nox.session(python=SUPPORTED)
def newest(session: nox.Session) -> None:
    """Types and tests with the newest dependencies that there are for a Python."""
    install(session, "types", "--upgrade", "--upgrade-strategy", "eager")
    check_compat(session)


def oldest_allowed() -> list[str]:
    """Constraints for pip: of each dependency the version that its lower bound names."""
    bounds = [re.match(r"([\w.-]+).*?>=\s*([\w.]+)", line) for line in PYPROJECT["project"]["dependencies"]]
    if missing := [line for line, bound in zip(PYPROJECT["project"]["dependencies"], bounds, strict=True) if not bound]:
        sys.exit(f"pyproject.toml: a dependency needs a lower bound: {', '.join(missing)}")
    return [f"{bound[1]}=={bound[2]}" for bound in bounds if bound]


def check_compat(session: nox.Session) -> None:
    """Say which versions there are, then check types and run the tests."""
    session.run("python", "-m", "pip", "list", "--format", "freeze")
    session.run("mypy")
    # Neither the faults nor the browser: what they see does not depend on these versions.
    ignored = ("--ignore", "tests/faults", "--ignore", "tests/browser")
    session.run("python", "tools/offline.py", "-n", "auto", *ignored, *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Branch coverage of core and engine by their tests; fails below the limit in pyproject.toml."""
    install(session, "tests")
    shutil.rmtree(HERE / "build/coverage", ignore_errors=True)
    # The path is absolute, since the tests start processes in folders of their own.
    env = {"COVERAGE_FILE": str(HERE / "build/coverage/data")}
    tests = session.posargs or ("-n", "auto", "-m", "not timed", "tests/core", "tests/engine", "tests/cli")
    session.run("python", "tools/measure_programs.py", "install", "build/coverage")
    session.run("coverage", "run", "tools/offline.py", *tests, env=env)
    session.run("python", "tools/measure_programs.py", "collect", "build/coverage")
    session.run("coverage", "combine", "--quiet", env=env)
    session.run("coverage", "report", env=env)


@nox.session
def dist(session: nox.Session) -> None:
    """The sdist and the wheel, into ``dist``. An argument after ``--`` is the tag, which has to name the version."""
    build_dist(session)


def build_dist(session: nox.Session) -> None:
    """Build the sdist, and the wheel from it, and check what is in them."""
    install(session, "dist")
    version = session.run("hatchling", "version", silent=True)
    if session.posargs and session.posargs != [f"v{str(version).strip()}"]:
        session.error(f"the tag is {' '.join(session.posargs)}, but the version is {version}")
    bundle_editor(session)
    need_live(session)
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    session.run("python", "-m", "build")
    session.run("python", "tools/check_wheel.py", "dist")
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))


@nox.session
def release_check(session: nox.Session) -> None:
    """Build a release and use it as an author does: the wheel alone in a new environment, a new course, a browser.

    An argument after ``--`` is the tag, which has to name the version. What is built is what is committed and what is
    not; but what git holds is what is committed.
    """
    build_dist(session)
    bring_browser(session)
    env = {"PYTHONPATH": str(HERE)}
    session.run("python", "tools/check_release.py", "dist", "build/release", env=env)


def bundle_editor(session: nox.Session) -> None:
    """Make the editor of the page from its npm packages, if there is none or its source is newer."""
    made, source = HERE / "extensions/sphinx_await/browser/static/codemirror.js", HERE / EDITOR
    sources = [source / name for name in ("codemirror.mjs", "build.mjs", "package-lock.json")]
    if made.exists() and all(path.stat().st_mtime <= made.stat().st_mtime for path in sources):
        return
    session.install(*nox.project.dependency_groups(PYPROJECT, "editor"))
    npm_ci(session, EDITOR)
    # Written where it belongs when it is whole.
    session.run("npm", "run", "--prefix", EDITOR, "build", "--", "codemirror.js")
    shutil.move(source / "codemirror.js", made)


@nox.session
def editor(session: nox.Session) -> None:
    """The editor of the page, bundled from npm into ``browser/static/codemirror.js``."""
    bundle_editor(session)


@nox.session
def live(session: nox.Session) -> None:
    """What programs run in when a reader runs them, into the package's ``browser/runtime``."""
    need_live(session)


def need_live(session: nox.Session) -> None:
    """Build what programs run in in a browser, if it is not there or was made of other files."""
    builder = f"{LIVE}/build.py"
    if subprocess.run([sys.executable, builder, "--check"], check=False).returncode == 0:
        return
    session.install(*nox.project.dependency_groups(PYPROJECT, "live"))
    npm_ci(session, LIVE)
    wheels = str(HERE / "build" / "wheels")
    pure = ("--only-binary", ":all:", "--platform", "any", "--implementation", "py", "--abi", "none")
    wanted = ("--require-hashes", "--no-deps", "-r", f"{LIVE}/requirements.txt", "--dest", wheels)
    session.run("python", "-m", "pip", "download", "--quiet", *pure, *wanted)
    session.run("python", builder, "--pyodide", f"{LIVE}/node_modules/pyodide", "--wheels", wheels)


def npm_ci(session: nox.Session, folder: str) -> None:
    """Install the npm packages of a folder, just as its lock file names them, and run none of their scripts."""
    session.run("npm", "ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund")


@nox.session(python=NEWEST)
def docs(session: nox.Session) -> None:
    """The site, into ``build/html``. Arguments after ``--`` go to sphinx-build."""
    install(session, "docs")
    bundle_editor(session)
    need_live(session)
    # What is published is searched with the analyser; without it a build would go on, and find less.
    options = ("-W", "-D", "korean_search_analyser=kiwi")
    session.run("sphinx-build", "-c", ".", "-b", "html", *options, *session.posargs, "source", "build/html")


def bring_browser(session: nox.Session, group: str = "browser") -> None:
    """Install what drives a browser, and a browser where there is none and the machine lets us; bundle the editor."""
    install(session, group)
    bundle_editor(session)
    session.run("python", "-m", "tests.browser.chromium")


@nox.session
def browser(session: nox.Session) -> None:
    """The pages in a real browser, by axe and by an HTML validator. Arguments after ``--`` go to pytest."""
    bring_browser(session)
    need_live(session)
    npm_ci(session, "tests/browser")
    if session.posargs:
        session.run("python", "tools/offline.py", *session.posargs)
        return
    # Tests of a page and tests of programs take very different times, so a worker that has none left takes another's.
    spread = ("-n", "auto", "--dist", "worksteal")
    session.run("python", "tools/offline.py", *spread, "-m", "not programs", "tests/browser")
    # The times of programs that run in a browser are those of this machine: beside axe they would be too long.
    session.run("python", "tools/offline.py", *spread, "-m", "programs", "tests/browser")


@nox.session
def webkit(session: nox.Session) -> None:
    """The course in Safari's engine, as WebKitGTK, which must be there. Arguments after ``--`` go to pytest."""
    bring_browser(session, "webkit")
    session.run("python", "-m", "tests.browser.webkit")  # ends here if something is missing, and says what
    need_live(session)
    npm_ci(session, "tests/browser")
    session.run("python", "tools/offline.py", "tests/browser/test_webkit.py", *session.posargs)


@nox.session
def shots(session: nox.Session) -> None:
    """Pictures of every page, into ``build/shots``. Arguments after ``--`` are parts of pages' names."""
    bring_browser(session)
    session.run("python", "-m", "tests.browser.shots", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Each exercise of the built site on a device that is four times slower. An argument after ``--`` is how many."""
    bring_browser(session)
    session.run("python", "-m", "tests.browser.slow", "build/html", *session.posargs)


@nox.session
def pictures(session: nox.Session) -> None:
    """The pictures of both READMEs, into ``docs``."""
    bring_browser(session)
    session.run("python", "-m", "tests.browser.pictures")


@nox.session
def inventories(session: nox.Session) -> None:
    """Fetch the inventories of Python and aiohttp anew. Arguments after ``--`` go to the script."""
    session.run("python", "source/_inventories/refresh.py", *session.posargs)


@nox.session(python=NEWEST)
def epub(session: nox.Session) -> None:
    """The course as a book for readers, in ``build/epub``, which epubcheck finds nothing in."""
    install(session, "epub")
    session.run("sphinx-build", "-c", ".", "-b", "epub", "-W", *session.posargs, "source", "build/epub")
    session.run("python", "tools/check_epub.py", "build/epub")


@nox.session(python=NEWEST)
def pdf(session: nox.Session) -> None:
    """The course on paper, in ``build/latex``; XeTeX and Korean fonts are installed where that can be."""
    need_tex(session)
    install(session, "docs")
    session.run("sphinx-build", "-c", ".", "-b", "latex", "-W", *session.posargs, "source", "build/latex")
    with session.chdir("build/latex"):
        for source in Path().glob("*.tex"):
            session.run(*LATEXMK, source.name, external=True)


def need_tex(session: nox.Session) -> None:
    """Install what the PDF is made with if this is Debian and we are root; else say what is missing."""
    if has_tex():
        return
    # Another that installs something is waited for.
    install_command = ["apt-get", "install", "--yes", "--no-install-recommends", "-oDPkg::Lock::Timeout=300", *TEX]
    if not shutil.which("apt-get") or os.geteuid():
        session.error(f"XeTeX, latexmk and the fonts Noto CJK are needed; on Debian: apt-get install {' '.join(TEX)}")
    session.run("apt-get", "update", external=True)
    session.run(*install_command, external=True, env={"DEBIAN_FRONTEND": "noninteractive"})


def has_tex() -> bool:
    """Whether all is there that the PDF is made with: programs, what they read, and fonts."""
    if not all(map(shutil.which, ("xelatex", "latexmk"))):
        return False
    needed = [("kpsewhich", "polyglossia.sty"), ("kpsewhich", "pzdr.tfm"), ("fc-list", "Noto Serif CJK KR")]
    found = [
        shutil.which(command) and subprocess.run([command, name], check=False, capture_output=True).stdout
        for command, name in needed
    ]
    return all(found)


@nox.session
def locale(session: nox.Session) -> None:
    """Translations brought up to date with the sources; fails while a string has none."""
    session.install(*nox.project.dependency_groups(PYPROJECT, "locale"))
    session.run("python", "tools/catalogue.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Builds by this project and by its peers, timed. Arguments after ``--`` go to tests/bench/bench.py."""
    install(session, "bench")
    session.run("python", "tests/bench/bench.py", *session.posargs)
    if not session.posargs:
        session.run("python", "tests/bench/recorder.py")


@nox.session
def live_bench(session: nox.Session) -> None:
    """Programs in a browser, timed beside Pyodide as it comes. Arguments after ``--`` go to tests/bench/live.py."""
    bring_browser(session)
    npm_ci(session, LIVE)
    need_live(session)
    session.run("python", "-m", "tests.bench.live", *session.posargs)


@nox.session
def save_bench(session: nox.Session) -> None:
    """From saving a page until it shows the new run. Arguments after ``--`` go to tests/bench/saving.py."""
    install(session, "tests")
    need_live(session)
    session.run("python", "-m", "tests.bench.saving", *session.posargs)


@nox.session
def asyncio_suite(session: nox.Session) -> None:
    """The tests of asyncio itself, plainly and under the recorder. Arguments after ``--`` name modules of it."""
    session.install("--editable", ".")
    session.run("python", "tools/asyncio_suite.py", *session.posargs)


@nox.session
def library_suites(session: nox.Session) -> None:
    """The tests of libraries, plainly and under the recorder.

    Arguments after ``--`` are folders of tests, and what to install for them: ``--with=anyio[trio]``.
    """
    wanted = [one.removeprefix("--with=") for one in session.posargs if one.startswith("--with=")]
    session.install("--editable", ".", "pytest", *wanted)
    session.run("python", "-m", "tools.library_suites", *(one for one in session.posargs if one[:2] != "--"))


if __name__ == "__main__":
    nox.main()
