"""The picture of a run in a page, in every form, and what speaks of runs elsewhere."""

from __future__ import annotations

import gzip
import html
import json
import re
from collections import Counter
from dataclasses import asdict, replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from sphinx_await.core.model.dependencies import Dependencies
from sphinx_await.core.model.recording import Failure, Output, Recording, Step
from sphinx_await.sphinxext.render import labels

from ..conftest import HERE

if TYPE_CHECKING:
    from .conftest import Project

TIMELINES = HERE / "corpus" / "timelines"


def page_of(*names: str, options: str = "") -> str:
    """A page with a program for each recording, of as many lines."""
    rest = "#\n" * 30
    return "# Page\n\n" + "".join(
        f"<!-- await: name={name} {options} -->\n```python\nprint('{name}')\n{rest}```\n\n" for name in names
    )


def stored(name: str) -> Recording:
    """One of the stored recordings."""
    return Recording.from_json((TIMELINES / f"{name}.json").read_bytes())


def put(project: Project, **others: Recording) -> None:
    """Give the programs that a build left in the cache the recordings of their names, or others."""
    for path in (project.folder / ".await-cache").glob("*.json"):
        ran = Recording.from_json(path.read_bytes())
        name = ran.outputs[0].text.strip() if ran.outputs else ""
        if (TIMELINES / f"{name}.json").exists() and ran.wall < 0.1:
            changed = others.get(name) or stored(name)
            path.write_text(replace(changed, requires=ran.requires).to_json(), encoding="utf-8")


def recording_with_folders(project: Project) -> Recording:
    """A recording that names folders of the author's, with a traceback and a warning on standard error."""
    here, seed = project.folder, stored("seed")
    libraries = "/srv/me/.venv/lib/python3.12/site-packages"
    traceback = (
        "Traceback (most recent call last):\n"
        f'  File "snippet.py", line 2, in <module>\n  File "{here}/lib/helpers.py", line 9, in read\n'
        f"FileNotFoundError: no '{here}/secret.csv'\n"
    )
    warned = f"{libraries}/foo/bar.py:3: DeprecationWarning: secret\n"
    pieces = [f"plain words of {here}/x.csv\n", *(traceback[at : at + 7] for at in range(0, len(traceback), 7)), warned]
    outputs = [Output(0.1 * number, "stderr" if number else "stdout", text) for number, text in enumerate(pieces)]
    main, *tasks = seed.tasks
    wait = replace(main.waits[0], on=f"read('{here}/x.csv')")
    return replace(
        seed,
        exit=1,
        failure=Failure("FileNotFoundError", f"no '{here}/secret.csv'", traceback, 2),
        outputs=tuple(outputs),
        tasks=(replace(main, name=f"reader of {here}/x.csv", waits=(wait, *main.waits[1:])), *tasks),
    )


HELPER = """
import asyncio, time

async def main():
    await asyncio.sleep(0.02)
    time.sleep(0.12)
"""
USES_HELPER = """
import asyncio, {0} as helper

async def main():
    await asyncio.sleep(0.01)
    await asyncio.gather(helper.main(), asyncio.sleep(0.01))

asyncio.run(main())
"""


def test_what_runs_in_a_module_beside_the_program_has_the_name_of_its_file(project: Project) -> None:
    """A file of await_files, and a package: in the picture, the sentence, the table and the downloads; no folder."""
    conf = project.read("conf.py") + 'language = "ko"\nawait_files = ["given/*.py"]\n'
    project.write("conf.py", f'import sys\nsys.path.insert(0, "{project.folder}/src")\n{conf}')
    project.write("given/helper.py", HELPER[1:])
    project.write("src/secret_place/work.py", HELPER[1:])
    programs = [USES_HELPER.format(name) for name in ("given.helper", "secret_place.work")]
    project.write("index.md", "# Page\n\n" + "\n\n".join(f"```python{program}```" for program in programs))
    built = project.build()
    assert (built.status, built.err) == (0, "")
    page = built.page()
    for file in ("helper.py", "work.py"):
        assert page.count(f"{file} 4행") >= 2  # the picture, the table
        assert f"({file} 5행)" in page
        assert f"asyncio.sleep(0.02) · {file} 4행" in page
    assert page.count("asyncio.sleep(0.01) · 4행") >= 2
    downloads = [path.read_text(encoding="utf-8") for path in (built.folder / "_downloads").rglob("*.json")]
    recordings = [json.loads(text) for text in downloads if '"schema"' in text]
    held = [
        step["held_in"] for one in recordings for task in one["tasks"] for step in task["steps"] if "held_in" in step
    ]
    assert sorted(held) == ["helper.py", "work.py"]
    assert not any(str(project.folder) in text for text in [page, *downloads])


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


