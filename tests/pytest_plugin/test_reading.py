"""What is found without Sphinx is what Sphinx finds."""

from __future__ import annotations

import os
import pickle
from typing import TYPE_CHECKING

import pytest
from sphinx.util.matching import Matcher

from sphinx_await.course.config import AwaitConfig
from sphinx_await.course.pages.model import PageContext
from sphinx_await.course.pages.read import read_module, read_page
from sphinx_await.course.pages.reader import OPTION_NAMES
from sphinx_await.course.paths import shown_path
from sphinx_await.course.patterns import matches
from sphinx_await.pytest_plugin.ini_options import INI_OPTIONS
from sphinx_await.sphinxext.read.exec_code import ExecCode

from ..conftest import PROJECT, run_python
from ..support.sphinx_builds import run_sphinx
from .conftest import CONF, EXTENSIONS

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx_await.core.model.snippet import Snippet

    from .conftest import Tested

MARKDOWN = """\
# Page

1. item

   ```python
   for i in range(3):
   \tprint(i)
   # Expected output: 0
   ```

> quote
>
> ~~~~PY
> print("x")
> ~~~~

:::{note} A title
:class: x

- a

  ```pycon
  >>> 1

  1
  ```

  `````{exec_code}
  ---
  name: "hello"
  timeout: 3 # seconds
  caption: >
    a folded
    caption
  ---
  #hide:start
  import os
  #hide:stop
  print("hello")
  `````
:::

<!-- A note.
await: raises=TypeError -->
```python
len(5)
```

```pycon
no prompts
```

```{code-cell} ipython3
:tags: [remove-output, raises-exception]

1 / 0
```

```{code-cell}
---
tags:
  - hide-output
mystnb:
  figure:
    name: x
---
hide
```

```{code-cell} bash
ls
```

```{exec_code}
---
stdin: |
  first
  second
---
print(input(), input())
```

```{code-cell} python3
```

<!-- await: run -->
```pycon
no prompts
```

<!-- await: timeout=4 -->
```Python
>>> if True:
...     1
...
1
```

```pycon
>>> 1  # doctest: +NOPE
```

<!-- await: nope=1 -->
```python
len(5)
```

% await: no-run

```python
1
```

```{code-block} python
print(1)
```

```{exec_code}
:name: commented # not of the name
:timeout: 4
1
```

```{include} _parts/part.md
:start-after: begin
```

```{eval-rst}
.. exec_code::
   :caption: c

   print("rst")
```

Term
: definition

  ```python3
  import time
  ```

<!-- await: session=s -->
```python
a = 1
```

<!-- await: session=s name=hello -->
```py3
a
```

```{exec_code}
:filename: program.py
:lines: 5
```

<!-- await: timeout=6 name=part -->
```{literalinclude} program.py
:lines: 1
```

<!-- await: timeout=x -->
```{literalinclude} /program.py
```

<!-- await: run -->
```{literalinclude} index.md
```

```{exec_code}
:unknown-option: 1

x
```

```{only} latex
<!-- await: run -->
~~~python
only = 1
~~~
```

````{exec_exercise} Both
:name: both

Text.

```{exec_start}
print(1)
```

```{exec_check} printed("2")
Two.
```

```{exec_check} nobody()
Two.
```

```{exec_feedback} printed("3")
Less.
~~~{exec_wrong}
print(3)
~~~
```

```{exec_feedback} printed('4
Less.
~~~{exec_wrong}
print(4)
~~~
```

~~~{exec_wrong}
print(5)
~~~

```{exec_solution}
print(2)
```
````

````{exec_exercise} Lines
```{exec_check} printed("2")
Two.
```

```{exec_lines}
:fixed: 1
:indent:

x = 1
if x:
    y = 2
print(y)
```

```{exec_feedback} printed("3")
Less.
~~~{exec_wrong}
print(3)
~~~
```
````

````{exec_exercise} Too few lines
```{exec_check} printed("2")
Two.
```

```{exec_lines}
print(2)
```
````

```{exec_lines}
a = 1
b = 2
c = 3
```

```{exec_feedback} returned
Alone.
```

<!-- await: timeout=7 -->
```{code-block} python
:linenos:

print("asked")
```

```{code-block} python
no()
```

```{eval-rst}
.. code-block:: python

   no()

.. await: timeout=8

Text::

   print("of rst")
```

    ```python
    indented
    ```

```python
the end
"""

