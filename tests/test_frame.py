"""The frame around the code: what CI, the hooks before a commit and the classifiers say fits together."""

from __future__ import annotations

import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from nox import project
from tools.check_wheel import LICENCES, NEEDED, faults_of_wheel, missing_files

from .conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = project.load_toml(PROJECT / "pyproject.toml")


def read_yaml(path: str) -> dict[str, Any]:
    """A YAML file of the repository."""
    content = yaml.safe_load((PROJECT / path).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


def nox(*arguments: str) -> str:
    """What nox prints on standard output."""
    command = [sys.executable, "-m", "nox", "--noxfile", str(PROJECT / "noxfile.py"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def noxfile() -> dict[str, Any]:
    """The names in `noxfile.py`, read once: nox warns of sessions that are there already."""
    return runpy.run_path(str(PROJECT / "noxfile.py"), run_name="noxfile")


def test_matrix_is_read_from_the_classifiers() -> None:
    """`nox -s matrix` prints one line of JSON: the Python versions of the classifiers."""
    matrix = json.loads(nox("-s", "matrix"))
    named = [line.rpartition(" ")[2] for line in PYPROJECT["project"]["classifiers"] if ":: 3." in line]
    assert matrix == {"supported": named, "oldest": named[0], "newest": named[-1]}


def test_oldest_python_is_the_required_one() -> None:
    """`requires-python` lets in the versions of the classifiers and none before them."""
    assert PYPROJECT["project"]["requires-python"] == f">={project.python_versions(PYPROJECT)[0]}"


def test_ci_runs_each_default_session() -> None:
    """What `.ci/run` runs, the workflow runs too; its matrix takes the place of the session `pythons`."""
    jobs = read_yaml(".github/workflows/ci.yml")["jobs"]
    runs = " ".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    in_ci = {*jobs["session"]["strategy"]["matrix"]["session"], *(word for word in runs.split() if word == "tests")}
    default = {line.split()[1] for line in nox("--list").splitlines() if line.startswith("* ")} - {"pythons"}
    assert "lint" in default
    assert default <= in_ci


@pytest.mark.skipif(not (shutil.which("latexmk") and shutil.which("xelatex")), reason="needs XeTeX and latexmk")
def test_a_pdf_is_made_after_a_run_that_was_ended(noxfile: dict[str, Any], tmp_path: Path) -> None:
    """What a run of latexmk leaves when it is ended, half of an `.aux` file, does not spoil the next one."""
    (tmp_path / "book.tex").write_text("\\documentclass{article}\\begin{document}x\\end{document}\n", encoding="utf-8")
    (tmp_path / "book.aux").write_text(r"\@writefile{toc}{\contentsline {section}{\numb", encoding="utf-8")
    subprocess.run([*noxfile["LATEXMK"], "book.tex"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "book.pdf").stat().st_size


def test_a_pdf_without_tex_says_what_to_install(noxfile: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this is not Debian, or not root, nothing can be installed."""
    monkeypatch.chdir(PROJECT)
    monkeypatch.setenv("PATH", "")
    said = []

    class Session:
        """Of nox, as far as it is used."""

        def error(self, words: str) -> None:
            said.append(words)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        noxfile["need_tex"](Session())
    (words,) = said
    assert "apt-get install texlive-xetex" in words
    assert all(needed in words for needed in ("XeTeX", "latexmk", "fonts-noto-cjk"))


def test_the_site_is_built_with_the_newest_python_that_is_here() -> None:
    """All forms of it with the same one: a page shows what the newest supported version does."""
    listed = json.loads(nox("--list", "--json", "-s", "docs", "epub", "pdf"))
    found = {one["python"] for one in listed}
    own = ".".join(map(str, sys.version_info[:2]))
    supported = project.python_versions(PYPROJECT)
    assert len(listed) == 3
    assert len(found) == 1
    assert supported.index(found.pop()) >= supported.index(own)


@pytest.mark.parametrize("workflow", ["ci", "release"])
def test_workflows_write_nothing(workflow: str) -> None:
    """No job may do more than read the repository; the one that publishes may only show who it is."""
    content = read_yaml(f".github/workflows/{workflow}.yml")
    granted = [content["permissions"], *(job.get("permissions", {}) for job in content["jobs"].values())]
    rights = {(name, right) for permissions in granted for name, right in permissions.items()}
    assert rights <= {("contents", "read"), ("id-token", "write")}
    assert ("id-token", "write") not in rights or workflow == "release"


@pytest.mark.parametrize(
    ("hook", "package"), [("ruff-pre-commit", "ruff"), ("codespell", "codespell"), ("zizmor-pre-commit", "zizmor")]
)
def test_hooks_before_a_commit_have_the_versions_of_lint(hook: str, package: str) -> None:
    """A linter is pinned once in the group `lint`, and to the same version in .pre-commit-config.yaml."""
    [rev] = [
        repo["rev"] for repo in read_yaml(".pre-commit-config.yaml")["repos"] if repo["repo"].rpartition("/")[2] == hook
    ]
    assert f"{package}=={rev.removeprefix('v')}" in PYPROJECT["dependency-groups"]["lint"]


def test_wheel_without_the_runtime_is_refused(tmp_path: Path) -> None:
    """A wheel that lacks files which sessions make is named with them."""
    wheel = tmp_path / "sphinx_await-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(NEEDED[0], "")
    done = subprocess.run(
        [sys.executable, PROJECT / "tools" / "check_wheel.py", tmp_path], capture_output=True, text=True, check=False
    )
    assert missing_files(wheel) == [NEEDED[1]]
    assert done.returncode == 1
    assert NEEDED[1] in done.stderr


def test_wheel_is_refused_for_what_it_lacks_and_for_what_it_has_too_much(tmp_path: Path) -> None:
    """Each file of the package and each licence is in a wheel, and nothing of the repository beside them."""
    wheel = tmp_path / "sphinx_await-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("sphinx_await-1.dist-info/METADATA", "")
        archive.writestr("tests/conftest.py", "")
    faults = faults_of_wheel(wheel)
    assert f"lacks sphinx_await-1.dist-info/{LICENCES[0]}" in faults
    assert "lacks sphinx_await/course/template/ko/source/index.md" in faults
    assert "holds tests/conftest.py, which is no file of the package" in faults
