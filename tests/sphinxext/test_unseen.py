"""Characters that cannot be seen, in programs and in what they print: a page shows what is there (CVE-2021-42574)."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Project

TURNING = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))]
UNSEEN = [*TURNING, "\u200b", "\u200e", "\u200f", "\u2060", "\ufeff", "\xad", "\x07", "\x9b", "\u061c"]
SEEN = "한국어 עברית 👩\u200d👧 می\u200cخواهم é \N{NO-BREAK SPACE}"


def test_characters_that_cannot_be_seen_in_a_program_are_a_warning(project: Project) -> None:
    """With the line of each, also in lines that are hidden, and in each build; letters of all scripts are none."""
    lines = ["```python", "#hide:start", f"x = 'a{TURNING[0]}'", "#hide:stop", f"# {SEEN}"]
    lines += [f"# {ord(one):x} {one}" for one in UNSEEN]
    project.write("index.md", "# A\n\n" + "\n".join([*lines, "print(1)", "```"]) + "\n")
    pattern = r"index\.md:(\d+): WARNING: index-1: characters that cannot be seen: (\S+); .*\[await\.unseen\]"
    escapes = [one.encode("unicode_escape").decode() for one in UNSEEN]
    wanted = [("5", "\\u202a"), *((str(number), one) for number, one in enumerate(escapes, 8))]
    for _build in range(2):
        built = project.build()
        assert built.status == 0
        assert re.findall(pattern, built.err) == wanted


@pytest.mark.parametrize(("builder", "page"), [("html", "index.html"), ("text", "index.txt"), ("latex", "*.tex")])
def test_a_program_turns_the_direction_of_nothing(project: Project, builder: str, page: str) -> None:
    """Output, errors, names of tasks and the words about them show escapes; other letters are as they were printed."""
    turns = "".join(TURNING)
    project.write("conf.py", project.read("conf.py") + "await_on_error = 'warn'\n")
    project.write(
        "index.md",
        f"""# A

```python
import asyncio, sys

turns = {turns!a}
print("out", turns, "end", {SEEN!a})
print("\\x1b[31mred", turns + "\\x1b[0m")
print("err", turns, file=sys.stderr)

async def main():
    await asyncio.create_task(asyncio.sleep(0.01), name="task" + turns)

asyncio.run(main())
raise ValueError(turns)
```
""",
    )
    built = project.build(builder=builder)
    assert built.status == 0, built.err
    paths = [path for path in built.folder.rglob("*") if path.suffix in {".html", ".txt", ".tex", ".json"}]
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    assert [path for path, text in texts.items() if set(TURNING) & set(text)] == []
    (shown,) = built.folder.glob(page)
    text = html.unescape(re.sub("<[^>]*>", "", texts[shown]))
    if builder != "latex":
        assert f"out {ascii(turns)[1:-1]} end {SEEN.rstrip()}" in text
        assert text.count("\\u202e") > 4
