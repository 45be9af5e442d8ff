"""``python -m sphinx_await triage``: what the programs of a course need that was never built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..conftest import run_python
from ..support.sphinx_builds import run_sphinx

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

PAGE = """\
# Course

```python
print("alone")
```

Some text
```python
import json
```

```python
print(json.dumps([1]))
```

> ```python
> print(undefined_name)
> ```

- item

  ```python
  import no_such_module
  ```

```py
async def one():
    return 1

print(await one())
```

The next one raises `KeyError`:

```python
{}["key"]
```

```
KeyError: 'key'
```

~~~python
def f(x) -> ...
~~~

```pycon
>>> json.loads("[2]")
[2]
```

```pycon
>>> object()
<object object at 0x7f>
```

```python
open("no such file")
```

```python
import time
time.sleep(60)
```

```python
import asyncio

async def main():
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        await server.serve_forever()

asyncio.run(main())
```
"""
AFTER = """\
# Course

```python
print("alone")
```

Some text
<!-- await: session=page -->
```python
import json
```

<!-- await: session=page -->
```python
print(json.dumps([1]))
```

> <!-- await: no-run -->
> ```python
> print(undefined_name)
> ```

- item

  <!-- await: no-run -->
  ```python
  import no_such_module
  ```

<!-- await: top-level-await -->
```py
async def one():
    return 1

print(await one())
```

The next one raises `KeyError`:

<!-- await: raises=KeyError -->
```python
{}["key"]
```

```
KeyError: 'key'
```

<!-- await: no-run -->
~~~python
def f(x) -> ...
~~~

<!-- await: session=page -->
```pycon
>>> json.loads("[2]")
[2]
```

<!-- await: expect=off -->
```pycon
>>> object()
<object object at 0x7f>
```

<!-- await: no-run -->
```python
open("no such file")
```

<!-- await: no-run -->
```python
import time
time.sleep(60)
```

<!-- await: stop-after=2 -->
```python
import asyncio

async def main():
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as server:
        await server.serve_forever()

asyncio.run(main())
```
"""
CONF = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["**"]\n'


def triage(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder."""
    return run_python("-m", "sphinx_await", "triage", *arguments, cwd=folder)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Give a folder with a course whose programs need much."""
    (tmp_path / "conf.py").write_text(CONF)
    (tmp_path / "index.md").write_text(PAGE)
    return tmp_path


def test_what_each_program_needs_is_said_in_groups(course: Path) -> None:
    """How many run, with what, and why the others do not; nothing is written."""
    done = triage(course, "--timeout", "2")
    assert done.returncode == 1, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "13 programs on 1 page: 8 can run, 5 cannot."
    assert "1  run as they are" in lines
    assert "3  run with session=page" in lines
    assert "index.md:9, index.md:13, index.md:48" in lines
    for words in ("top-level-await", "raises=KeyError", "expect=off", "stop-after=2"):
        assert f"1  run with {words}" in lines
    assert "1  use a name that nothing on their page defines" in lines
    assert "undefined_name (1)" in lines
    assert "1  import what is not installed" in lines
    assert "no_such_module (1)" in lines
    assert "1  are no Python" in lines
    assert "1  open files that are not there" in lines
    assert "1  do not end in time" in lines
    assert (course / "index.md").read_text() == PAGE


def test_what_is_written_makes_the_build_right(course: Path) -> None:
    """Comments are before the fences, in lists and quotations, too; nothing else changes; a second time has nothing."""
    done = triage(course, "--timeout", "2", "--write")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "12 comments written."
    assert (course / "index.md").read_text() == AFTER
    built = run_sphinx(["-W", "-b", "html", ".", "build"], cwd=course)
    assert built.returncode == 0, built.stderr
    again = triage(course, "--write")
    assert again.returncode == 0, again.stdout
    assert (course / "index.md").read_text() == AFTER


RST = """\
A
=

.. code-block:: python

   import json

* an item

  .. code-block:: python
     :caption: A caption

     print(undefined)

.. highlight:: python

Text that
goes on::

   print(json.dumps([1]))

>>> object()
<object>

Shell::

   $ ls
"""
RST_AFTER = """\
A
=

.. await: session=page

.. code-block:: python

   import json

* an item

  .. await: no-run

  .. code-block:: python
     :caption: A caption

     print(undefined)

.. highlight:: python

.. await: session=page

Text that
goes on::

   print(json.dumps([1]))

.. await: expect=off

>>> object()
<object>

.. await: no-run

Shell::

   $ ls
