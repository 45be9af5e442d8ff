"""Cells of notebooks in pages, where the extensions that own their directives are not loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup, Tag

if TYPE_CHECKING:
    from .conftest import Project

MARKDOWN = """\
---
kernelspec:
  name: python3
---
# A

```{code-cell} ipython3
import asyncio
x = 5
x
```

+++

```{code-cell} ipython3
:tags: [hide-input, raises-exception]

print("folded")
1 / 0
```

```{code-cell}
---
tags:
  - hide-output
  - other
mystnb:
  figure:
    caption: x
---
await asyncio.sleep(0.01)
print(x + 1)
```

```{code-cell} ipython3
:tags: [remove-cell]
x = 7
```

```{code-cell} python
:tags: [remove-output]
x
```

```{code-cell} bash
ls
```

```{code-cell} ipython3
:tags: [skip-execution]
undefined
```

```{code-cell} ipython3
```

```{code-cell} ipython3
:no-session:
:timeout: 5

"x" in globals()
```

```{toctree}
more
```
"""
RESTRUCTUREDTEXT = """\
More
====

.. jupyter-execute::

   name = "World"
   name

.. jupyter-execute::
   :hide-code:
   :raises: ValueError, ZeroDivisionError

   print("alone")
   1 / 0

.. jupyter-execute::
   :code-below:
   :linenos:

   print("first")

.. jupyter-execute::
   :hide-output:

   print("gone")

.. jupyter-execute:: cell.py
"""


def figures(page: str) -> list[Tag]:
    """The programs of a page."""
    return BeautifulSoup(page, "html.parser").select("figure.await-run")


def lines_of(figure: Tag) -> list[str]:
    """The first two lines of output."""
    return [one.get_text() for one in figure.select(".await-text")][:2]


def test_cells_continue_each_other_and_do_what_their_options_say(project: Project) -> None:
    """Each in its markup; an empty one is nothing, and one of another language is only shown."""
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await"]\nlanguage = "en"\n')
    project.write("index.md", MARKDOWN)
    project.write("more.rst", RESTRUCTUREDTEXT)
    project.write("cell.py", "print(name, 'again')\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    value, folded, awaiting, without_output, alone = figures(built.page())
    assert lines_of(value) == ["5"]
    assert [one.get_text() for one in folded.select(".await-code summary")] == ["Code"]
    assert folded.select(".await-code details pre")
    assert lines_of(folded)[0] == "folded"
    assert [one.get_text() for one in awaiting.select("details.await-fold > summary")] == ["Output"]
    assert [one.get_text() for one in awaiting.select("details.await-fold .await-text")] == ["6"]
    assert not without_output.select(".await-text")
    assert lines_of(alone) == ["False"]
    shown = BeautifulSoup(built.page(), "html.parser").get_text()
    assert "undefined" in shown
    assert "x = 7" not in shown
    first, hidden, below, silent, from_file = figures(built.page("more.html"))
    assert lines_of(first) == ["'World'"]
    assert not hidden.select(".await-code")
    assert lines_of(hidden)[0] == "alone"
    html = str(below)
    assert html.index('class="await-outputs"') < html.index('class="await-code"')
    assert below.select(".await-code .linenos")
    assert not silent.select(".await-text")
    assert lines_of(from_file) == ["World again"]
    assert project.build("-W").ran == []


def test_other_builders_have_headings_for_what_is_folded(project: Project) -> None:
    """And the output before the code where the author puts it there."""
    conf = 'extensions = ["myst_parser", "sphinx_await"]\nproject = "Cells"\nlanguage = "en"\n'
    project.write("conf.py", conf + 'root_doc = "more"\nexclude_patterns = ["index.md"]\n')
    project.write("more.rst", RESTRUCTUREDTEXT)
    project.write("cell.py", "print(name, 'again')\n")
    built = project.build("-W", builder="text")
    assert built.status == 0, built.err
    page = built.page("more.txt")
    assert page.index(" first\n") < page.index('print("first")')
    project.write("conf.py", conf)
    project.write("index.md", MARKDOWN)
    for builder, name in (("text", "index.txt"), ("latex", "cells.tex")):
        built = project.build("-W", builder=builder)
        assert built.status == 0, built.err
        words = re.sub(r"\s+", " ", built.page(name))
        assert words.index("Code") < words.index("folded")
        assert re.search(r"Output\W.* 6 ", words)


def test_a_cell_that_is_wrong_is_an_error_with_its_line(project: Project) -> None:
    """Also one that is meant to raise and does not; options mean what they mean everywhere."""
    cells = (
        "```{code-cell}\n1 / 0\n```\n\n```{code-cell}\n:tags: [raises-exception]\n\n1\n```\n\n"
        "```{code-cell}\n:timeout: x\n\n1\n```\n\n"
        "```{code-cell}\n:tags: [remove-stdout]\n\n'shown'\n```\n\n"
        "```{code-cell}\n:raises: KeyError, ValueError\n\n1 / 0\n```\n"
    )
    project.write("index.md", f"# A\n\n{cells}")
    built = project.build()
    assert re.search(r"index\.md:4: ERROR: index-1: ZeroDivisionError", built.err), built.err
    assert re.search(r"index\.md:10: ERROR: index-2: Exception was expected to end the program", built.err), built.err
    assert re.search(r"index\.md:16: ERROR: timeout: seconds expected", built.err), built.err
    assert re.search(r"index\.md:22: ERROR: tags: one of .* expected, found 'remove-stdout'", built.err), built.err
    assert re.search(r"index\.md:28: ERROR: .*: KeyError, ValueError was expected to end .* but it was Zero", built.err)
    assert "'shown'" in BeautifulSoup(built.page(), "html.parser").get_text()


def test_tags_have_both_spellings(project: Project) -> None:
    """As MyST-NB reads them."""
    tags = ("remove_input", "remove_output", "remove-stderr", "remove_stderr", "hide_output", "raises_exception")
    code = "import sys\nprint('to', 'stderr', file=sys.stderr)\n"
    codes = [code + "1 / 0" * (tag == tags[-1]) for tag in tags]
    cells = [f"```{{code-cell}}\n:tags: [{tag}]\n\n{code}\n```\n" for tag, code in zip(tags, codes, strict=True)]
    project.write("index.md", "\n".join(["# A\n", *cells]))
    built = project.build("-W")
    assert built.status == 0, built.err
    output_only, code_only, *stderr, folded, raising = figures(built.page())
    assert not output_only.select(".await-code")
    assert output_only.select(".await-text")
    assert not any(one.select(".await-text") for one in (code_only, *stderr))
    assert folded.select("details.await-fold .await-text")
    assert len(raising.select(".await-text")) > 1


def test_the_extension_that_owns_a_directive_keeps_it(project: Project) -> None:
    """Whatever it makes of a cell."""
    project.write(
        "jupyter_sphinx.py",
        "from docutils import nodes\nfrom sphinx.util.docutils import SphinxDirective\n\n"
        "class Theirs(SphinxDirective):\n    has_content = True\n\n    def run(self):\n"
        "        return [nodes.paragraph('', 'theirs')]\n\n"
        "def setup(app):\n    app.add_directive('jupyter-execute', Theirs)\n",
    )
    path = "import sys\nsys.path.insert(0, '.')\n"
    project.write("conf.py", f'{path}extensions = ["sphinx_await", "jupyter_sphinx"]\n')
    project.write("index.rst", "A\n=\n\n.. jupyter-execute::\n\n   1 / 0\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "theirs" in built.page()
