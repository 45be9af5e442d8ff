"""When programs run, and when not."""

from __future__ import annotations

import json
import pstats
import shutil
from typing import TYPE_CHECKING

import pytest

from ..conftest import PROJECT, run_python
from .conftest import CONF, Project

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "# A\n\n```python\nimport os\nprint('x', os.environ.get('MODE'))\n```\n"


def test_cached_runs_nothing_and_says_what_is_missing(project: Project) -> None:
    """``await_execute = "cached"`` is an error where a recording is missing, and a build where all are there."""
    project.write("index.md", PAGE)
    refused = project.build("-D", "await_execute=cached")
    assert refused.status == 1
    assert "index.md:4: ERROR: index-1 has no valid recording, and await_execute is 'cached'" in refused.err
    assert project.build().status == 0
    project.clean()
    assert project.build("-W", "-D", "await_execute=cached").status == 0


def test_force_runs_everything_and_off_nothing(project: Project) -> None:
    """``force`` does not ask the cache; with ``off`` pages show the code alone."""
    project.write("index.md", PAGE)
    project.build()
    assert project.build("-D", "await_execute=force").ran == ["index-1"]
    off = project.build("-E", "-D", "await_execute=off")
    assert off.ran == []
    assert "await-run" not in off.page()
    assert "environ" in off.page()


@pytest.mark.parametrize("builder", ["gettext", "linkcheck", "dummy"])
def test_builders_that_show_no_run_run_nothing(project: Project, builder: str) -> None:
    """Nothing runs for a builder that makes nothing of it, and translators still get the code's place."""
    project.write("index.md", PAGE)
    built = project.build(builder=builder)
    assert built.status == 0, built.err
    assert built.ran == []


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_a_build_after_a_build_finds_the_configuration_unchanged(project: Project, builder: str) -> None:
    """What this extension adds to Sphinx's own values is no change that an author made."""
    project.write("conf.py", CONF.replace('"sphinx_await"', '"sphinx_await", "course_nav"'))
    project.write("index.md", PAGE)
    project.build(builder=builder)
    assert "configuration has changed" not in project.build(builder=builder).out


def test_a_change_of_what_is_declared_runs_again_and_says_why(project: Project) -> None:
    """A declared variable or file is part of what makes a recording valid."""
    project.write("index.md", PAGE)
    project.write("data.txt", "one")
    conf = project.read("conf.py")
    project.write("conf.py", conf + "await_environment = {'MODE': 'a'}\nawait_files = ['data.txt']\n")
    assert "x a" in project.build().page()
    project.write("conf.py", conf + "await_environment = {'MODE': 'b'}\nawait_files = ['data.txt']\n")
    built = project.build("-v")
    assert built.ran == ["index-1"]
    assert "index-1 runs because variable MODE changed" in built.out
    assert "x b" in built.page()
    project.write("data.txt", "two")
    assert "index-1 runs because file data.txt changed" in project.build("-v").out


def test_a_local_module_that_changed_runs_its_programs_again(project: Project) -> None:
    """Only programs that import it."""
    project.write("lib/lesson_tool.py", "VALUE = 1\n")
    project.write(
        "conf.py", project.read("conf.py") + "exec_code_source_folders = ['lib']\nsuppress_warnings = ['*']\n"
    )
    project.write(
        "index.md", "# A\n\n```python\nimport lesson_tool\nprint(lesson_tool.VALUE)\n```\n\n```python\nprint(2)\n```\n"
    )
    project.build()
    project.write("lib/lesson_tool.py", "VALUE = 10\n")
    built = project.build("-v")
    assert built.ran == ["index-1"]
    assert "the module lesson_tool changed" in built.out


def test_a_damaged_recording_is_replaced_with_a_message(project: Project) -> None:
    """A file of the cache that is no recording costs a run and a warning, never a page."""
    project.write("index.md", PAGE)
    project.build()
    (file,) = (project.folder / ".await-cache").glob("*.json")
    good = json.loads(file.read_text(encoding="utf-8"))
    file.write_text("{", encoding="utf-8")
    built = project.build()
    assert built.status == 0
    assert built.ran == ["index-1"]
    assert "holds no recording" in built.err
    assert json.loads(file.read_text(encoding="utf-8"))["outputs"][0]["text"] == good["outputs"][0]["text"]


@pytest.mark.parametrize("folder", [".await-cache", "kept/[1] *"])
def test_pages_are_not_looked_for_among_recordings(project: Project, folder: str) -> None:
    """Nothing in the folder of recordings is a page, wherever it is."""
    project.write("conf.py", f"{CONF}await_cache_dir = {folder!r}\n")
    project.write("index.md", PAGE)
    project.write(f"{folder}/stray.md", "# Stray\n")
    built = project.build("-W")
    assert built.status == 0
    assert not (built.folder / folder / "stray.html").exists()


