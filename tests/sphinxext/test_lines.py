"""Pages whose programs run line by line in the player."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Project

ADDS = """\
import asyncio

async def main():
    total = 0
    for n in range({}):
        total += n
    await asyncio.sleep(0.01)
    print(total)

asyncio.run(main())
"""
PAGE = f"""\
# Page

<!-- await: name=short -->
```python
{ADDS.format(2)}```

<!-- await: name=long -->
```python
{ADDS.format(5000)}```

```{{exec_compare}}
short A short one
long A long one
```
"""


def test_lines_are_steps_of_a_run_and_none_of_a_comparison(project: Project) -> None:
    """On one clock they take no time; a run with too many of them says so where its steps are."""
    project.write("index.md", PAGE)
    files = [path.read_text(encoding="utf-8") for path in project.build("-W").folder.rglob("*.json")]
    short, long = sorted((text for text in files if '"tasks":' in text and '"crowded":' in text), key=len, reverse=True)
    (clock,) = [text for text in files if '"heading":"A short one"' in text]
    assert "runs this line · line 6" in short
    assert "too many lines ran" in long
    assert "runs this line" not in long + clock
    assert "too many lines" not in short + clock
