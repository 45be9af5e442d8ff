"""The picture of a run in a page, in every form, and what speaks of runs elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.recording import Recording
from sphinx_await.sphinxext import labels

from ..conftest import HERE

if TYPE_CHECKING:
    from .conftest import Project

TIMELINES = HERE / "corpus" / "timelines"


def page_of(*names: str, options: str = "") -> str:
    """A page with a program for each recording."""
    return "# Page\n\n" + "".join(
        f"<!-- await: name={name} {options} -->\n```python\nprint('{name}')\n```\n\n" for name in names
    )


def put(project: Project, **others: str) -> None:
    """Give the programs that a build left in the cache the recordings of their names, or others."""
    for path in (project.folder / ".await-cache").glob("*.json"):
        ran = Recording.from_json(path.read_bytes())
        name = ran.outputs[0].text.strip() if ran.outputs else ""
        if (TIMELINES / f"{name}.json").exists() and ran.wall < 0.1:
            told = Recording.from_json((TIMELINES / f"{others.get(name, name)}.json").read_bytes())
            path.write_text(replace(told, requires=ran.requires).to_json(), encoding="utf-8")


@pytest.fixture
def pictured(project: Project) -> Project:
    """Give a project whose page shows the stored recordings of the seed and of a loop that is blocked."""
    project.write("index.md", page_of("seed", "blocked"))
    project.build()
    put(project)
    return project


def test_a_run_of_tasks_has_its_picture(pictured: Project) -> None:
    """Between output and facts, labelled, with a legend, a table, and what was found."""
    built = pictured.build("-W")
    assert built.status == 0, built.err
    page = built.page()
    order = [page.index(mark) for mark in ("await-outputs", 'class="await-picture', "await-facts")]
    assert order == sorted(order)
    assert 'role="group" aria-label="Tasks of seed over time"' in page
    assert "<title>asyncio.sleep(2) · line 6 · 2.00 s · at 0.002 s</title>" in page
    assert '<th scope="row">Task-2 task()</th><td>Task-1</td>' in page
    assert "<li>The event loop was blocked for 0.50 s by Task-3 heavy() (after line 11)</li>" in page


def test_every_word_of_a_picture_is_translated(monkeypatch: pytest.MonkeyPatch) -> None:
    """None stays in English because somebody forgot it."""
    monkeypatch.setattr(labels, "_", lambda text: f"<{text}>")
    words = asdict(labels.labels())
    assert [name for name, text in words.items() if not text.startswith("<")] == []


def test_marks_and_lines_lead_to_each_other(pictured: Project) -> None:
    """Each line of output has an id to which its mark leads, and the other way round."""
    page = pictured.build().page()
    marks = re.findall(r'<a class="at-out" id="([^"]+)" href="#([^"]+)"', page)
    lines = re.findall(
        r'<span class="await-output [^>]*id="([^"]+)"[^>]*><span class="await-time"><a href="#([^"]+)"', page
    )
    assert len(lines) == 12
    assert {line for _mark, line in marks} <= {line for line, _mark in lines}
    assert {mark for _line, mark in lines} == {mark for mark, _line in marks}


def test_style_and_script_come_with_pictures_only(pictured: Project) -> None:
    """A page without a picture loads neither."""
    pictured.write("plain.md", "# Plain\n\n```python\nprint('plain')\n```\n")
    built = pictured.build()
    assert "sphinx-await-timeline.css" in built.page()
    assert re.search(r'<script type="module" src="_static/sphinx-await-timeline.js', built.page())
    assert "sphinx-await-timeline" not in built.page("plain.html")
    assert "await-picture" not in built.page("plain.html")


def test_the_recording_and_a_trace_can_be_taken_along(pictured: Project) -> None:
    """The page leads to both; the recording can be read back and names nothing of the author's machine."""
    built = pictured.build()
    links = re.findall(r'download="" href="([^"]+)"', built.page())
    assert len(links) == 4
    taken = Recording.from_json((built.folder / links[0]).read_bytes())
    assert [task.name for task in taken.tasks] == ["Task-1", "Task-2", "Task-3"]
    assert str(pictured.folder) not in (built.folder / links[0]).read_text(encoding="utf-8")
    assert json.loads((built.folder / links[1]).read_bytes())["traceEvents"]


def test_no_timeline_leaves_the_picture_out_and_runs_nothing(pictured: Project) -> None:
    """The option changes what is shown, not what runs; its opposite beside it is a mistake."""
    pictured.write("index.md", page_of("seed", "blocked", options="no-timeline"))
    built = pictured.build("-W")
    assert built.ran == []
    assert "await-picture" not in built.page()
    pictured.write("index.md", page_of("seed", options="no-timeline timeline"))
    assert "ERROR: no-timeline: stands beside its opposite" in pictured.build().err


def test_a_page_is_the_same_each_time(pictured: Project) -> None:
    """Built again from the cache, also in parallel, every file is byte for byte the same."""
    pictured.write("other.md", page_of("queue") + "```{exec_compare}\nseed\nblocked\n```\n")
    pictured.build("-W")
    first = pictured.build("-W", "-E", folder="one").files()
    again = pictured.build("-W", "-E", "-j", "2", folder="two").files()
    assert {name for name in first if first[name] != again.get(name)} <= {".await-written.json"}
    assert set(first) == set(again)