def test_a_finished_run_is_kept_though_another_fails(project: Project) -> None:
    """The cache takes each recording when it comes; ignoring it is left to its own file."""
    project.write("index.md", PAGE + "\n```python\nimport sys; sys.exit(1)\n```\n")
    assert project.build().status == 1
    assert len(list((project.folder / ".await-cache").glob("*.json"))) == 2
    assert project.read(".await-cache/.gitignore") == "*\n"


def test_a_deleted_recording_writes_again_only_its_page(project: Project) -> None:
    """The pages whose outcomes changed are written, and no page is read."""
    project.write("index.md", "# A\n\n```{toctree}\nother\n```\n\n```python\nimport time; print(time.time_ns())\n```\n")
    project.write("other.md", "# B\n\n```python\nprint('b')\n```\n")
    first = project.build().page()
    (file,) = [path for path in (project.folder / ".await-cache").glob("*.json") if '"b\\n"' not in path.read_text()]
    file.unlink()
    second = project.build()
    assert second.ran == ["index-1"]
    assert "0 added, 0 changed, 0 removed" in second.out
    assert "writing output... [100%] index" in second.out
    assert "] other" not in second.out.partition("writing output")[2]
    assert first != second.page()


def test_another_version_writes_and_judges_anew_and_runs_nothing(project: Project) -> None:
    """After an upgrade that changes how recordings are judged and shown, no page and no verdict is of before."""
    package = project.folder / "vendored" / "sphinx_await"
    shutil.copytree(PROJECT / "extensions" / "sphinx_await", package, ignore=shutil.ignore_patterns("__pycache__"))
    conf = "import sys\nsys.path.insert(0, 'vendored')\nexclude_patterns = ['vendored']\n"
    project.write("conf.py", conf + project.read("conf.py"))
    project.write("index.md", f"{PAGE}\n<!-- await: hangs=0.2 -->\n```python\nimport time; time.sleep(9)\n```\n")
    assert project.build("-W").status == 0
    assert 'class="await-facts' in project.build("-W").page()
    looks, verdict = package / "sphinxext" / "render" / "html.py", package / "core" / "validation" / "verdict.py"
    looks.write_text(looks.read_text(encoding="utf-8").replace("await-facts", "other-facts"), encoding="utf-8")
    newer = project.build("-W")
    assert newer.status == 0, newer.err
    assert newer.ran == []
    assert 'class="other-facts' in newer.page()
    options = package / "core" / "model" / "snippet.py"
    code, field = options.read_text(encoding="utf-8"), "    hangs: float | None = None\n"
    assert field in code
    options.write_text(code.replace(field, f"    newer: float | None = None\n{field}"), encoding="utf-8")
    with_a_field_more = project.build("-W")
    assert with_a_field_more.status == 0, with_a_field_more.err
    assert 'class="other-facts' in with_a_field_more.page()
    judging = "\n\ndef judge(*_args, **_more):\n    return (Problem(Fault.EXIT, ('judged anew',)),)\n"
    verdict.write_text(verdict.read_text(encoding="utf-8") + judging, encoding="utf-8")
    newest = project.build()
    assert newest.ran == []
    assert "index-1: judged anew" in newest.err
    assert newest.status == 1


def test_pages_of_an_unchanged_course_are_written_in_a_time_that_grows_with_their_number(tmp_path: Path) -> None:
    """Counted in calls of our functions: four times as many pages need at most about four times as many."""

    def calls(pages: int) -> int:
        project = Project(tmp_path / f"of {pages}")
        project.write("conf.py", CONF)
        project.write("index.md", "# I\n\n```{toctree}\n:glob:\np*\n```\n")
        for number in range(pages):
            project.write(f"p{number}.md", f"# P\n\n```python\nprint({number})\n```\n\n{{exec_time}}`p{number}-1`\n")
        assert project.build().status == 0
        profile, out = project.folder / "profile", project.folder / "build" / "html"
        done = run_python("-m", "cProfile", "-o", profile, "-m", "sphinx", "-a", ".", out, cwd=project.folder)
        assert done.returncode == 0, done.stderr
        assert "running programs" not in done.stdout
        statistics = pstats.Stats(str(profile))
        stats = statistics.stats.items()  # type: ignore[attr-defined]
        made = {place[2]: number for place, (_, number, *_) in stats if "sphinx_await" in place[0]}
        assert made["visit_figure"] == pages
        return sum(made.values())

    assert calls(60) < 5 * calls(15)
