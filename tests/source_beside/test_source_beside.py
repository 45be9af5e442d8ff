"""What an author writes, beside what it becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from ..sphinxext.conftest import Project

if TYPE_CHECKING:
    from pathlib import Path

PAGE = """# A

````{source_beside}
<!-- await: run -->
```python
print("out")
```

Some *words*.
````
"""


def test_content_is_there_as_code_and_as_what_it_becomes(tmp_path: Path) -> None:
    """The program runs once, and a fault in it is reported once, at its line."""
    project = Project(tmp_path)
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await", "source_beside"]\n')
    project.write("index.md", PAGE)
    built = project.build("-W")
    assert (built.status, built.err, len(built.ran)) == (0, "", 1)
    (box,) = BeautifulSoup(built.page(), "html.parser").select(".source-beside")
    source, result = box.find_all(recursive=False)
    assert source.get_text().strip().startswith("<!-- await: run -->\n```python\nprint")
    assert [output.get_text() for output in result.select(".await-output samp, .await-output")][-1].endswith("out\n")
    assert result.select("em")[0].get_text() == "words"
    project.write("index.md", PAGE.replace("out", '" + wrong + "'))
    assert "index.md:6: ERROR" in project.build().err
