"""Values of runs in sentences: ``exec_value``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from sphinx_await.core.errors import OptionError
from sphinx_await.core.model.recording import Recording
from sphinx_await.core.validation.run_values import RunValue

if TYPE_CHECKING:
    from .conftest import Project

COUNTS = """<!-- await: name=counts no-timeline -->
```python
import asyncio

async def main():
    await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))
    print("total = 3")
    print("<b>odd</b>")
    print("done:  7 of 7 ")

asyncio.run(main())
```

```{exec_code}
:name: silent
:hide_output:
print("hidden total: 41")
```
"""
#: What authors write, and what their sentence says.
SAID = {
    "counts": "done: 7 of 7",
    "counts total": "3",
    "counts done:": "7 of 7",
    "counts 1": "total = 3",
    "counts -2": "<b>odd</b>",
    "counts 'odd'": "</b>",
    "counts tasks": "3",
    "counts exit": "0",
    "silent total": "41",
    "silent": "hidden total: 41",
}


def sentences(texts: list[str]) -> str:
    """A page that says each of these values in a paragraph of its own."""
    return "".join(f"\nIt is {{exec_value}}`{text}`.\n" for text in texts)


def test_a_sentence_says_what_another_page_printed_and_follows_it(project: Project) -> None:
    """In HTML and in text, also hidden output that an author names; an edit of the program writes both pages again."""
    project.write("index.md", f"# I\n\n{COUNTS}\n```{{toctree}}\nother\n```\n")
    project.write("other.md", f"# Other\n{sentences(list(SAID))}")
    built = project.build("-W")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page("other.html"), "html.parser")
    found = [" ".join(one.text.split()) for one in page.select(".await-value-of")]
    assert found == list(SAID.values())
    text = project.build("-W", builder="text").page("other.txt")
    assert all(f"It is {value}." in " ".join(text.split()) for value in SAID.values())
    project.write("index.md", project.read("index.md").replace("total = 3", "total = 4").replace("41", "42"))
    page = BeautifulSoup(project.build("-W").page("other.html"), "html.parser")
    found = [one.text for one in page.select(".await-value-of")]
    assert found[1] == "4"
    assert found[-2] == "42"


def test_a_value_that_a_run_does_not_have_is_a_warning_of_every_build(project: Project) -> None:
    """With file and line and what the run did; what cannot be meant is an error; the sentence has a dash."""
    project.write("index.md", f"# I\n\n{COUNTS}{sentences(['counts o', 'counts 9', 'counts raised', 'nobody', ''])}")
    line = project.read("index.md").split("\n").index("It is {exec_value}`counts o`.") + 1
    for _build in range(2):
        built = project.build()
        assert built.status == 0, built.err
        for at, words in enumerate(
            (
                "counts printed 0 lines with 'o', and one is needed",
                "counts printed 3 lines, and there is no line 9",
                "counts ended without an exception",
                "no program of this course is named 'nobody'",
            )
        ):
            assert f"index.md:{line + 2 * at}: WARNING: {words} [await.reference]" in built.err
        page = BeautifulSoup(built.page(), "html.parser")
        assert [one.text for one in page.select(".await-value-of")] == ["—"] * 4
    project.write("index.md", f"# In {{exec_value}}`counts`\n\n{COUNTS}{sentences(['counts 0'])}")
    built = project.build()
    assert built.status == 1
    assert "index.md:1: ERROR: exec_value cannot be in a heading" in built.err
    assert f"index.md:{line}: ERROR: exec_value: lines count from 1, or from -1 at the end; found 0" in built.err


@pytest.mark.parametrize(
    ("text", "printed", "value"),
    [
        ("", ["a", "b"], "b"),
        ("total", ["total", "x"], None),
        ("", [], None),
        ("-3", ["a", "b"], None),
        ("2", ["a", " b "], "b"),
        ('"wall"', ["wall: 2"], "2"),
        ("합계", ["합계 = 3 = 1 + 2"], "3 = 1 + 2"),
        ("a", ["a b", "b a"], None),
        ("total", ["subtotal: 7", "total: 9", "totals 5"], "9"),
        ("total", ["subtotal: 7"], None),
        ("sum:", ["sum:7"], "7"),
    ],
)
def test_a_value_is_of_one_line_or_an_error(text: str, printed: list[str], value: str | None) -> None:
    """What several lines have, or none, is no value."""
    recording = Recording("CPython 3.13.0", "Linux", "2026-01-01T00:00:00+00:00", 1.0, 0.1, 0)
    with pytest.raises(OptionError, match="more than is kept"):
        RunValue.read(text).of(replace(recording, truncated=True), ["a", "total: 9"])
    if value is None:
        with pytest.raises(OptionError):
            RunValue.read(text).of(recording, printed)
    else:
        assert RunValue.read(text).of(recording, printed) == value


def test_a_sentence_says_the_ratio_of_two_times(project: Project) -> None:
    """In the language of the page, with two digits however small it is; without a time a dash, which is a warning."""
    programs = "".join(
        f"<!-- await: name={name} -->\n```python\nimport time\ntime.sleep({seconds})\n```\n\n"
        for name, seconds in (("slow", 0.3), ("fast", 0.1), ("short", 0))
    )
    asked = ("slow / fast", "fast /\nslow", "slow / nobody", "short / slow")
    ratios = "".join(f"{{exec_time}}`{text}`\n\n" for text in asked)
    project.write("index.md", f"# I\n\n{programs}{ratios}")
    built = project.build("-D", "language=ko")
    page = BeautifulSoup(built.page("index.html"), "html.parser")
    walls = {figure["data-name"]: float(str(figure["data-wall"])) for figure in page.select("figure.await-run")}
    expected = walls["slow"] / walls["fast"]
    *said, small = [one.text for one in page.select(".await-time-of")]
    assert said == [f"{expected:.1f}배", f"{1 / expected:.2f}배", "—"]
    assert small.startswith("0.0")
    assert len(small.removesuffix("배").replace(".", "").lstrip("0")) == 2
    assert "no program of this course is named 'nobody'" in built.err
