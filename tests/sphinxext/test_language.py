"""What readers see of ours is in the language of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import read_mo
from bs4 import BeautifulSoup
from sphinx.locale import get_translation
from tools.catalogue import LOCALE, extracted, languages, read, unfinished

from ..conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Catalog

    from .conftest import Project

#: Every kind of figure. Programs and prose are not of ours, so they have no letter of either language but these.
PAGE = """# 1

```python
import sys
for i in range(50): print(i)
print(1, file=sys.stderr)
```

<!-- await: repeat=3 -->
```python
print(1)
```

```python
import urllib.request
urllib.request.urlopen("http://h.example/").close()
```

```python
print("1" * 9000)
```

```python
1 / 0
```

```python
raise SystemExit(3)
```

```python
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
```

<!-- await: timeout=0.3 -->
```python
import time
time.sleep(9)
```

<!-- await: raises=KeyError -->
```python
pass
```

<!-- await: raises=KeyError -->
```python
1 / 0
```

<!-- await: raises=KeyError -->
```python
import os
os._exit(3)
```

```python
print(1)
# Expected output:
# 2
```

<!-- await: expect=any-order -->
```python
print(1)
# Expected output:
# 2
```

<!-- await: stderr=error -->
```python
import sys
print(1, file=sys.stderr)
```

<!-- await: session=s -->
```python
raise SystemExit(1)
```

<!-- await: session=s -->
```python
print(1)
```

```{exec_code}
:expect: 1
print(1)
```

```{await_config}
```
"""
CONF = """
await_on_error = "warn"
await_output_limit = 5000
await_hosts = {"h.example": {"page": "1", "delay": 0.01}}
html_theme = "alabaster"
"""
#: Words of ours that are the same in every language, names of Python's, and what is measured.
COMMON = r"urllib.*|index|UTC|CPython|Linux|[A-Z]\w+Error|division by zero|h\.example|SIGKILL|timeout|kB"


class _Texts(HTMLParser):
    """What a page says to readers in elements of ours, but for code, output and what programs are compared with."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ours: list[str] = []
        self.labels: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in {"br", "img", "hr", "input", "link", "meta", "col"}:
            self._open.append((tag, given.get("class", "")))
        if self._is_ours():
            self.labels += [given[name] for name in ("aria-label", "title", "alt") if name in given]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._is_ours() and data.strip():
            self.ours.append(data.strip())

    def _is_ours(self) -> bool:
        classes = [name for _, names in self._open for name in names.split()]
        programs = {"highlight", "await-text", "await-time"} & set(classes)
        return any(name.startswith("await-") for name in classes) and not programs


def pages(project: Project, language: str) -> list[str]:
    """Build the page in a language: with stand-ins, and where programs reach the real network."""
    project.write("index.md", PAGE)
    project.write("conf.py", project.read("conf.py") + CONF + f"language = {language!r}\n")
    built = [project.build(folder="lone"), project.build("-D", "await_network=1", folder="wide")]
    assert [one.status for one in built] == [0, 0], built[0].err
    return [one.page() for one in built]


def fragments(catalog: Catalog) -> list[str]:
    """What is left of each English string without its values, where it is enough to be known by: two words."""
    pieces = [
        piece
        for message in catalog
        if message.id
        for piece in re.split(r"%(?:\(\w+\))?[.\d]*\w|\{\w+\}", str(message.id))
    ]
    return [piece for piece in pieces if len(re.findall("[A-Za-z]", piece)) > 4 and " " in piece.strip()]


def text_of(page: str) -> str:
    """A page's text, as far as it is none of the theme's."""
    body = page.partition('<div class="body"')[2].partition('<div class="sphinxsidebar"')[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body).replace("&#39;", "'"))


def test_a_korean_page_says_nothing_in_english(project: Project) -> None:
    """With ``language = "ko"`` every kind of figure, each message and the table of values are Korean."""
    for page in pages(project, "ko"):
        texts = _Texts(page)
        assert len(texts.ours) > 40
        assert texts.labels
        said = re.sub(COMMON, "", "\n".join(texts.ours + texts.labels))
        assert re.findall(r"[A-Za-z]{2,}.*", said) == []
        assert [piece for piece in fragments(extracted()) if piece.strip() in text_of(page)] == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_in_another_language_says_nothing_in_korean(project: Project, language: str) -> None:
    """With ``language = "en"``, and in a language that has no catalogue, all that is ours is English."""
    lone, wide = pages(project, language)
    marker = re.compile("예상.{0,40}출력")  # a default in the table
    assert re.findall("[가-힣]+", marker.sub("", lone + wide)) == []
    for words in (" more lines (", "error output", "Stand-ins answered", "median of 3 runs", "printed more than is"):
        assert words in lone, words
    assert "could reach the real network" in wide
    judged = ("ended with exit status 3", "was killed by SIGKILL", "still running after 0.3 s", "nothing was raised")
    for words in (*judged, "printed something else", "in any order", "wrote to standard error", "had ended before"):
        assert words in text_of(lone), words


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_page_that_says_its_language_speaks_it(project: Project, jobs: str) -> None:
    """``lang: en`` in the front matter of one page of a Korean site: so do its scripts, and the others are Korean."""
    folds = "\n```{exec_hint}\nx\n```\n\n```{toctree}\nother\nthird\n```\n"
    project.write("conf.py", project.read("conf.py") + CONF + 'language = "ko"\n')
    project.write("index.md", PAGE + folds)
    project.write("other.md", "---\nlang: en\n---\n" + PAGE + folds.partition("\n\n")[0] + "\n")
    project.write("third.md", PAGE)
    built = project.build("-j", jobs)
    for name in ("index", "third"):
        said = "\n".join(_Texts(built.page(f"{name}.html")).ours)
        assert "error output" not in said
        assert "표준 에러" in said
    english = _Texts(built.page("other.html"))
    theirs = {"오류"}  # Sphinx's own title of a box
    assert set(re.findall("[가-힣]+", "\n".join(english.ours + english.labels))) <= theirs
    assert {"error output", "Hint"} <= set(english.ours)
    assert "Copied" in built.page("other.html")
    assert "Copied" not in built.page("third.html")


