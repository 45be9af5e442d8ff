"""``exec_downloads``: the programs of a page as files that readers take with them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup

from sphinx_await.course.program_files import in_running_loop

if TYPE_CHECKING:
    from .conftest import Built, Project

PAGE = """# The page

```python
import asyncio

async def main():
    await asyncio.sleep(0.01)
    print("at once")

asyncio.run(main())
```

<!-- await: session=one name=first -->
```python
a = 1
```

<!-- await: session=one name=second raises=ZeroDivisionError -->
```python
print(a)
1 / 0
```

<!-- await: no-live -->
```python
print("kept")
```

```{exec_downloads}
```
"""


def files(built: Built, page: str = "index.html") -> dict[str, bytes]:
    """The files that a page offers, by the names under which they are saved."""
    links = BeautifulSoup(built.page(page), "html.parser").select("ul.await-files > li > a[download]")
    folder = (built.folder / page).parent
    return {
        str(link["download"]): (folder / unquote(str(link["href"]))).read_bytes() for link in links if link["download"]
    }


@pytest.fixture
def built(project: Project) -> Built:
    """Give the built page."""
    project.write("index.md", PAGE)
    found = project.build("-W")
    assert found.status == 0, found.err
    return found


def test_each_program_is_a_file_that_runs(built: Built) -> None:
    """A part of a session has the parts before it; what is kept from readers is left out."""
    found = files(built)
    assert list(found) == ["index.zip", "index.ipynb", "index-1.py", "first.py", "second.py"]
    assert found["second.py"].decode() == "a = 1\n\nprint(a)\n1 / 0\n"
    done = subprocess.run([sys.executable, "-c", found["index-1.py"]], capture_output=True, text=True, check=True)
    assert done.stdout == "at once\n"
    assert not any(b"kept" in content for name, content in found.items() if name.endswith((".py", ".ipynb")))


def test_all_are_in_one_archive(built: Built) -> None:
    """With the same names and texts."""
    found = files(built)
    with zipfile.ZipFile(io.BytesIO(found["index.zip"])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: content for name, content in found.items() if name.endswith(".py")
        }


def test_a_notebook_has_them_as_cells(built: Built) -> None:
    """Without the earlier parts, since cells share a state; it awaits where a loop runs already."""
    made = json.loads(files(built)["index.ipynb"])
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    title, *cells = made["cells"]
    assert title["source"] == ["# The page"]
    assert cells[0]["source"][-1] == "await main()"
    assert ["".join(cell["source"]) for cell in cells[1:]] == ["a = 1", "print(a)\n1 / 0"]
    assert [cell["metadata"] for cell in cells] == [{}, {}, {"tags": ["raises-exception"]}]
    assert len({cell["id"] for cell in made["cells"]}) == 4


def test_files_are_the_same_in_each_build(project: Project) -> None:
    """Byte for byte; and files of programs that are gone are gone."""
    project.write("index.md", PAGE)
    before = files(project.build("-W"))
    project.clean()
    assert files(project.build("-W")) == before
    project.write("index.md", PAGE.replace("name=first", "name=other"))
    now = project.build("-W")
    assert "first.py" not in files(now)
    assert not list(now.folder.rglob("await-first.py"))


def test_what_readers_are_to_find_out_is_in_no_file(project: Project) -> None:
    """Neither the solution of an exercise, nor what a program prints about which the page asks."""
    page = """# A

````{exec_exercise} Count
```{exec_start}
print(1)
```
```{exec_check} printed("2")
Print it.
```
```{exec_solution}
print(2)
```
````

````{exec_predict} What?
```{exec_code}
print("first")
print("second")
# Expected output:
# first
# second
```

```{exec_distractors}
third
```
````

```{exec_downloads}
```
"""
    project.write("index.md", page)
    built = project.build("-W")
    assert built.status == 0, built.err
    programs = {name: text.decode() for name, text in files(built).items() if name.endswith(".py")}
    assert [*programs.values()] == ['print("first")\nprint("second")\n']


def test_a_page_without_programs_is_a_warning(project: Project) -> None:
    """With file and line."""
    project.write("index.md", "# A\n\n```{exec_downloads}\n```\n")
    assert "index.md:3: WARNING: exec_downloads: this page has no program" in project.build().err


@pytest.mark.parametrize("builder", ["text", "latex", "epub"])
def test_books_have_no_downloads(project: Project, builder: str) -> None:
    """And say nothing of it."""
    project.write("index.md", PAGE)
    built = project.build(builder=builder)
    assert built.status == 0, built.err
    assert "await" not in built.err
    assert not list(built.folder.rglob("*.ipynb"))


def test_only_calls_outside_of_functions_await() -> None:
    """Those with one argument, on one line; the rest of the program stays as it is."""
    code = (
        "import asyncio\n\ndef f():\n    asyncio.run(g())\n\n결과 = asyncio.run(g(1, (2)))\n"
        'if __name__ == "__main__":\n    print(asyncio.run(g()), asyncio.run(h()))\nasyncio.run(g(), debug=True)\n'
    )
    assert in_running_loop(code) == (
        "import asyncio\n\ndef f():\n    asyncio.run(g())\n\n결과 = await g(1, (2))\n"
        'if __name__ == "__main__":\n    print(await g(), await h())\nasyncio.run(g(), debug=True)\n'
    )
    assert in_running_loop("no python(") == "no python("
