"""Programs that are meant not to end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ..support.deadlock import DEADLOCK

if TYPE_CHECKING:
    from .conftest import Project

PAGE = f"""# Page

<!-- await: hangs=0.4 -->
```python
{DEADLOCK}```

<!-- await: hangs=0.2 -->
```python
print("before")
while True:
    pass
# Expected output: before
```

<!-- await: name=after -->
```python
print("after")
```
"""
CONF = 'language = "ko"\nproject = "Hangs"\nversion = "1"\ncopyright = "2026"\nlatex_engine = "xelatex"\n'
CONF += 'await_folder_scope = "page"\nsuppress_warnings = ["epub.unknown_project_files"]\n'
LEAD = "끝나지 않도록 만들었으며, 0.4초 뒤에 멈췄습니다."
WAIT = "Task-2 left() 대기: Lock.acquire() · 7행: async with second (async with first · 5행 안)"


def plain(text: str) -> str:
    """A text without line breaks and without the markup of HTML and LaTeX."""
    text = re.sub(r"<[^>]+>", "", text.replace(r"\sphinxhyphen{}", "-").replace(r"\_", "_"))
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize(
    ("builder", "page"),
    [("html", "index.html"), ("text", "index.txt"), ("epub", "index.xhtml"), ("latex", "hangs.tex")],
)
def test_a_page_says_kindly_where_each_task_waits(project: Project, builder: str, page: str) -> None:
    """It is no failure, and the programs after it run."""
    project.write("conf.py", project.read("conf.py") + CONF)
    project.write("index.md", PAGE)
    built = project.build(*([] if builder == "latex" else ["-W"]), builder=builder)  # Babel has no Korean
    assert built.status == 0, built.err
    words = plain(built.page(page))
    assert LEAD in words
    assert WAIT in words
    assert words.count("끝나지 않도록 만들었으며") == 2
    assert "after" in words


def test_a_stopped_run_is_kept(project: Project) -> None:
    """The second build runs nothing, though programs that fail at their time limit run again in each."""
    project.write("index.md", PAGE)
    assert project.build("-W").status == 0
    project.clean()
    built = project.build("-W", "-D", "await_execute=cached")
    assert built.status == 0, built.err


def test_a_program_that_ends_after_all_is_an_error_with_file_and_line(project: Project) -> None:
    """The line is that of the exception which ended it, else that of the program."""
    project.write(
        "index.md",
        "# Page\n\n<!-- await: hangs -->\n```python\nprint(1)\n```\n\n"
        "<!-- await: hangs=3 -->\n```python\nprint(2)\nint('x')\n```\n"
        "\n<!-- await: hangs timeout=1 -->\n```python\nprint(3)\n```\n",
    )
    built = project.build()
    assert built.status == 1
    assert re.search(r"index\.md:5: .*index-1: was expected to hang for 1 s .*\[await\.not_hung\]", built.err), (
        built.err
    )
    assert re.search(r"index\.md:11: .*index-2: was expected to hang .* ended by ValueError", built.err), built.err
    assert re.search(r"index\.md:14: .*hangs: cannot be combined with timeout", built.err), built.err
