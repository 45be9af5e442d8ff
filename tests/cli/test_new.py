"""``python -m sphinx_await new``: a course to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_await.course.new_project import LANGUAGES, NewProject

from ..conftest import PROJECT, run_python
from ..support.sphinx_builds import run_sphinx
from .test_run import sphinx_await

if TYPE_CHECKING:
    from pathlib import Path

TITLE = 'A "first" course_of `await` \\ <b> 파이썬'


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_course_builds_and_its_programs_pass_as_tests(tmp_path: Path, language: str) -> None:
    """It builds without a warning, shows what its programs printed, and `pytest --await` finds and passes them all."""
    made = sphinx_await("new", "course", "--language", language, "--title", TITLE, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    course = tmp_path / "course"
    assert str(course.relative_to(tmp_path) / ".github/workflows/course.yml") in made.stdout.splitlines()
    built = run_sphinx(["-W", "-q", "source", "build"], cwd=course)
    assert (built.returncode, built.stderr) == (0, "")
    home = (course / "build/index.html").read_text(encoding="utf-8")
    assert f'<html class="no-js" lang="{language}"' in home
    assert "course_of `await`" in home
    page = (course / "build/waiting.html").read_text(encoding="utf-8")
    assert page.count('class="await-run') >= 3
    plugin = ("-p", "sphinx_await.pytest_plugin", "-p", "no:cacheprovider", "-q", "--no-header")
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # where the project is installed, it has the plugin, too
    tested = run_python("-m", "pytest", *plugin, "--await", cwd=course, environment=alone)
    assert "4 passed" in tested.stdout, tested.stdout + tested.stderr


def test_a_new_course_has_the_same_files_in_each_language() -> None:
    """What is added to one language is added to the others, and no name of a value is left in a text."""
    courses = [NewProject(TITLE, language).files() for language in LANGUAGES]
    assert all(course.keys() == courses[0].keys() for course in courses)
    assert [text for course in courses for text in course.values() if "@TITLE@" in text or "@VERSION@" in text] == []
    programs = [[text.count("```python"), text.count("{exec_")] for text in (c["source/waiting.md"] for c in courses)]
    assert programs[0] == programs[1]


def test_the_wheel_holds_every_file_of_the_template() -> None:
    """A file that git ignores would be in a clone only: none of the template is one."""
    template = PROJECT / "extensions/sphinx_await/course/template"
    assert [path.name for path in template.rglob("*") if path.name.startswith(".")] == []


def test_a_title_is_a_string_of_the_configuration() -> None:
    """Whatever is in a title, conf.py has it as it was given."""
    values: dict[str, str] = {}
    exec(NewProject(TITLE, "ko").files()["source/conf.py"], values)  # noqa: S102 - as Sphinx does it
    assert (values["project"], values["language"]) == (TITLE, "ko")


@pytest.mark.parametrize(
    ("there", "reason"),
    [("course/notes.txt", "a folder that is not empty"), ("course", "no folder"), ("course/.hidden", "not empty")],
)
def test_nothing_that_is_there_is_touched(tmp_path: Path, there: str, reason: str) -> None:
    """A folder with something in it is refused in a sentence, and stays as it is."""
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine")
    refused = sphinx_await("new", "course", cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith("sphinx_await: course: ")
    assert reason in refused.stderr
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_an_empty_repository_counts_as_an_empty_folder(tmp_path: Path) -> None:
    """Who made the repository first can make the course in it; its title is the folder's name."""
    (tmp_path / "my-course" / ".git").mkdir(parents=True)
    assert sphinx_await("new", "my-course", cwd=tmp_path).returncode == 0
    assert (tmp_path / "my-course/source/index.md").read_text(encoding="utf-8").startswith("# My course\n")


@pytest.mark.parametrize("title", ["", " ", "two\nlines"])
def test_a_title_is_one_line(tmp_path: Path, title: str) -> None:
    """Anything else is refused before anything is written."""
    refused = sphinx_await("new", "course", "--title", title, cwd=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr == f"sphinx_await: --title: one line of text expected, found {title!r}\n"
    assert [*tmp_path.iterdir()] == []


def test_a_site_that_is_there_is_told_what_to_add(tmp_path: Path) -> None:
    """`--here` finds conf.py where sites have it, says what it lacks, and writes nothing."""
    conf = tmp_path / "docs/conf.py"
    conf.parent.mkdir()
    conf.write_text("extensions = ['sphinx_exec_code']\n")
    advice = sphinx_await("new", "--here", cwd=tmp_path).stdout
    assert 'extensions = [..., "myst_parser", "sphinx_await"]' in advice
    assert 'Take "sphinx_exec_code" out' in advice
    conf.write_text("extensions = ['sphinx_await']\n")
    assert sphinx_await("new", "--here", cwd=tmp_path).stdout.startswith(
        f"{conf.relative_to(tmp_path)} names sphinx_await already"
    )
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["conf.py"]
    conf.unlink()
    nowhere = sphinx_await("new", "--here", cwd=tmp_path)
    assert nowhere.returncode == 2
    assert "no conf.py in ., docs" in nowhere.stderr


def test_an_installation_without_what_browsers_load_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As from git: both `new` and the build say what is missing and what to do; the site is whole without it."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(tmp_path / "none"))
    made = sphinx_await("new", "course", cwd=tmp_path)
    built = run_sphinx(["-W", "source", "build"], cwd=tmp_path / "course")
    assert built.returncode == 0
    for said in (made.stdout, built.stdout):
        assert "has no runtime for browsers" in said
        assert "python3 noxfile.py -s live editor" in said
