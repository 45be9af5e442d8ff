"""Pages whose programs continue each other without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Built, Project

PAGE = """# A

```python
import os
count = [1]
```

<!-- await: no-session -->
```python
print("count" in globals())
```

<!-- await: session=other -->
```python
count = "other"
```

<!-- await: repeat=3 -->
```python
print("count" in globals())
```

<!-- await: raises=ZeroDivisionError -->
```python
count.append(2)
1 / 0
```

```{exec_code}
print(os.sep, count)
```

<!-- await: session=other -->
```python
print(count)
```
"""


def outputs(built: Built, page: str = "index.html") -> list[str]:
    """The lines that a page's programs print, without tracebacks."""
    lines = [one.get_text() for one in BeautifulSoup(built.page(page), "html.parser").select(".await-text")]
    return [line for line in lines if "Error" not in line and not line.startswith(("Traceback", " "))]


def test_programs_of_a_page_continue_each_other(project: Project) -> None:
    """All but those that say otherwise, or run in a way of their own; in the documents that are named."""
    project.write("index.md", f"{PAGE}\n```{{toctree}}\nalone\n```\n")
    project.write("alone.md", "# B\n\n```python\nx = 1\n```\n\n```python\nprint('x' in globals())\n```\n")
    conf = project.read("conf.py")
    project.write("conf.py", f'{conf}await_run_fences = ["**"]\nawait_session = {{"index": "page"}}\n')
    built = project.build("-W")
    assert built.status == 0, built.err
    assert outputs(built) == ["False", "False", "/ [1, 2]", "other"]
    assert outputs(built, "alone.html") == ["False"]
    project.write("conf.py", f'{conf}await_run_fences = ["**"]\nawait_session = "page"\n')
    assert outputs(project.build("-W"), "alone.html") == ["True"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('"pages"', "await_session: one of program, page expected, found 'pages'"),
        ('{"index": "on"}', "await_session: one of program, page expected, found 'on'"),
        ('{"": "page"}', "await_session: globs of document names expected, found ''"),
        ('["index"]', "await_session: str or dict expected"),
        ('{"nowhere": "page"}', "await_session: no document matches 'nowhere'"),
    ],
)
def test_a_wrong_value_is_reported(project: Project, value: str, words: str) -> None:
    """With the name of the value and what would do."""
    project.write("index.md", "# A\n\n```python\nx = 1\n```\n")
    project.write("conf.py", f"{project.read('conf.py')}await_session = {value}\n")
    built = project.build("-W")
    assert built.status != 0
    assert words in built.err
