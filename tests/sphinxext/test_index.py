"""Indexes of runs, links to them, and runs as objects for other projects."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

A = """# Aye

<!-- await: name=slow no-timeline -->
```python
import time
time.sleep(0.25)
print("slow")
```

```{exec_code}
:hide:
:hide_output:
:name: unseen
x = 1
```
"""
B = """# Bee

<!-- await: raises=ValueError -->
```python
raise ValueError("as it must")
```
"""
INDEX = """# I

```{toctree}
b
a
```

```{exec_index}
```

A link to {await:run}`slow`, and {await:run}`another text <slow>`.
"""
ROWS = [
    ["b-1", "Bee", "ended by ValueError, as it must"],
    ["slow", "Aye", "as expected"],
    ["unseen", "Aye", "as expected"],
]


def course(project: Project) -> None:
    """Write a site of three pages, and of so many others that Sphinx reads them by several processes."""
    for number in range(4):
        project.write(f"other{number}.md", "---\norphan: true\n---\n\n# Other\n")
    project.write("a.md", A)
    project.write("b.md", B)
    project.write("index.md", INDEX)


def rows_of(page: str) -> list[list[str]]:
    """The cells of an index."""
    rows = BeautifulSoup(page, "html.parser").select("table.await-index tbody tr")
    return [[" ".join(cell.text.split()) for cell in row.select("td")] for row in rows]


def without_times(rows: list[list[str]]) -> list[list[str]]:
    """The cells but the times, and but for how long a run waited."""
    return [[name, page, state.partition(" · ")[0]] for name, page, _time, state in rows]


def test_an_index_lists_all_runs_with_links_times_and_states(project: Project) -> None:
    """In the order of the site, in HTML by two processes as by one, in text and in LaTeX; each link leads to a run."""
    course(project)
    built = project.build("-W", "-n", "-j", "2")
    assert built.status == 0, built.err
    rows = rows_of(built.page())
    assert without_times(rows) == ROWS
    assert 0.24 < float(rows[1][2].removesuffix(" s")) < 5
    links = BeautifulSoup(built.page(), "html.parser").select("table.await-index a")
    more = BeautifulSoup(built.page(), "html.parser").select("section > p > a")
    assert [link.text for link in more] == ["slow", "another text"]
    for link in (*links, *more):
        page, _, anchor = str(link["href"]).partition("#")
        assert len(BeautifulSoup(built.page(page), "html.parser").select(f"[id='{anchor}']")) == 1
    text = project.build("-W", builder="text").page("index.txt")
    assert re.search(r'"slow" +\| Aye +\| [\d.]+ m?s +\| as expected', text)
    inventory = (built.folder / "objects.inv").read_bytes().split(b"\n", 4)[4]
    objects = [line.split() for line in zlib.decompress(inventory).decode().splitlines() if " await:run " in line]
    assert [(name, address) for name, _type, _priority, address, _shown in objects] == [
        (str(link.text), str(link["href"])) for link in links[1:]
    ]


def test_an_index_follows_runs_titles_and_pages(project: Project) -> None:
    """It is written again when another page changes what it lists, and only then."""
    course(project)
    assert project.build("-W").status == 0
    project.write("a.md", A.replace("Aye", "Eh"))
    assert [row[1] for row in rows_of(project.build("-W").page())] == ["Bee", "Eh", "Eh"]
    project.write("a.md", A.replace("Aye", "Eh").replace('print("slow")', "1 / 0"))
    built = project.build()
    assert built.status == 1
    assert without_times(rows_of(built.page()))[1] == ["slow", "Eh", "failed"]
    project.write("index.md", INDEX.replace("{exec_index}", "{exec_index} a c**"))
    project.write("a.md", A)
    for _build in range(2):
        built = project.build()
        assert built.status == 0, built.err
        assert "index.md:8: WARNING: exec_index: no page with a program matches 'c**' [await.reference]" in built.err
        assert without_times(rows_of(built.page())) == ROWS[1:]
    project.write("index.md", INDEX.replace("{await:run}`slow`", "{await:run}`nobody`"))
    built = project.build()
    assert re.search(r"index.md:\d+: WARNING: .*await:run reference target not found: nobody", built.err)


def test_a_link_leads_to_where_its_run_is_now(project: Project) -> None:
    """The page with it is written again when the run is on another page, and when there is none any more."""
    run = "\n<!-- await: name=moved -->\n```python\nprint(1)\n```\n"
    project.write("index.md", "# I\n\n```{toctree}\nb\nc\nd\n```\n")
    project.write("b.md", "# B\n" + run)
    project.write("c.md", "# C\n")
    project.write("d.md", "# D\n\n{await:run}`moved`\n")
    assert project.build("-W").status == 0
    project.write("b.md", "# B\n")
    project.write("c.md", "# C\n" + run)
    built = project.build("-W")
    assert built.status == 0, built.err
    page, _, anchor = str(
        BeautifulSoup(built.page("d.html"), "html.parser").select("section > p > a")[0]["href"]
    ).partition("#")
    assert page == "c.html"
    assert BeautifulSoup(built.page(page), "html.parser").find(id=anchor)
    project.write("c.md", "# C\n")
    assert "await:run reference target not found: moved" in project.build().err


def test_an_index_tells_a_run_that_never_ends(project: Project) -> None:
    """It did not end as expected: it was stopped, as it must be."""
    program = "<!-- await: hangs=0.3 -->\n```python\nimport time\ntime.sleep(30)\n```\n"
    project.write("index.md", f"# I\n\n{program}\n```{{exec_index}}\n```\n")
    assert without_times(rows_of(project.build("-W").page())) == [["index-1", "I", "never ended, as it must"]]


def test_an_index_without_a_program_says_so(project: Project) -> None:
    """It is no empty table."""
    project.write("index.md", "# I\n\n```{exec_index}\n```\n")
    assert "No program runs here." in project.build("-W").page()


def test_links_to_runs_work_in_a_book_and_on_paper(project: Project) -> None:
    """Each link of LaTeX has its label, and each of a merged page its place."""
    course(project)
    tex = next(iter(project.build("-W", builder="latex").folder.glob("*.tex"))).read_text(encoding="utf-8")
    labels = set(re.findall(r"\\label\{\\detokenize\{(.*?)\}\}", tex))
    links = re.findall(r"\\hyperref\[\\detokenize\{(.*?-run)\}\]", tex)
    assert len(links) == 5
    assert set(links) <= labels
    page = BeautifulSoup(project.build("-W", builder="singlehtml").page(), "html.parser")
    for link in page.select("table.await-index a"):
        assert len(page.select(f"[id='{str(link['href']).rpartition('#')[2]}']")) == 1
