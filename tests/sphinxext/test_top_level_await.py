"""Programs of pages that await outside of functions."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from ..browser.sites import STUB

if TYPE_CHECKING:
    import pytest

    from .conftest import Project

TICK = "async def tick():\n    await asyncio.sleep(0.02)\n    return 5\n\n"
PAGE = f"""# A

<!-- await: top-level-await -->
```python
{TICK}
print(await tick())
# Expected output: 5
```

<!-- await: session=one top-level-await -->
```python
{TICK}task = asyncio.create_task(tick())
```

<!-- await: session=one top-level-await -->
```python
print(await task)
```
"""
NAMED = f"""# B

```python
import asyncio
{TICK}
asyncio.run(tick())
```

```python
{TICK}await tick()
```

<!-- await: no-top-level-await raises=SyntaxError -->
```python
await tick()
```
"""


def test_programs_that_await_at_their_top_level_run_in_a_loop(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their option, or by their page if they do so; pages say it, and readers' browsers know it."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("index.md", f"{PAGE}\n```{{toctree}}\nnamed\n```\n")
    project.write("named.md", NAMED)
    project.write("conf.py", project.read("conf.py") + 'await_run_fences = ["**"]\nawait_top_level_await = ["named"]\n')
    built = project.build("-W")
    assert built.status == 0, built.err
    said, loops = {}, {}
    for name in ("index.html", "named.html"):
        page = BeautifulSoup(built.page(name), "html.parser")
        figures = page.select("figure.await-run")
        said[name] = ["python -m asyncio" in figure.select(".await-facts")[0].get_text() for figure in figures]
        loops[name] = [json.loads(one.get_text())["in_loop"] for one in page.select("await-live script")]
    assert said == {"index.html": [True, True, True], "named.html": [False, True, False]}
    assert loops == {"index.html": [[0], [0], [0, 1]], "named.html": [[], [0], []]}
    assert "&lt;module&gt;()" in built.page()


def test_a_page_is_built_again_when_its_programs_may_await(project: Project) -> None:
    """Without its option, such a program fails, and the message names the option."""
    project.write("index.md", "# A\n\n```python\nawait asyncio.sleep(0)\n```\n")
    built = project.build()
    assert built.status == 1
    assert re.search(r"index\.md:4: .*'await' outside function", built.err)
    assert "`top-level-await`" in unescape(built.err)
    project.write("conf.py", project.read("conf.py") + 'await_top_level_await = ["**"]\n')
    assert project.build("-W").status == 0
