"""A build in which nothing has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx_await.sphinxext.render import registration

from ..conftest import PROJECT, run_python

if TYPE_CHECKING:
    from pathlib import Path

#: What such a build has no use for: running, reading recordings, judging, drawing; a storage that nobody configured.
NEEDLESS = (
    *("core.decoding", "core.journal", "core.recorder", "core.renderers", "core.steps", "core.timeline"),
    *("core.model.recording", "core.validation.predictions", "core.validation.verdict", "course.jobs", "course.pages"),
    *("engine.fork", "engine.linux", "engine.program", "engine.scheduler", "engine.cache.shared_storage"),
    "engine.remote",
    *("core.model.displays", "core.model.snippet", "core.model.typed"),
    *("course.entries", "sphinxext.outcome", "sphinxext.run_index"),
    *(f"sphinxext.render.{name}" for name in ("comparison", "displays", "html", "live", "prediction", "transforms")),
)
#: What a course without asyncio, exercises, questions and references has no use for in any build.
WITHOUT_PICTURES = (
    *("core.renderers", "core.steps", "core.timeline.builder", "core.timeline.model", "core.timeline.labels"),
    *("core.validation.exercise_checks", "core.validation.predictions", "core.validation.run_values"),
    *(f"sphinxext.render.{name}" for name in ("comparison", "picture", "run_index", "program_files")),
)


def test_an_unchanged_build_imports_what_it_needs_only(tmp_path: Path) -> None:
    """Importing is most of what such a build costs."""
    (tmp_path / "conf.py").write_text("extensions = ['myst_parser', 'sphinx_await']\nawait_run_fences = ['*']\n")
    # Sphinx reads the first page again for each navigation.
    (tmp_path / "index.md").write_text("# Course\n\n```{toctree}\npage\n```\n")
    (tmp_path / "page.md").write_text("# Page\n\n```python\nprint(1)\n```\n")
    build = ("-X", "importtime", "-m", "sphinx", "-q", tmp_path, tmp_path / "out")
    first, unchanged = (run_python(*build, environment={"PYTHONPATH": str(PROJECT / "extensions")}) for _ in range(2))
    assert (first.returncode, unchanged.returncode) == (0, 0)
    modules = [line.rpartition("|")[2].strip() for line in first.stderr.splitlines()]
    assert "sphinx_await.core.model.recording" in modules
    drawing = tuple(f"sphinx_await.{name}." for name in WITHOUT_PICTURES)
    assert [name for name in modules if f"{name}.".startswith(drawing)] == []
    ours = [line.rpartition("|")[2].strip() for line in unchanged.stderr.splitlines() if " sphinx_await" in line]
    assert "sphinx_await.sphinxext" in ours
    needless = tuple(f"{name}." for name in NEEDLESS)
    assert [name for name in ours if f"{name.removeprefix('sphinx_await.')}.".startswith(needless)] == []


def test_what_writes_pages_is_there_under_its_registered_name() -> None:
    """It is found by its name when a page needs it, which no type checker sees."""
    visitors = [
        (module, f"{way}_{node.__name__.removeprefix('await_')}")
        for node, (module, departs) in registration.WRITTEN_AS_HTML.items()
        for way in (("visit", "depart") if departs else ("visit",))
    ]
    transforms = [(module, name) for module, name, *_ in registration.TRANSFORMS]
    for module, name in [*visitors, *transforms, *registration.PAGE_FILES]:
        assert callable(registration.find(module, name)), name