def test_the_first_picture_of_a_page_says_how_to_read_it(pictured: Project) -> None:
    """In the fold with its table, which its name says; nothing is said again below the others."""
    page = BeautifulSoup(pictured.build("-W").page(), "html.parser")
    folds = page.select(".await-picture .await-words")
    names = [fold.summary.get_text() for fold in folds if fold.summary is not None]
    assert names == ["How to read it. Table and data", "Table and data"]
    assert ["Time goes from left to right" in fold.get_text() for fold in folds] == [True, False]
    (form,) = page.select("template")
    assert form.find(class_="await-hint")  # until the script shows it to a reader who has used no picture


def test_a_picture_speaks_of_lines_as_the_page_shows_them(project: Project) -> None:
    """What is hidden is not counted, and has no number; ``lineno-start`` is where counting begins."""
    sleeper = "async def main():\n    await asyncio.sleep(0.01)\n{rest}asyncio.run(main())\n"
    hidden = sleeper.format(rest="    #hide:toggle\n    await asyncio.sleep(0.02)\n    #hide:toggle\n")
    code = f"#hide:start\nimport asyncio\n\n#hide:stop\n{hidden}"
    project.write(
        "index.md",
        f"# Page\n\n```python\n{code}```\n\n```{{exec_code}}\n:name: far\n:lineno-start: 40\n{code}```\n"
        f"\n```{{exec_code}}\n:hide:\n:timeline:\n{code}```\n\n```{{exec_compare}}\nfar\n```\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    waits = re.findall(r"<title>(asyncio\.sleep\(0\.0[12]\)(?: · line \d+)?) ·", built.page())
    first, second = "asyncio.sleep(0.01)", "asyncio.sleep(0.02)"
    far = [f"{first} · line 41", second]
    assert waits == [f"{first} · line 2", second, *far, first, second, *far]


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
    assert re.search(r'<script [^>]*type="module" src="_static/sphinx-await-timeline.js', built.page())
    assert "sphinx-await-timeline" not in built.page("plain.html")
    assert "await-picture" not in built.page("plain.html")


def test_the_steps_of_a_run_are_in_a_file_beside_the_page(pictured: Project) -> None:
    """In the page's language, with its lines of output; the page itself has no more than an address for each."""
    pictured.write("conf.py", pictured.read("conf.py") + 'language = "ko"\n')
    built = pictured.build("-W", "-E")
    seed, blocked = (json.loads(built.page(link)) for link in re.findall(r'data-steps="([^"?]+)', built.page()))
    assert seed["moments"][0][1] == "프로그램이 시작됩니다"
    assert [name for name, *_ in seed["tasks"]] == [task.name for task in stored("seed").tasks]
    assert sorted(row for moment in seed["moments"] for row in moment[4]) == list(range(len(stored("seed").outputs)))
    assert any("붙잡고 있었습니다" in moment[1] for moment in blocked["moments"])
    assert "프로그램이 시작됩니다" not in built.page()
    offer = json.loads(html.unescape(re.findall(r'data-await-player="([^"]+)"', built.page())[0]))
    assert offer["step"] == "한 걸음씩"
    script = f"_static/{offer['script'].partition('?')[0]}"
    assert sum(len(gzip.compress(built.page(name).encode())) for name in (script, script[:-2] + "css")) <= 8_000


def test_the_recording_and_a_trace_can_be_taken_along(project: Project) -> None:
    """The page leads to both; they can be read back, and like the page they name nothing of the author's machine."""
    project.write("lib/helpers/__init__.py", "")
    project.write("conf.py", project.read("conf.py") + 'exec_code_source_folders = ["lib"]\n')
    project.write(
        "index.md", page_of("seed", options="raises=FileNotFoundError").replace("print", "import helpers;print")
    )
    project.build()
    put(project, seed=recording_with_folders(project))
    (kept,) = (project.folder / ".await-cache").glob("*.json")
    requires = Recording.from_json(kept.read_bytes()).requires
    assert "helpers" in requires.modules
    built = project.build("-W")
    assert built.status == 0, built.err
    links = re.findall(r'download="" href="([^"]+)"', built.page())
    assert len(links) == 2
    files = [built.page(link) for link in links]
    taken = Recording.from_json(files[0])
    assert [task.name for task in taken.tasks] == ["reader of x.csv", "Task-2", "Task-3"]
    assert [output.text for output in taken.outputs[:3]] == [
        "plain words of x.csv\n",
        "Traceback (most recent call last):\n",
        '  File "snippet.py", line 2, in <module>\n',
    ]
    assert taken.outputs[-1].text == "foo/bar.py:3: DeprecationWarning: secret\n"
    assert taken.failure is not None
    assert taken.failure.message == "no 'secret.csv'"
    assert 'File "helpers.py", line 9, in read' in taken.failure.traceback
    assert taken.requires == Dependencies()
    assert "foo/bar.py:3: DeprecationWarning" in json.dumps(json.loads(files[1])["traceEvents"])
    for text in (built.page(), *files):
        assert "secret.csv" in text
        assert str(project.folder) not in text
        assert "/srv/me" not in text


@pytest.mark.parametrize("builder", ["html", "dirhtml", "epub"])
def test_no_file_stays_to_which_no_page_leads(project: Project, builder: str) -> None:
    """Those of a run that is gone, has no picture any more, or whose page is gone are removed, and no others."""

    def files() -> set[str]:
        built = project.build(builder=builder)
        assert built.status == 0, built.err
        names = [name.rpartition("/")[2].split("-") for name in built.files() if "/await-" in name]
        return {"-".join(parts[:2]) for parts in names}

    project.write("conf.py", project.read("conf.py") + 'await_run_fences = ["**"]\n')
    project.write("index.md", page_of("seed"))
    project.write("sub/two.md", page_of("blocked", "queue") + "```{exec_compare}\nseed\nqueue\n```\n")
    project.write("three.md", page_of("timeout"))
    project.build(builder=builder)
    put(project)
    everything = {"await-seed", "await-blocked", "await-queue", "await-timeout"}
    compared = {"await-compared"}
    assert files() == everything | compared
    project.write("index.md", page_of("seed", options="no-timeline"))
    # What is compared is still stepped through, but not in a book.
    assert files() == everything - ({"await-seed"} if builder == "epub" else set()) | compared
    project.write("sub/two.md", page_of("queue"))
    assert files() == {"await-queue", "await-timeout"}
    (project.folder / "three.md").unlink()
    folder = "_images" if builder == "epub" else "_downloads"
    project.write(f"build/{builder}/{folder}/await/await-old-1.json", "of a version of before")
    assert files() == {"await-queue"}


def test_what_is_too_large_to_take_along_is_left_out(project: Project) -> None:
    """The page says so, and how large it would be; a file of before goes."""
    project.write("index.md", page_of("seed"))
    project.build()
    put(project)
    before = project.build("-W")
    assert len(re.findall('download=""', before.page())) == 2
    main, *tasks = stored("seed").tasks
    steps = tuple(Step(number / 1e4, number / 1e4 + 5e-5) for number in range(20_000))
    (kept,) = (project.folder / ".await-cache").glob("*.json")
    changed = replace(Recording.from_json(kept.read_bytes()), tasks=(replace(main, steps=steps), *tasks))
    kept.write_text(changed.to_json(), encoding="utf-8")
    built = project.build("-W")
    assert built.status == 0, built.err
    (link,) = re.findall(r'download="" href="([^"]+)"', built.page())
    assert len(Recording.from_json(built.page(link)).tasks[0].steps) == 20_000
    assert re.search(r"<li>Trace for Perfetto and Chrome: left out, since it has \d\.\d MB</li>", built.page())
    assert sum(name.endswith(".trace.json") for name in built.files()) == 0


@pytest.mark.parametrize("hidden", ["hide_output:", "stderr: hide"])
def test_what_is_hidden_is_hidden_everywhere(project: Project, hidden: str) -> None:
    """Neither figure, picture, comparison, recording, trace nor any other form has what its author hides."""
    project.write(
        "index.md",
        f"# A\n\n```{{toctree}}\nother\n```\n\n```{{exec_code}}\n:name: seed\n:{hidden}\n"
        ":raises: FileNotFoundError\nprint('seed')\n```\n",
    )
    project.write("other.md", "# Other\n\n```{exec_compare} seed\n```\n")
    project.build()
    put(project, seed=recording_with_folders(project))
    for builder in ("html", "text", "latex"):
        built = project.build("-W", builder=builder)
        assert built.status == 0, built.err
        files = b"".join(built.files().values())
        assert b"secret" not in files
        assert b"most recent call" not in files
        assert (b"plain words" in files) == ("stderr" in hidden)
    assert "await-picture" in project.build().page()


def test_hiding_changes_the_pages_that_compare_it(project: Project) -> None:
    """The page that names a run is written again when its author hides what it printed, or its code."""
    page = "# A\n\n```{exec_code}\n:name: seed\nprint('seed')\n" + "1\n" * 20 + "```\n"
    project.write("index.md", page)
    project.write("other.md", "# Other\n\n```{exec_compare} seed\n```\n")
    project.build()
    put(project)
    other = project.build().page("other.html")
    assert "Task A: 시작" in other
    assert "asyncio.sleep(2) · line 6" in other
    project.write("index.md", page.replace("print", ":hide:\nprint"))
    other = project.build().page("other.html")
    assert "Task A: 시작" in other
    assert "asyncio.sleep(2) · line 6" not in other
    project.write("index.md", page.replace("print", ":hide_output:\nprint"))
    other = project.build().page("other.html")
    assert "Task A: 시작" not in other
    assert "asyncio.sleep(2) · line 6" in other


def test_a_run_of_which_nothing_is_shown_has_a_picture_if_asked_for(project: Project) -> None:
    """Where neither code nor output is shown, only ``:timeline:`` shows something, and in every form."""
    hidden = "```{exec_code}\n:name: seed\n:hide:\n:hide_output:\nprint('seed')\n```\n"
    project.write("index.md", f"# A\n\n{hidden}")
    project.build()
    put(project)
    marks = {"html": ("index.html", "await-picture"), "text": ("index.txt", "Task-2"), "latex": ("a.tex", "{picture}")}
    project.write("conf.py", project.read("conf.py") + 'project = "a"\n')
    for builder, (page, mark) in marks.items():
        assert mark not in project.build("-W", builder=builder).page(page)
    project.write("index.md", f"# A\n\n{hidden.replace('print', ':timeline:' + chr(10) + 'print')}")
    for builder, (page, mark) in marks.items():
        built = project.build("-W", builder=builder)
        assert built.status == 0, built.err
        assert mark in built.page(page)


def test_no_timeline_leaves_the_picture_out_and_runs_nothing(pictured: Project) -> None:
    """The option changes what is shown, not what runs; its opposite beside it is a mistake."""
    pictured.write("index.md", page_of("seed", "blocked", options="no-timeline"))
    built = pictured.build("-W")
    assert built.ran == []
    assert "await-picture" not in built.page()
    pictured.write("index.md", page_of("seed", options="no-timeline timeline"))
    assert "ERROR: timeline: cannot be combined with no-timeline" in pictured.build().err


def test_a_page_is_the_same_each_time(pictured: Project) -> None:
    """Built again from the cache, also in parallel, every file is byte for byte the same."""
    pictured.write("other.md", page_of("queue") + "```{exec_compare}\nseed\nblocked\n```\n")
    pictured.build("-W")
    first = pictured.build("-W", "-E", folder="one").files()
    again = pictured.build("-W", "-E", "-j", "2", folder="two").files()
    assert {name for name in first if first[name] != again.get(name)} <= {".await-written.json"}
    assert set(first) == set(again)


def test_a_directive_takes_the_options(project: Project) -> None:
    """``:timeline:`` shows a picture where a loop runs no task, too."""
    code = "import asyncio\n\nloop = asyncio.new_event_loop()\nloop.call_soon(loop.stop)\nloop.run_forever()"
    project.write("index.md", f"# A\n\n```{{exec_code}}\n:timeline:\n{code}\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "await-picture" in built.page()


def test_the_other_forms_show_the_same(pictured: Project) -> None:
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
    image = re.search(
        r'<img src="(_images/await/index-\w+/await-seed-\w+\.svg)" alt="([^"]+)"', epub.page("index.xhtml")
    )
    assert image is not None
    assert "Task-3 task() – Created by: Task-1" in image[2]
    assert image[1] in epub.page("content.opf")
    drawn = epub.page(image[1])
    assert int(drawn.split(' width="')[1].split('"')[0]) <= 600, "its text can be read on a telephone"
    assert "sphinx-await-book.css" in epub.page("index.xhtml")
    assert "sphinx-await-book.css" in epub.page("content.opf")
    (output,) = [line for line in epub.page("_static/sphinx-await-book.css").splitlines() if "-output {" in line]
    assert "width: auto" in output, "a long line wraps"
    assert "<script" not in epub.page("index.xhtml")
    assert "sphinx-await-timeline.js" not in epub.page("index.xhtml")


@pytest.mark.parametrize("builder", ["epub", "html"])
def test_what_xml_cannot_hold_makes_no_page_ill_formed(project: Project, builder: str) -> None:
    """Control characters and lone surrogates in names, waits, output and messages: page and picture can be read."""
    bad, seed = "<\x00\x1b\ud800\ufffe>", stored("seed")
    tasks = tuple(
        replace(task, name=task.name + bad, waits=tuple(replace(wait, on=wait.on + bad) for wait in task.waits))
        for task in seed.tasks
    )
    outputs = tuple(replace(output, text=f"{bad}{output.text}") for output in seed.outputs)
    changed = replace(seed, exit=1, tasks=tasks, outputs=outputs, failure=Failure("OSError", bad, "", 1))
    project.write("index.md", page_of("seed"))
    project.write("conf.py", project.read("conf.py") + "await_on_error = 'warn'\n")
    project.build()
    put(project, seed=changed)
    built = project.build(builder=builder)
    page = built.page("index.xhtml" if builder == "epub" else "index.html")
    assert "OSError: &lt;\ufffd" in page
    assert page.count("Task-2&lt;\ufffd") > 2
    assert re.search("[\x00-\x08\x0b-\x1f\ud800\ufffe]|&#(?:55296|65534|0|27);", page) is None
    if builder == "epub":
        texts = [page, *(path.read_text(encoding="utf-8") for path in built.folder.rglob("await-*.svg"))]
        assert len(texts) == 2
        for text in texts:
            ElementTree.fromstring(text)  # noqa: S314 - written right here


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


def test_the_caption_of_a_comparison_stays_with_it_on_paper(pictured: Project) -> None:
    """No page begins with it."""
    compared = "\n```{exec_compare}\n:caption: Side by side\nseed\nblocked\n```\n"
    pictured.write("index.md", page_of("seed", "blocked") + compared)
    built = pictured.build("-W", builder="latex")
    assert built.status == 0, built.err
    source = "".join(path.read_text(encoding="utf-8") for path in built.folder.glob("*.tex"))
    assert "Side by side" in source.split(r"\begin{sphinxuseclass}{await-caption}")[1]
    assert r"{sphinxclassawait-caption}{\par\nobreak}" in built.page("sphinxawait.sty")


@pytest.mark.parametrize("builder", ["html", "singlehtml"])
def test_the_same_runs_can_be_compared_twice(pictured: Project, builder: str) -> None:
    """On one page, or on pages that are merged, no id is there twice."""
    compared = "```{exec_compare} seed blocked\n```\n\n"
    pictured.write("index.md", page_of("seed", "blocked") + "```{toctree}\nother\n```\n\n" + compared)
    pictured.write("other.md", f"# Other\n\n{compared}text\n\n{compared}")
    built = pictured.build("-W", builder=builder)
    assert built.status == 0, built.err
    for path in built.folder.glob("*.html"):
        ids = re.findall(r' id="([^"]+)"', path.read_text(encoding="utf-8"))
        assert [one for one, count in Counter(ids).items() if count > 1] == []


@pytest.mark.parametrize("builder", ["html", "text"])
def test_a_run_that_cannot_be_compared_is_named(pictured: Project, builder: str) -> None:
    """One of several, and all of them where nothing was run: a comparison does not vanish."""
    pictured.write("other.md", "# Other\n\n```{exec_compare}\nseed The seed\nnobody Nobody\n```\n")
    suffix = {"html": "html", "text": "txt"}[builder]
    note = "Not compared, since not recorded: "
    page = pictured.build(builder=builder).page(f"other.{suffix}")
    assert f"{note}Nobody" in page
    assert "The seed · 2.01 s" in page
    nothing = pictured.build("-D", "await_execute=off", builder=builder).page(f"other.{suffix}")
    assert f"{note}The seed, Nobody" in nothing
    assert note not in pictured.build(builder="gettext").page("other.pot")


def test_a_run_that_is_missing_beside_one_with_its_heading_is_named(pictured: Project) -> None:
    """By its heading and its name, since the heading says nothing."""
    pictured.write("other.md", "# Other\n\n```{exec_compare}\nseed Same\nnobody Same\n```\n")
    page = pictured.build(builder="text").page("other.txt")
    assert "Not compared, since not recorded: Same (nobody)" in page


def test_a_time_is_in_its_sentence_in_every_form(pictured: Project) -> None:
    """The role says what was measured."""
    pictured.write("index.md", page_of("seed") + "It took {exec_time}`seed`, no more.\n")
    assert re.search(r"It took <span[^>]*>2\.01 s</span>, no more", pictured.build("-W").page())
    assert "It took 2.01 s, no more." in pictured.build("-W", builder="text").page("index.txt")


def test_pages_that_speak_of_a_run_follow_it(pictured: Project) -> None:
    """When the run changes, the page that names it is written again, though nobody touched it."""
    pictured.write("other.md", "# Other\n\nIt took {exec_time}`seed`.\n\n```{exec_compare} seed blocked\n```\n")
    assert "2.01 s" in pictured.build().page("other.html")
    for path in (pictured.folder / ".await-cache").glob("*.json"):
        changed = Recording.from_json(path.read_bytes())
        if changed.wall == 2.009:
            path.write_text(replace(changed, wall=2.5).to_json(), encoding="utf-8")
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


def test_a_name_that_several_pages_have_is_a_warning_of_every_build(pictured: Project) -> None:
    """With file and line, unless the page that speaks of it has a run of that name itself."""
    pictured.write("more.md", page_of("seed") + "It took {exec_time}`seed`.\n")
    pictured.write("other.md", "# Other\n\nIt took {exec_time}`seed`.\n\n```{exec_compare}\nseed\nblocked\n```\n")
    for _ in range(2):
        built = pictured.build()
        assert built.status == 0
        words = (
            "WARNING: several programs are named 'seed': index.md:5, more.md:5; the first is taken [await.reference]"
        )
        assert re.findall(r"(\w+\.md:\d+): " + re.escape(words), built.err) == ["other.md:3", "other.md:5"]
        assert built.err.count("several programs") == 2


def test_a_page_and_a_warning_say_why_there_is_no_timeline(project: Project) -> None:
    """Where one was asked for and no task ran, and where the recorder failed; not where nobody misses one."""
    programs = {"wanted": "timeline", "gone": "", "asked": "timeline", "unwanted": "no-timeline", "plain": ""}
    project.write("index.md", "".join(page_of(name, options=options) for name, options in programs.items()))
    project.build()
    for path in (project.folder / ".await-cache").glob("*.json"):
        ran = Recording.from_json(path.read_bytes())
        if ran.outputs[0].text.strip() in {"gone", "asked", "unwanted"}:
            path.write_text(replace(ran, incomplete="the recorder gave up: x").to_json(), encoding="utf-8")
    lines = {name: 5 + 37 * number for number, name in enumerate(programs)}
    wanted = {
        "wanted": "There is no timeline: no asyncio task ran",
        "gone": "There is no timeline: the recorder gave up: x",
        "asked": "There is no timeline: the recorder gave up: x",
    }
    for _build in range(2):
        built = project.build()
        assert built.status == 0
        found = re.findall(r"index\.md:(\d+): WARNING: (\w+): (.*) \[await\.timeline\]", built.err)
        assert found == [(str(lines[name]), name, words) for name, words in wanted.items()]
    figures = re.split(r"<figure", built.page())[1:]
    assert len(figures) == len(programs)
    for name, figure in zip(programs, figures, strict=True):
        assert re.findall(r"There is no timeline: [^<]*", figure) == [words for words in [wanted.get(name)] if words]
        assert "await-picture" not in figure