def test_a_directive_takes_the_options(project: Project) -> None:
    """``:timeline:`` shows a picture where there are no tasks, too."""
    project.write("index.md", "# A\n\n```{exec_code}\n:timeline:\nprint('one')\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "await-picture" in built.page()


def test_the_other_forms_tell_the_same(pictured: Project) -> None:
    """Text and man have words, LaTeX a drawing of its own, EPUB an image whose alternative is the words."""
    text = pictured.build("-W", builder="text")
    assert text.status == 0, text.err
    assert re.search(r"Task-2 task\(\) +●─ asyncio\.sleep\(2\) · line 6 ─+●", text.page("index.txt"))
    assert "| Task-3 task()" in text.page("index.txt")
    man = pictured.build("-W", builder="man")
    assert man.status == 0, man.err
    assert any("asyncio.sleep(2)" in path.read_text(encoding="utf-8") for path in man.folder.glob("*.[0-9]"))
    latex = pictured.build("-W", builder="latex")
    assert latex.status == 0, latex.err
    source = "".join(path.read_text(encoding="utf-8") for path in latex.folder.glob("*.tex"))
    assert r"\begin{picture}" in source
    epub = pictured.build(builder="epub")
    assert epub.status == 0, epub.err
    image = re.search(r'<img src="(_images/await-seed-\w+\.svg)" alt="([^"]+)"', epub.page("index.xhtml"))
    assert image is not None
    assert "Task-3 task() – Created by: Task-1" in image[2]
    assert image[1] in epub.page("content.opf")
    assert "<script" not in epub.page("index.xhtml")
    assert "sphinx-await-timeline.js" not in epub.page("index.xhtml")


def test_one_page_for_all_has_no_id_twice(pictured: Project) -> None:
    """Documents whose programs have the same names are merged all the same."""
    pictured.write("index.md", page_of("seed") + "```{toctree}\nother\n```\n")
    pictured.write("other.md", page_of("seed"))
    built = pictured.build("-W", builder="singlehtml")
    assert built.status == 0, built.err
    ids = re.findall(r' id="(await-[^"]+)"', built.page())
    assert ids
    assert len(set(ids)) == len(ids)


def test_a_comparison_sets_runs_of_any_page_on_one_axis(pictured: Project) -> None:
    """Each under its heading, with its own table; nothing is run for it."""
    pictured.write(
        "other.md", "# Other\n\n```{exec_compare}\n:caption: 둘을 견줍니다\nseed 씨앗\nblocked 막힌 루프\n```\n"
    )
    built = pictured.build("-W", "-D", "suppress_warnings=toc.not_included")
    assert built.status == 0, built.err
    assert built.ran == []
    page = built.page("other.html")
    assert 'aria-label="Compared on one time axis: 씨앗, 막힌 루프"' in page
    assert "씨앗 · 2.01 s" in page
    assert "<li>막힌 루프: The event loop was blocked for 0.50 s" in page
    assert "<figcaption>둘을 견줍니다</figcaption>" in page


def test_a_time_stands_in_a_sentence_in_every_form(pictured: Project) -> None:
    """The role says what was measured."""
    pictured.write("index.md", page_of("seed") + "It took {exec_time}`seed`, no more.\n")
    assert re.search(r"It took <span[^>]*>2\.01 s</span>, no more", pictured.build("-W").page())
    assert "It took 2.01 s, no more." in pictured.build("-W", builder="text").page("index.txt")


def test_pages_that_speak_of_a_run_follow_it(pictured: Project) -> None:
    """When the run changes, the page that names it is written again, though nobody touched it."""
    pictured.write("other.md", "# Other\n\nIt took {exec_time}`seed`.\n\n```{exec_compare} seed blocked\n```\n")
    assert "2.01 s" in pictured.build().page("other.html")
    for path in (pictured.folder / ".await-cache").glob("*.json"):
        told = Recording.from_json(path.read_bytes())
        if told.wall == 2.009:
            path.write_text(replace(told, wall=2.5).to_json(), encoding="utf-8")
    page = pictured.build().page("other.html")
    assert "It took <span" in page
    assert page.count("2.50 s") >= 2


def test_a_name_that_no_run_has_is_a_warning_of_every_build(pictured: Project) -> None:
    """With file and line, until it is mended; a page that names it later shows it."""
    pictured.write("other.md", "# Other\n\nIt took {exec_time}`nobody`.\n\n```{exec_compare}\nseed\nnobody\n```\n")
    for _ in range(2):
        built = pictured.build()
        assert built.status == 0
        assert "other.md:3: WARNING: no program of this course is named 'nobody' [await.reference]" in built.err
        assert "other.md:5: WARNING: no program of this course is named 'nobody'" in built.err
    pictured.write(
        "index.md", page_of("seed", "blocked") + "<!-- await: name=nobody -->\n```python\nprint('queue')\n```\n"
    )
    mended = pictured.build()
    assert "nobody" not in mended.err
    assert "—" not in mended.page("other.html").split("It took")[1].split(".")[0]
