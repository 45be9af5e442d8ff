"""Builds that sphinx-autobuild starts, which builds again when anything below the sources changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..conftest import run_python
from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

#: Starts a build as sphinx-autobuild does, and is named as it is.
AUTOBUILD = """import subprocess, sys
sys.exit(subprocess.run([sys.executable, "-m", "sphinx", "build", *sys.argv[1:]]).returncode)
"""


def watched_build(project: Project, *arguments: str) -> str:
    """Build as sphinx-autobuild does; return what was printed."""
    out = project.folder / "build" / "html"
    script = project.folder.parent / "sphinx-autobuild"
    script.write_text(AUTOBUILD, encoding="utf-8")
    done = run_python(script, *arguments, project.folder, out, cwd=project.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def sources(project: Project) -> dict[str, int]:
    """What sphinx-autobuild watches: files and folders outside of the output, and when they changed."""
    paths = [path for path in project.folder.rglob("*") if "build" not in path.relative_to(project.folder).parts]
    return {str(path): path.stat().st_mtime_ns for path in paths}


def test_a_watched_build_writes_nothing_below_the_sources(project: Project) -> None:
    """Neither the first one, nor one after an edit, nor one that runs everything."""
    for number, arguments in enumerate([(), (), ("-Dawait_execute=force",)]):
        project.write("index.md", f"# A\n\n```python\nprint({number})\n```\n")
        before = sources(project)
        watched_build(project, *arguments)
        assert sources(project) == before
    assert "running programs" not in watched_build(project)


def test_recordings_go_from_one_kind_of_build_to_the_other(project: Project) -> None:
    """An unchanged program runs in neither, also when the output was removed in between."""
    project.write("index.md", "# A\n\n```python\nprint(1)\n```\n")
    project.build()
    project.clean()
    assert "running programs" not in watched_build(project)
    project.write("index.md", "# A\n\n```python\nprint(2)\n```\n")
    assert "running programs" in watched_build(project)
    assert project.build().ran == []
    project.clean()
    built = project.build()
    assert built.ran == []
    assert texts(built.page()) == ["2"]
    assert not (built.folder / ".doctrees" / "await-cache").exists()