"""


def test_comments_of_restructuredtext_are_before_directives_and_paragraphs(tmp_path: Path) -> None:
    """What a build does with them is what was tried; nothing else changes."""
    (tmp_path / "conf.py").write_text('extensions = ["sphinx_await"]\nawait_run_fences = ["**"]\n')
    (tmp_path / "index.rst").write_text(RST)
    done = triage(tmp_path, "--write")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "index.rst").read_text() == RST_AFTER
    built = run_sphinx(["-b", "text", ".", "build"], cwd=tmp_path)
    assert "ERROR" not in built.stderr
    assert "[1]" in (tmp_path / "build/index.txt").read_text()


def test_examples_that_go_on_and_display_something_else_are_in_the_session(tmp_path: Path) -> None:
    """They run, and are not compared; comments may come before the first prompt."""
    fences = ["found = {1: 'one'}", '>>> found[1]\n"one"', "# as typed\n>>> len(found)\n1"]
    (tmp_path / "page.md").write_text("# A\n\n" + "\n".join(f"```py\n{fence}\n```\n" for fence in fences))
    assert triage(tmp_path, "--write").returncode == 0
    comments = [line for line in (tmp_path / "page.md").read_text().splitlines() if "await" in line]
    assert comments == [
        "<!-- await: session=page -->",
        "<!-- await: session=page expect=off -->",
        "<!-- await: session=page -->",
    ]


def test_ends_of_lines_stay(tmp_path: Path) -> None:
    """Those of Windows, too; and no conf.py is needed."""
    (tmp_path / "page.md").write_bytes(b"# A\r\n\r\n```python\r\n1 / 0\r\n```\r\n")
    assert triage(tmp_path, "--write").returncode == 0
    assert (tmp_path / "page.md").read_bytes() == (
        b"# A\r\n\r\n<!-- await: no-run -->\r\n```python\r\n1 / 0\r\n```\r\n"
    )


def test_what_an_author_said_is_not_changed(tmp_path: Path) -> None:
    """A fence with options, directives, a cell and a block that begins an item are named, to be done by hand."""
    page = "# A\n\n<!-- await: timeout=3 -->\n```python\n1 / 0\n```\n\n```{exec_code}\n1 / 0\n```\n\n"
    page += "```{code-cell}\nundefined\n```\n"
    (tmp_path / "page.md").write_text(page)
    other = "A\n=\n\n.. exec_code::\n\n   1 / 0\n\n.. await: timeout=3\n\n>>> 1\n2\n\n"
    other += "- .. code-block:: python\n\n     1 / 0\n"
    (tmp_path / "other.rst").write_text(other)
    done = triage(tmp_path, "--write")
    assert done.returncode == 1
    assert ((tmp_path / "page.md").read_text(), (tmp_path / "other.rst").read_text()) == (page, other)
    by_hand = done.stdout.partition("To be done by hand:\n")[2].splitlines()
    assert [line.split(":", 2)[:2] for line in by_hand] == [
        ["  other.rst", "6"],
        ["  other.rst", "10"],
        ["  other.rst", "15"],
        ["  page.md", "5"],
        ["  page.md", "9"],
        ["  page.md", "13"],
    ]


def test_programs_that_stood_alone_still_do(tmp_path: Path) -> None:
    """Only what a session needs is in it, however indirectly."""
    page = "# A\n\n" + "".join(f"```python\n{code}\n```\n\n" for code in ("a = 1", "b = 2", "c = a", "print(c)"))
    (tmp_path / "page.md").write_text(page)
    triage(tmp_path, "--write")
    text = (tmp_path / "page.md").read_text()
    blocks = text.split("```python\n")
    assert [block.rstrip().endswith("session=page -->") for block in blocks[:-1]] == [True, False, True, True]


def test_a_program_of_no_session_that_fails_later_ends_the_others(tmp_path: Path) -> None:
    """What needs a program that cannot run, cannot run either."""
    page = "# A\n\n" + "".join(f"```python\n{code}\n```\n\n" for code in ("x = 1 / 0", "y = x", "print(y)"))
    (tmp_path / "page.md").write_text(page)
    done = triage(tmp_path, "--write")
    assert (tmp_path / "page.md").read_text().count("<!-- await: no-run -->") == 3
    assert "  2  use a name of an earlier program of their page, and fail in a session with it, too" in done.stdout
    assert "session=NAME before each of them" not in done.stdout


def test_a_program_of_an_included_file_is_left_to_its_author(tmp_path: Path) -> None:
    """The page that includes it may not be the only one."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "NEWS.rst").write_text("News\n----\n\n.. code-block:: python\n\n   1 / 0\n")
    (tmp_path / "docs" / "index.rst").write_text("A\n=\n\n.. include:: ../NEWS.rst\n")
    done = triage(tmp_path / "docs", "--write")
    assert done.returncode == 1
    (by_hand,) = done.stdout.partition("To be done by hand:\n")[2].strip().splitlines()
    assert by_hand.endswith(" (it is in another file, which its page includes)"), by_hand
    assert "NEWS.rst:6" in by_hand


@pytest.mark.parametrize("directive", ["doctest", "testcode", "testsetup", "testcleanup"])
@pytest.mark.parametrize("markup", ["md", "rst"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside a program", "alone"])
def test_directives_of_doctest_are_counted(tmp_path: Path, directive: str, markup: str, beside: bool) -> None:
    """They do not run, and what is left out is said, on pages without programs, too."""
    is_markdown = markup == "md"
    text = f"```{{{directive}}}\n>>> 1\n1\n```\n" if is_markdown else f".. {directive}::\n\n   >>> 1\n   1\n"
    program = "```python\nprint(1)\n```\n" if is_markdown else ".. code-block:: python\n\n   print(1)\n"
    (tmp_path / f"page.{markup}").write_text("\n".join([text, *([program] if beside else [])]))
    done = triage(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Directives of sphinx.ext.doctest with code, which sphinx-await does not run: 1." in done.stdout
    assert ("1 program on 1 page: 1 can run" in done.stdout) is beside


def test_no_programs_are_no_fault(tmp_path: Path) -> None:
    """Then it says what it looked for."""
    (tmp_path / "page.md").write_text("# A\n")
    done = triage(tmp_path)
    assert done.returncode == 0
    assert "no page has a program" in done.stdout
