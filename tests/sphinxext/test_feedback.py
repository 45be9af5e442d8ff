"""What an author says of wrong answers: read, checked by the build, and given to readers' browsers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from ..browser.sites import STUB

if TYPE_CHECKING:
    from .conftest import Project

EXERCISE = """# A

`````{{exec_exercise}} Two
:name: two

```{{exec_start}}
print("one")
```

```{{exec_check}} printed("two")
It prints two.
```

````{{exec_feedback}} {condition}
Capital letters *matter*.
~~~{{exec_wrong}}
{wrong}
~~~
````

```{{exec_feedback}} raised("ZeroDivisionError")
By zero, nothing can be divided.
~~~{{exec_wrong}}
:raises: ZeroDivisionError
1 / 0
~~~
~~~{{exec_wrong}}
:raises: ZeroDivisionError
1 // 0
~~~
```

```{{exec_solution}}
print("two")
```
`````
"""
SENTENCE = "Capital letters"


def write(project: Project, **parts: str) -> None:
    """Write a page with an exercise that is right, but for some of its parts."""
    given = {"condition": 'printed("TWO")', "wrong": 'print("TWO")', **parts}
    project.write("index.md", EXERCISE.format(**given))


def test_wrong_answers_run_and_are_in_no_page(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their sentences are hidden until they are needed; the conditions go to the browser with the start."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    write(project)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert sorted(built.ran) == ["two", "two-solution", "two-wrong-1", "two-wrong-2", "two-wrong-3"]
    page = BeautifulSoup(built.page(), "html.parser")
    assert len(page.select("figure")) == len(["start", "solution"])
    found = [json.loads(one.string or "") for one in page.select('await-live > script[type="application/json"]')]
    assert {program["title"]: program["feedback"] for program in found} == {
        "two": ['printed("TWO")', 'raised("ZeroDivisionError")'],
        "two-solution": [],
    }
    sentences = page.select(".await-feedback")
    assert [one.has_attr("hidden") and "no-search" in one["class"] for one in sentences] == [True, True]
    assert [one["data-await-index"] for one in sentences] == ["0", "1"]
    assert sentences[0].p is not None
    assert sentences[0].p.decode_contents() == "Capital letters <em>matter</em>."
    assert "TWO" not in page.get_text()
    words = json.loads((built.folder / "_static" / "await-live" / "course.json").read_text(encoding="utf-8"))
    assert words["feedback_labels"]["empty"] == "There is no program yet."


@pytest.mark.parametrize("builder", ["text", "epub"])
def test_where_nothing_runs_nothing_is_said_of_wrong_answers(project: Project, builder: str) -> None:
    """Books, text, and pages without a runtime."""
    write(project)
    built = project.build(builder=builder)
    assert built.status == 0, built.err
    pages = [path for path in built.folder.rglob("*") if path.suffix in {".txt", ".xhtml"}]
    assert pages
    assert not [path for path in pages if SENTENCE in path.read_text(encoding="utf-8")]


def test_a_page_without_a_runtime_has_no_sentences(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody could give a wrong answer there."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", "/nowhere")
    write(project)
    assert SENTENCE not in project.build("-W").page()


@pytest.mark.parametrize(
    ("part", "text", "line", "message"),
    [
        ("condition", "printed('TWO'", 14, "exec_feedback: \"printed('TWO'\" is no Python expression"),
        ("condition", "printd('TWO')", 14, "exec_feedback: \"printd('TWO')\": unknown name 'printd'"),
        ("condition", "printed(2) or 1 < 'a'", 14, "two-solution: \"printed(2) or 1 < 'a'\" failed: TypeError"),
        ("wrong", "print('two')", 17, "two-wrong-1: the wrong answer passes every check already"),
        ("wrong", "print('TOW')", 17, "two-wrong-1: this wrong answer gets no sentence"),
        ("wrong", ":raises: Exception\n1 / 0", 18, "two-wrong-1: this wrong answer gets the sentence of line 22"),
        ("wrong", ":raises: Exception\n[][1]", 18, "two-wrong-1: this wrong answer gets another sentence: IndexError"),
        ("wrong", "[][1]", 17, "two-wrong-1: IndexError"),
    ],
)
def test_a_wrong_sentence_fails_the_build_with_file_and_line(
    project: Project, part: str, text: str, line: int, message: str
) -> None:
    """In each build, not only in the one that read the page."""
    write(project, **{part: text})
    for _build in range(2):
        built = project.build()
        assert built.status == 1
        assert f"index.md:{line}: ERROR: {message}" in built.err


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("```{exec_feedback} returned\nNo.\n```", "exec_feedback is in no exec_exercise"),
        ("````{exec_exercise}\n```{exec_wrong}\nprint(1)\n```\n````", "exec_wrong is in no exec_feedback"),
        ("````{exec_exercise}\n```{exec_feedback} returned\n```\n````", "'returned' does not say what it is about"),
        (
            "````{exec_exercise}\n```{exec_feedback} returned\n~~~{exec_wrong}\n1\n~~~\n```\n````",
            "'returned' does not say what it is about",
        ),
    ],
)
def test_a_part_without_the_rest_is_a_mistake(project: Project, page: str, message: str) -> None:
    """With what is missing."""
    project.write("index.md", f"# A\n\n{page}\n")
    built = project.build()
    assert built.status == 1
    assert message in built.err


def test_a_list_of_pages_says_how_many_exercises_they_have(project: Project) -> None:
    """In every form, with links; it follows changes of other pages."""
    write(project)
    project.write("index.md", project.read("index.md") + "\n```{toctree}\nlist\n```\n")
    project.write("list.md", "# List\n\n```{exec_progress}\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    page = built.page("list.html")
    assert '<a class="reference internal" href="index.html">' in page
    assert '<span class="await-count" data-await-exercises="[&quot;two&quot;]">1 exercise</span>' in page
    assert "sphinx-await-exercise.js" in page
    text = project.build("-W", builder="text").page("list.txt")
    assert "* A: 1 exercise" in text
    project.write("index.md", project.read("index.md").replace(":name: two", ":name: pair"))
    assert "[&quot;pair&quot;]" in project.build("-W").page("list.html")
    project.write("list.md", "# List\n\n```{exec_progress} nothing*\n```\n")
    built = project.build()
    assert "list.md:3: WARNING: exec_progress: no page with an exercise matches 'nothing*'" in built.err
    assert "There are no exercises here." in built.page("list.html")


def test_a_list_of_pages_counts_questions_about_runs_too(project: Project) -> None:
    """Of pages without exercises as well."""
    question = "````{exec_predict}\n```python\nprint(1)\nprint(2)\n```\n````\n"
    project.write("index.md", f"# A\n\n```{{toctree}}\nlist\n```\n\n{question}")
    project.write("list.md", "# List\n\n```{exec_progress}\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    (count,) = BeautifulSoup(built.page("list.html"), "html.parser").select(".await-count")
    assert (count.text, count["data-await-questions"]) == ("1 question", "1")
    assert "* A: 1 question" in project.build("-W", builder="text").page("list.txt")


def test_an_exercise_without_a_name_keeps_its_key_when_another_comes_before_it(project: Project) -> None:
    """What a reader has solved must not become another exercise's; with a name, the key is that."""
    unnamed = EXERCISE.replace(":name: two\n", "").format(condition='printed("TWO")', wrong='print("TWO")')

    def keys() -> list[str]:
        page = BeautifulSoup(project.build("-W").page(), "html.parser")
        return [str(one["data-await-exercise"]) for one in page.select("[data-await-exercise]")]

    project.write("index.md", unnamed)
    (before,) = keys()
    other = unnamed.replace('print("one")', 'print("another")').removeprefix("# A\n")
    project.write("index.md", f"# A\n{other}\n{unnamed.removeprefix('# A')}")
    after = keys()
    assert after[1] == before != after[0]
    write(project)
    assert keys() == ["two"]