RST = """\
Page
====

- item

  .. exec_code::
     :name: r1

     if 1:
\tprint("tab")

.. note:: A title

   .. exec_code::
      :stdin: first
        second
        third

      print(input(), input())

   .. exec_code::
      :timeout: 3
      :caption: a caption
         that goes on

      print(1)

Literal::

   .. exec_code::

      no()

.. code-block:: rst

   .. exec_code::

      no()

..
   .. exec_code::

      no()

.. A comment

   .. exec_code::

      no()

.. jupyter-execute::
   :hide-output:
   :raises:

   1 / 0

.. await: timeout=6

.. literalinclude:: program.py
   :end-before: print

.. await: timeout=x

.. literalinclude:: program.py

.. jupyter-execute:: /program.py
   :code-below:

>>> 1
1

>>> 2
... # not skipped

- >>> 3
  3

Text
>>> of a paragraph

.. await: no-run

>>> 4

.. await: timeout=5

   expect=off

>>> 5
6

.. await: run

Text

.. await: nope

>>> 6

Term
  .. exec_code::
     print(2)

  text

* .. exec_code::

     print(3)

1. - .. exec_code::

       print(4)

.. exec_code:: hide

   print(5)

.. include:: _parts/part.txt

.. [1] A footnote

   .. exec_code::

      print(6)

.. exec_exercise:: Title
   :name: ex

   .. exec_start::

      print("a")

   .. exec_check:: printed("b")

      Print b.

   .. exec_feedback:: printed("c")

      Before c.

      .. exec_wrong::

         print("c")

   .. exec_solution::

      print("b")

.. exec_solution::

   print("alone")

.. code-block:: python
   :caption: a caption
   :emphasize-lines: 1

   print("block")

.. sourcecode:: PyCon

   >>> "typed"
   'typed'

.. code-block:: sh

   ls

.. await: timeout=5

.. code:: py3

   print("code")

.. await: caption=two

.. code-block:: python
   :caption: one

   no()

.. await: timeout=5

.. code-block:: sh

   ls

.. code-block::

   no()

.. await: timeout=4

A paragraph
that ends with::

   print("literal")

.. await: timeout=4

- An item::

   no()

.. await: timeout=6

::

     print("deeper")

   print("alone")

.. highlight:: python3

.. code-block::

   print("highlighted")

And::

   print("and")

- In an item::

     print("in an item")

.. await: no-run

No::

   no()

.. highlight:: none

At the end::

   no()
"""


def snippets_of_build(folder: Path, confdir: Path, out: Path) -> tuple[dict[str, list[Snippet]], dict[str, set[int]]]:
    """The programs that a build of Sphinx finds, by document, and the lines of mistakes."""
    done = run_sphinx(["-b", "dummy", "-q", "-c", confdir, folder, out], cwd=folder)
    assert "Traceback" not in done.stderr
    with (out / ".doctrees" / "environment.pickle").open("rb") as file:
        data = pickle.load(file).domaindata["await"]  # noqa: S301 - it is ours
    kept = {name: pickle.loads(entries) for name, entries in data["snippets"].items()}  # noqa: S301 - as above
    snippets = {name: [entry.snippet for entry in entries] for name, entries in kept.items()}
    return snippets, {name: {mistake.line for mistake in found} for name, found in data["mistakes"].items()}


def place(snippet: Snippet, folder: Path) -> tuple[object, ...]:
    """What a program and its place are, however it was found."""
    file = os.path.relpath(folder / snippet.file, folder)
    return snippet.name, file, snippet.lines, snippet.code, snippet.options, snippet.typed, snippet.cell