def test_words_that_fall_back_to_english_say_so(project: Project) -> None:
    """In a language without a catalogue a run is English, and what its author wrote is in the page's language."""
    project.write("conf.py", project.read("conf.py") + CONF + 'language = "de"\n')
    project.write("index.md", '# A\n\n```{exec_code}\n:caption: Nachtzug\nprint("ja")\n```\n')
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    (figure,) = page.select("figure.await-run")
    assert figure["lang"] == "en"
    assert [one["lang"] for one in figure.select(".await-code, .await-outputs, .caption-text")] == ["de"] * 3
    project.write("conf.py", project.read("conf.py").replace('"de"', '"ko"'))
    assert not BeautifulSoup(project.build("-W").page(), "html.parser").select("figure[lang]")


@pytest.mark.parametrize(
    ("language", "words"), [("ja", ("読み方、表とデータ", "ヒント")), ("zh_CN", ("阅读方法、表格和数据", "提示"))]
)
def test_a_language_that_was_begun_is_spoken(project: Project, language: str, words: tuple[str, str]) -> None:
    """As far as readers see words of ours; its catalogue says that it needs a native reader."""
    program = "```python\nimport asyncio\nasyncio.run(asyncio.sleep(0.01))\n```\n\n```{exec_hint}\nx\n```\n"
    project.write("conf.py", project.read("conf.py") + f"language = {language!r}\n")
    project.write("index.md", "# A\n\n" + program)
    page = BeautifulSoup(project.build("-W").page(), "html.parser")
    said = {summary.get_text() for summary in page.select("summary")}
    assert said >= set(words)
    assert not page.select("figure[lang]")
    assert "native reader" in (LOCALE / language / "LC_MESSAGES" / "sphinx_await.po").read_text(encoding="utf-8")


def test_the_console_stays_english(project: Project) -> None:
    """Messages of a build are for the author, who can look them up in the guide."""
    project.write("conf.py", project.read("conf.py") + "language = 'ko'\n")
    project.write("index.md", "# A\n\n```python\nraise SystemExit(3)\n```\n")
    built = project.build()
    assert "index.md:4: ERROR: index-1: ended with exit status 3" in built.err
    assert "종료 상태가 3입니다." in built.page()


def test_the_template_has_what_the_sources_say() -> None:
    """After a string was added, ``nox -s locale`` must run."""
    template = read(LOCALE / "sphinx_await.pot")
    assert {message.id for message in template} == {message.id for message in extracted()}


@pytest.mark.parametrize("path", languages(), ids=lambda path: path.parts[-3])
def test_every_string_is_translated(path: Path) -> None:
    """No string is left, guessed, obsolete, or has other places for values than the English.

    In languages that were begun, strings for authors may be left.
    """
    catalog = read(path)
    assert unfinished(catalog) == []
    assert {message.id for message in catalog} == {message.id for message in extracted()}
    assert not catalog.obsolete


@pytest.mark.parametrize("path", languages(), ids=lambda path: path.parts[-3])
def test_what_is_compiled_is_what_is_written(path: Path) -> None:
    """The compiled catalogue, which is what Sphinx reads, is in the repository and up to date."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    written = {message.id: message.string for message in read(path) if message.id and message.string}
    assert {message.id: message.string for message in compiled if message.id} == written


def test_a_string_of_an_unknown_catalogue_is_itself() -> None:
    """Where no Sphinx has loaded the catalogue, a string is its English."""
    assert str(get_translation("sphinx_await_of_nobody")("Meaning")) == "Meaning"


def test_both_readmes_show_the_same_commands_and_lead_to_each_other() -> None:
    """What is to be typed is the same in both languages."""
    english, korean = ((PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ko.md"))
    assert "[한국어](README.ko.md)" in english.partition("##")[0]
    assert "[English](README.md)" in korean.partition("##")[0]
    blocks = [re.findall(r"^(`{3,})(\w*)\n(.*?)^\1$", text, re.MULTILINE | re.DOTALL) for text in (english, korean)]
    assert len(blocks[0]) >= 4
    assert blocks[0] == blocks[1]
    assert english.count("\n## ") == korean.count("\n## ")
    assert english.count("\n- ") == korean.count("\n- ")
