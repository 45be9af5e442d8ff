"""Pages that are translated: everything that an author wrote is in the catalogues, and in pages from them."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ..browser.sites import STUB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .conftest import Project

PAGE = """# Heading

````{exec_exercise} Both at once
:name: both

Let them wait.

```{exec_start}
print("one")
```

```{exec_check} printed("two")
It prints **two**.
```

```{exec_check} returned
It *ends*.
```

```{exec_hint} Where to look
Count again.
```

```{exec_hint}
Once more.
```

```{exec_solution}
print("two")
```
````

```{exec_compare}
:caption: The two programs
both The start
both-solution Same
nobody Same
```

It took {exec_time}`both` and never {exec_time}`none`.
"""
#: What its author wrote, and the translation of it.
WORDS = {
    "Both at once": "둘 다 한꺼번에",
    "Let them wait.": "기다리게 합니다.",
    "It prints **two**.": "**둘**을 출력합니다.",
    "It *ends*.": "*끝납니다*.",
    "Where to look": "볼 곳",
    "Count again.": "다시 셉니다.",
    "Once more.": "한 번 더.",
    "The two programs": "두 프로그램",
    "The start": "시작",
    # Sphinx is easily misled by a text that is its own translation.
    "Same": "Same",
    "It took {exec_time}`both` and never {exec_time}`none`.": "{exec_time}`none` 아니라 {exec_time}`both` 걸렸습니다.",
}


def translate(project: Project, words: Mapping[str, str]) -> None:
    """Give a project a Korean catalogue for its page."""
    project.write(
        "conf.py", project.read("conf.py") + "language = 'ko'\nlocale_dirs = ['l']\nhtml_theme = 'alabaster'\n"
    )
    catalog = Catalog(locale="ko")
    for original, translation in words.items():
        catalog.add(original, translation)
    path = project.folder / "l" / "ko" / "LC_MESSAGES" / "index.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)


def test_catalogues_have_all_that_an_author_wrote(project: Project) -> None:
    """Titles and hints of exercises, goals, captions and headings of comparisons, each with file and line."""
    project.write("index.md", PAGE)
    built = project.build(builder="gettext")
    with (built.folder / "index.pot").open("rb") as file:
        messages = {message.id: message.locations for message in read_po(file) if message.id}
    assert set(messages) == {"Heading", *WORDS}
    assert all(path.endswith("index.md") and line for places in messages.values() for path, line in places)


@pytest.fixture
def translated(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Give the project with its translation, whose readers may run programs."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("index.md", PAGE)
    translate(project, WORDS)
    return project


@pytest.mark.parametrize(("builder", "page"), [("html", "index.html"), ("epub", "index.xhtml"), ("text", "index.txt")])
def test_a_translated_page_has_the_translations(translated: Project, builder: str, page: str) -> None:
    """And nothing of what is translated, in each form."""
    built = translated.build(builder=builder)
    text = html.unescape(re.sub(r"</?(?:em|strong)>|[*]", "", built.page(page)))
    pieces = [piece for one in WORDS.values() for piece in re.split(r"[*]+|\{exec_time\}`\w+`", one) if piece.strip()]
    assert [piece for piece in pieces if piece.strip() not in text] == []
    originals = [original for original, translation in WORDS.items() if original != translation]
    left = [piece for one in originals for piece in re.split(r"[*]+|\{exec_time\}`\w+`", one) if len(piece) > 3]
    assert [piece for piece in left if piece in text] == []
    assert "Not compared" not in text
    assert "Same (nobody)" in text
    if builder == "html":
        programs = map(json.loads, re.findall(r'<script type="application/json">(.*?)</script>', built.page(page)))
        hints = [check["hint"] for program in programs for check in program["checks"]]
        assert hints == ["둘을 출력합니다.", "끝납니다."]


def test_a_reference_in_a_translated_paragraph_is_reported_once(translated: Project) -> None:
    """At the line of the paragraph, in each build."""
    for _build in range(2):
        built = translated.build()
        found = re.findall(r"index.md:(\d+): WARNING: no program of this course is named '(\w+)'", built.err)
        assert found == [("33", "nobody"), ("40", "none")]
