"""Programs of pages that are in files, in whole or in part."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from sphinx_await.core.errors import OptionError
from sphinx_await.course.file_parts import FilePart, numbers_shown

from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

PROGRAM = (
    "import sys\n\n\ndef main():\n    print('main', len(sys.argv))\n\n\n# begin\nmain()\nprint('part')\n# end\n1 / 0\n"
)
MARKDOWN = """\
# A

```{exec_code}
:filename: shop.py
:lines: 1,4-6,9
```

```{exec_code}
:filename: shop.py
:start-after: "# begin"
:end-before: "# end"
:raises: NameError
```

<!-- await: raises=ZeroDivisionError name=included -->
```{literalinclude} shop.py
:pyobject: main
:caption: The file
```

```{literalinclude} shop.py
```

% await: no-run

```{literalinclude} shop.py
```

See {await:run}`included`.
"""
RESTRUCTUREDTEXT = """\
A
=

.. await: raises=ZeroDivisionError

.. literalinclude:: /shop.py
   :lines: 1-2,9-
   :emphasize-lines: 1
"""


def test_what_is_shown_of_a_file_runs(project: Project) -> None:
    """Of exec_code the part, of literalinclude the whole file; lines are those of what is shown."""
    project.write("shop.py", PROGRAM)
    project.write("index.md", MARKDOWN)
    built = project.build("-W")
    assert built.status == 0, built.err
    printed = [text for text in texts(built.page()) if "Traceback" not in text and not text.startswith(" ")]
    assert printed[0] == "main 1"
    assert printed[1].startswith("NameError")
    assert printed[2:4] == ["main 1", "part"]
    assert any('File "snippet.py", line 1, in' in text for text in texts(built.page()))
    page = BeautifulSoup(built.page(), "html.parser")
    figures = page.select("figure.await-run")
    assert [len(figure.select(".await-code pre")[0].get_text().splitlines()) for figure in figures] == [5, 2, 2]
    assert figures[2].select(".code-block-caption")
    project.write("shop.py", PROGRAM.replace("'part'", "'changed'"))
    assert "changed" in project.build("-W").page()


def test_restructuredtext_runs_included_files_too(project: Project) -> None:
    """After a comment; LaTeX has the same."""
    project.write("shop.py", PROGRAM)
    project.write("index.rst", RESTRUCTUREDTEXT)
    for builder, name in (("html", "index.html"), ("text", "index.txt"), ("latex", "parts.tex")):
        project.write("conf.py", 'extensions = ["sphinx_await"]\nproject = "Parts"\nversion = "1"\ncopyright = "1"\n')
        built = project.build("-W", builder=builder)
        assert built.status == 0, built.err
        assert "main 1" in built.page(name)


def test_mistakes_name_what_is_wrong(project: Project) -> None:
    """A part that a file does not have, and a part of nothing."""
    project.write("shop.py", PROGRAM)
    project.write(
        "index.md",
        "# A\n\n```{exec_code}\n:filename: shop.py\n:pyobject: rent\n```\n\n```{exec_code}\n:lines: 1\n1\n```\n\n"
        "<!-- await: nope -->\n```{literalinclude} shop.py\n```\n",
    )
    built = project.build()
    found = re.findall(r"index\.md:(\d+): ERROR: (.*)", built.err)
    assert "pyobject: the file has no 'rent'" in found[0][1]
    assert "lines: parts are those of a file" in found[1][1]
    assert found[2][0] == "13"


def test_a_line_that_may_be_one_of_several_has_no_number() -> None:
    """A part may show the number of its first line, which tells equal parts apart."""
    file = ["x = 1", "print(x)", "", "y = 2", "print(y)", "", "x = 1", "print(x)"]
    assert numbers_shown(file, ["y = 2", "print(y)"]) == {4: 1, 5: 2}
    assert numbers_shown(file, ["x = 1", "print(x)"]) == {}
    assert numbers_shown(file, ["x = 1", "print(x)"], 3) == {}
    assert numbers_shown(file, ["x = 1", "print(x)"], 7) == {7: 1, 8: 2}
    assert numbers_shown(file, ["x = 1", "", "y = 2", "print(x)"]) == {4: 3}


def test_a_part_is_the_one_of_literalinclude() -> None:
    """Of several definitions with a name the last one; what the file does not have is a mistake."""
    getter = ["    @property", "    def value(self):", "        return 1"]
    setter = ["    @value.setter", "    def value(self, value):", "        pass"]
    file = ["class P:", *getter, "", *setter, ""]
    assert FilePart({"pyobject": "P.value"}).numbers(file) == [6, 7, 8]
    assert FilePart({"lines": "1-2,7-"}).numbers(file) == [1, 2, 7, 8]
    for spec in ("1-2,900", "1-9", "9-"):
        with pytest.raises(OptionError, match="there are lines 1 to 8"):
            FilePart({"lines": spec}).numbers(file)