@pytest.fixture(scope="module")
def odd_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project with programs in every container, in Markdown, in reStructuredText and with other line ends."""
    folder = tmp_path_factory.mktemp("odd")
    (folder / "_parts").mkdir()
    files = {
        "conf.py": CONF + 'myst_enable_extensions = ["colon_fence", "deflist"]\nexclude_patterns = ["_parts/**"]\n',
        "index.md": MARKDOWN,
        "page.rst": RST,
        "program.py": "# --- hide: start ---\nimport os\n# --- hide: stop ---\n\nprint(os.sep)\n",
        "_parts/part.md": "```python\nleft out\n```\nbegin\n\n```python\nprint(5)\n```\n",
        "_parts/part.txt": "sub\n---\n\n.. exec_code::\n\n   print('part')\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "crlf.md").write_bytes(b"\xef\xbb\xbf" + MARKDOWN.replace("hello", "hi").encode().replace(b"\n", b"\r\n"))
    return folder


@pytest.mark.parametrize(
    ("name", "markup"), [("index", "markdown"), ("page", "restructuredtext"), ("crlf", "markdown")]
)
def test_odd_pages_have_the_programs_that_sphinx_finds(odd_pages: Path, name: str, markup: str) -> None:
    """Lists, quotes, tabs, nested directives, comments, includes: names, code, lines and options are the same."""
    out = odd_pages / "build"
    wanted, mistakes = snippets_of_build(odd_pages, odd_pages, out)
    context = PageContext(name, odd_pages, odd_pages, runs_all=True, markdown=frozenset({"colon_fence", "deflist"}))
    suffix = ".md" if markup == "markdown" else ".rst"
    page = read_page(odd_pages / f"{name}{suffix}", markup, context)
    found = [place(entry.snippet, odd_pages) for entry in page.entries]
    assert found == [place(snippet, odd_pages) for snippet in wanted[name]]
    assert len(found) > 8
    assert {mistake.line for mistake in page.mistakes} >= mistakes[name] - {1}


def test_docstrings_are_read_wherever_they_are_and_only_where_lines_are_known(tmp_path: Path) -> None:
    """A function may be below `if`, `try` or `with`; escapes that join lines hide where a program is."""
    doc = '"""%s\n\n    <!-- await: run -->\n    ```python\n    1\n    ```\n    """'
    below = "".join(
        f"{where}\n    def {name}():\n        {doc % name}\n"
        for name, where in {
            "a": "if True:",
            "b": "else:",
            "c": "try:",
            "d": "except ValueError:",
            "e": "finally:",
            "f": "with open(''):",
            "g": "class C:",
            "h": "async def outer():\n  for x in y:",
        }.items()
    )
    joined = 'def j():\n    """j \\\n    a\\n\n    <!-- await: run -->\n    ```python\n    1\n    ```\n    """\n'
    path = tmp_path / "m.py"
    path.write_text(below + joined + joined.replace('"""', 'r"""', 1).replace(" j()", " raw()"))
    page = read_module(path, PageContext("m", tmp_path, tmp_path, runs_all=False, markdown=frozenset()))
    names = [entry.snippet.name.rpartition("-")[0] for entry in page.entries]
    assert names == ["m.a", "m.b", "m.c", "m.d", "m.e", "m.f", "m.C.g", "m.outer.h", "m.raw"]
    lines = path.read_text().split("\n")
    assert {lines[entry.snippet.line_in_file(1) - 1].strip() for entry in page.entries} == {"1"}
    (mistake,) = page.mistakes
    assert lines[mistake.line - 2] == "def j():"
    assert "make it a raw one" in mistake.message


def test_a_path_to_another_drive_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows no way may lead from one folder to another."""
    assert shown_path("/a/b/c.md", "/a") == "b/c.md"

    def no_way(*paths: object) -> str:
        raise ValueError(paths)

    monkeypatch.setattr(os.path, "relpath", no_way)
    assert shown_path("/a/b/c.md", "/a") == "/a/b/c.md"


def test_every_program_of_the_course_is_found(tmp_path: Path, tested: Tested) -> None:
    """`pytest --await source` has a test for each program that the build of this course has."""
    source = PROJECT / "source"
    wanted, _ = snippets_of_build(source, PROJECT, tmp_path / "build")
    names = {f"{name}.md::{snippet.name}" for name, found in wanted.items() for snippet in found}
    assert len(names) > 35
    collected = tested.run(
        "--collect-only", "-q", f"--rootdir={PROJECT}", "-c", str(PROJECT / "pyproject.toml"), str(source)
    )
    ids = {line.removeprefix("source/") for line in collected.outlines if "::" in line}
    assert ids == names


@pytest.mark.parametrize(
    "pattern", ["*", "**", "a/*", "a/**", "**/b", "?", "a?b", "[ab]", "[!a]/b", "a[", "*.md", "a.b"]
)
def test_globs_match_what_sphinx_matches(pattern: str) -> None:
    """`await_run_fences` names the same documents in a build and in pytest."""
    names = ["a", "b", "a/b", "a/b/c", "x/b", "axb", "a/", "[", "a[", "x.md", "a/x.md", "a.b", "aab", "^"]
    assert [name for name in names if matches(name, [pattern])] == list(filter(Matcher([pattern]), names))


def test_the_options_of_a_directive_are_those_of_the_build() -> None:
    """No option is unknown to one of the two that read directives."""
    assert set(ExecCode.option_spec) == OPTION_NAMES


def test_options_of_pytest_have_the_names_of_the_configuration() -> None:
    """A value has one name, wherever it is set; hosts and what shapes pages are conf.py's alone."""
    assert set(INI_OPTIONS) - set(AwaitConfig.names()) == {"await_conf", "await_source", "await_examples"}


def test_the_plugin_costs_nothing_unless_it_is_asked() -> None:
    """Without `--await`, pytest imports the options only, which import nothing."""
    code = (
        f"import sys; sys.path.append({str(EXTENSIONS)!r}); before = set(sys.modules); "
        "import sphinx_await.pytest_plugin; names = sorted(set(sys.modules) - before); "
        "print(*(name for name in names if name.partition('.')[0] not in sys.stdlib_module_names))"
    )
    done = run_python("-I", "-c", code)
    plugin = ["sphinx_await.pytest_plugin", "sphinx_await.pytest_plugin.ini_options"]
    assert done.stdout.split() == ["sphinx_await", "sphinx_await._version", *plugin]
