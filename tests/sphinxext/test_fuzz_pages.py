"""Pages with odd options: the build ends well, and each program is shown, or named with its file.

Seeded, so that a failure can be repeated. ``SPHINX_AWAIT_FUZZ`` is the number of further seeds.
"""

from __future__ import annotations

import os
import random
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

SEEDS = range(2 + int(os.environ.get("SPHINX_AWAIT_FUZZ", "0")))
#: Pages of each form, and blocks of each page.
PAGES, BLOCKS = 12, 5

VALUES = [
    *(
        "",
        " ",
        "0",
        "1",
        "-1",
        "2",
        "1.5",
        "1e308",
        "nan",
        "inf",
        "-inf",
        "9" * 5000,
        "1_0",
        "\u0663",
        "x",
        "soon",
        "True",
    ),
    *(
        "1-",
        "-3",
        "3-1",
        "1,,2",
        "1-99999999999",
        "1-9_9999_9999",
        "a" * 3000,
        "한글",
        "😀",
        "\u202eabc",
        "a b",
        "a\tb",
    ),
    *(
        "'",
        '"',
        "<b>",
        "&amp;",
        "%s %d",
        "{0}",
        "\\",
        "../../etc/passwd",
        "/dev/zero",
        "/dev/full",
        "`x`",
        "*",
        "[z-a]",
    ),
    *(
        "ValueError",
        "a.b.C",
        "1.2",
        "off",
        "exact",
        "any-order",
        "hide",
        "error",
        "python",
        "none",
        "console",
        "nolexer",
    ),
]
OPTIONS = [
    *(
        "timeout",
        "raises",
        "expect",
        "stderr",
        "alone",
        "repeat",
        "session",
        "share",
        "timeline",
        "no-timeline",
        "live",
    ),
    *(
        "no-live",
        "rerun",
        "no-rerun",
        "name",
        "hide",
        "language",
        "caption",
        "class",
        "linenos",
        "lineno-start",
        "emphasize-lines",
        "dedent",
    ),
    *("force", "filename", "caption_output", "hide_output", "name_output", "linenos_output", "lineno-start_output"),
    *("emphasize-lines_output", "language_output", "dedent_output", "class_output", "no-run", "run", "unknown", "여러"),
]
BODIES = [
    *("print({token!r})", "print({token!r})\n\n# Expected output:\n# {token}", "print({token!r}); 1 / 0", "{token} ="),
    *("#hide:start\nx = 1\n#hide:stop\nprint({token!r})", "#skip:start\n{token}", "#hide:stop\nprint({token!r})"),
    *(
        "print({token!r})\n\n\n# Expected output:",
        "raise ValueError({token!r})",
        "'''\n# Expected output: {token}\n'''",
    ),
    *("print({token!r} + '\\x1b[31m\\r\\b\\u202e\\x00')", "\\\n print({token!r}", "import sys; sys.exit({token!r})"),
]
#: For each form, how a block is written with options of one line each.
DIRECTIVES = ["exec_code", "exec_start", "exec_solution"]


def options_of(chance: random.Random) -> list[tuple[str, str]]:
    """Some options with some values, in any order, which may repeat."""
    return [(chance.choice(OPTIONS), chance.choice(VALUES)) for _ in range(chance.choice([0, 1, 1, 2, 3]))]


def comment(chance: random.Random) -> str:
    """An HTML comment with options."""
    return f"<!-- await: {' '.join(f'{name}={value}' if value else name for name, value in options_of(chance))} -->\n"


def directive(chance: random.Random, code: str) -> str:
    """A directive of MyST."""
    lines = [f":{name}: {value}" for name, value in options_of(chance)]
    return "\n".join([f"```{{{chance.choice(DIRECTIVES)}}}", *lines, "", code, "```"])


def restructured(chance: random.Random, code: str) -> str:
    """A directive of reStructuredText."""
    lines = [f":{name}: {value}" for name, value in options_of(chance)]
    return "\n   ".join([f".. {chance.choice(DIRECTIVES)}::", *lines, "", *code.split("\n")])


def extra(chance: random.Random, *, markdown: bool) -> str:
    """Markup that refers to runs, or is a part of an exercise, with odd arguments."""
    value = chance.choice(VALUES)
    name = chance.choice(["exec_compare", "exec_check", "exec_hint", "exec_exercise"])
    if chance.random() < 0.3:
        return f"{{exec_time}}`{value}x`" if markdown else f":exec_time:`{value}x`"
    return f"```{{{name}}} {value}\n{value}\n```" if markdown else f".. {name}:: {value}\n\n   {value}"


def page_of(chance: random.Random, tokens: list[str], *, markdown: bool) -> str:
    """A page; the tokens of its programs are appended to a list."""
    blocks = ["# A" if markdown else "A\n="]
    for _ in range(BLOCKS):
        token = f"token{len(tokens)}end"
        tokens.append(token)
        code = chance.choice(BODIES).format(token=token)
        if not markdown:
            blocks.append(restructured(chance, code))
        elif chance.random() < 0.5:
            blocks.append(f"{comment(chance)}```python\n{code}\n```")
        else:
            blocks.append(directive(chance, code))
        if chance.random() < 0.3:
            blocks.append(extra(chance, markdown=markdown))
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize("seed", SEEDS)
def test_odd_pages_are_built_and_no_program_is_lost(project: Project, seed: int) -> None:
    """Whatever its options, the code of a program is on its page, or the console names a line of the file."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    pages: dict[str, list[str]] = {}
    names = [f"page{number}" for number in range(PAGES)]
    count: list[str] = []
    for name in names:
        for suffix in ("md", "rst"):
            before = len(count)
            project.write(f"{suffix}-{name}.{suffix}", page_of(chance, count, markdown=suffix == "md"))
            pages[f"{suffix}-{name}.{suffix}"] = count[before:]
    toctree = "\n".join(file.rpartition(".")[0] for file in pages)
    project.write("index.md", f"# A\n\n```{{toctree}}\n{toctree}\n```\n")
    conf = (
        project.read("conf.py") + "source_suffix = {'.md': 'markdown', '.rst': 'restructuredtext'}\nawait_timeout = 5\n"
    )
    project.write("conf.py", conf)
    built = project.build()
    assert built.status in {0, 1}, built.err
    assert "Extension error" not in built.err
    for file, tokens in pages.items():
        page = BeautifulSoup(built.page(f"{file.rpartition('.')[0]}.html"), "html.parser").get_text()
        messages = re.findall(rf"{re.escape(file)}:\d+: ", built.err)
        lost = [token for token in tokens if token not in page]
        assert len(lost) <= len(messages), (file, lost)
