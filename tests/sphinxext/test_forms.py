"""Forms beside HTML: text, man, LaTeX, EPUB and one long page say the same."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Built, Project

PAGE = """# Chapter

```python
import sys
print("first")
print("second", file=sys.stderr)
```

Prose.

```python
import asyncio
asyncio.run(asyncio.sleep(0))
async def main():
    print("third")
asyncio.run(main())
```

<!-- await: raises=ValueError -->
```python
int("x")
```
"""
CONF = 'language = "en"\nproject = "Forms"\nversion = "1"\ncopyright = "2026"\n'
CONF += 'suppress_warnings = ["epub.unknown_project_files"]\n'


def build(project: Project, builder: str, *more: str) -> Built:
    """A page of a right run and one that fails as expected, built without a warning."""
    project.write("index.md", PAGE)
    project.write("conf.py", project.read("conf.py") + CONF + "".join(more))
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    return built


def test_text_shows_code_label_moments_and_facts(project: Project) -> None:
    """Code and output stand apart, standard error is marked, and what was measured follows."""
    page = build(project, "text").page("index.txt")
    assert re.search(
        r"   print\(\"second\", file=sys\.stderr\)\n\n"
        r"Output \(seconds from the start; ! marks standard error\):\n\n"
        r"     0\.\d{3}   first\n"
        r"     0\.\d{3} ! second\n\n"
        r"0\.\d{3} s · CPython 3\.\d+\.\d+, .+ · \d{4}-\d\d-\d\d \d\d:\d\d UTC"
        r"( · 0\.\d{3}\s+s of waiting for a processor)?\n\n"  # on a busy machine
        r"Prose\.\n",
        page,
    ), page
    assert re.search(r"     0\.\d{3} ! ValueError: invalid literal", page)


def test_a_failure_is_plain_in_text(project: Project) -> None:
    """A program that is wrong has its message before what was measured."""
    project.write("index.md", "# A\n\n```python\nprint(1)\n# Expected output:\n# 2\n```\n")
    project.write("conf.py", project.read("conf.py") + "await_on_error = 'warn'\n")
    page = project.build(builder="text").page("index.txt")
    assert re.search(r"Error:\n\n  index-1: printed something else than expected\n\n     --- expected\n", page), page
    assert re.search(r" -2\n\s+\+1\n\n0\.\d{3} s · ", page), page


def test_man_shows_the_same(project: Project) -> None:
    """As text, with the label before a block that is not filled."""
    page = build(project, "man").page("forms.1")
    assert "\nOutput (seconds from the start; ! marks standard error):\n" in page
    assert re.search(r"\.EX\n0\.\d{3}   first\n0\.\d{3} ! second\n\.EE", re.sub(r"(?m)^ +", "", page)), page
    assert re.search(r"0\.\d{3} s · CPython", page)


def test_latex_has_a_box_of_output_with_a_label(project: Project) -> None:
    """The label and the facts have styles of their own, which stand beside the document."""
    built = build(project, "latex", 'latex_engine = "xelatex"\n')
    source = built.page("forms.tex")
    assert r"\usepackage{sphinxawait}" in source
    assert re.search(
        r"\\begin\{sphinxuseclass\}\{await-label\}\n+\\sphinxAtStartPar\n"
        r"Output \(seconds from the start; ! marks standard error\):\n",
        source,
    )
    assert re.search(
        r"\\begin\{sphinxVerbatim\}.*\n +0\.\d{3} +first\n +0\.\d{3} ! second\n\\end\{sphinxVerbatim\}", source
    )
    assert re.search(r"\{sphinxuseclass\}\{await-facts\}\n+\\sphinxAtStartPar\n0\.\d{3} s · CPython", source)
    assert "sphinxclassawait-facts" in built.page("sphinxawait.sty")


def test_epub_has_the_style_and_no_script(project: Project) -> None:
    """A book shows figures as the site does, but nothing in it runs."""
    built = build(project, "epub")
    with zipfile.ZipFile(built.folder / "Forms.epub") as book:
        names = book.namelist()
        page = book.read("index.xhtml").decode()
    assert [name for name in names if name.endswith((".js", ".mjs"))] == []
    assert any(name.endswith("sphinx-await.css") for name in names)
    assert '<figure class="await-run"' in page
    assert "<script" not in page
    assert not re.search(r"<svg|\bon[a-z]+=\"", page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("builder", ["singlehtml", "html", "epub"])
def test_each_id_is_unique(project: Project, builder: str) -> None:
    """Also where the pages of a course become one: what is ours has names of its own."""
    exec_code = "```{exec_code}\n:name: run-NAME\n:caption_output: What came\nprint(1)\n```\n"
    toctree = "```{toctree}\none\ntwo\n```\n"
    project.write("index.md", f"# A\n\n{toctree}\n{exec_code.replace('NAME', 'zero')}")
    for name in ("one", "two"):
        project.write(f"{name}.md", f"# {name}\n\n{exec_code.replace('NAME', name)}\n```python\n1\n```\n")
    project.write("conf.py", project.read("conf.py") + CONF)
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    for path in [*built.folder.glob("*.html"), *built.folder.glob("*.xhtml")]:
        counts = Counter(re.findall(r'\sid="([^"]+)"', path.read_text(encoding="utf-8")))
        assert [name for name, count in counts.items() if count > 1] == [], path
