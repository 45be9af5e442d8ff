"""What Sphinx itself and other extensions make of runs: references, the search index, copy buttons."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

#: Declares the value of sphinx-copybutton as that does.
COPYBUTTON = """
def setup(app):
    app.add_config_value("copybutton_selector", "div.highlight pre", "html")
"""

TITLED = """# A

`````{{exec_exercise}} {0}

```{{exec_start}}
print(1)
```

```{{exec_check}} printed('2')
Text.
```

```{{exec_hint}} {1}
Text.
```

```{{exec_solution}}
print(2)
```
`````

````{{exec_predict}} {2}
```{{exec_code}}
:name: one
import asyncio
asyncio.run(asyncio.sleep(0.01))
print("first")
print("second")
```
````

```{{exec_compare}}
:caption: {3}
one
```
"""


def test_the_name_of_a_run_is_a_target(project: Project) -> None:
    """Of a fence and of a directive, from another page."""
    project.write(
        "index.md",
        "# A\n\n```{toctree}\nother\n```\n\n<!-- await: name=plain -->\n```python\nprint(1)\n```\n\n"
        "```{exec_code}\n:name: directed\nprint(2)\n```\n",
    )
    project.write("other.md", "# B\n\n{ref}`one <plain>`, {ref}`two <directed>`\n")
    built = project.build("-W", "-n")
    assert built.status == 0, built.err
    page = BeautifulSoup(built.page(), "html.parser")
    other = BeautifulSoup(built.page("other.html"), "html.parser")
    links = [str(link["href"]).partition("#")[2] for link in other("a")]
    for name, code in (("plain", "print(1)"), ("directed", "print(2)")):
        assert name in links
        (block,) = page.select(f"#{name}")
        assert code in block.get_text()


def test_the_search_finds_code_and_output_once(project: Project) -> None:
    """And no word of a picture."""
    code = "import asyncio\nasync def kangaroo(): await asyncio.sleep(0.01)\nasyncio.run(kangaroo())\n"
    code += "print('zebra' + 'corn')"
    project.write("index.md", f"# A\n\n```python\n{code}\n```\n")
    built = project.build("-W")
    index = built.page("searchindex.js")
    terms = json.loads(index[index.index("{") : index.rindex("}") + 1])["terms"]
    assert "zebracorn" in terms
    assert "kangaroo" in terms
    assert "lane" not in terms
    (shown,) = BeautifulSoup(built.page(), "html.parser").select(".await-outputs")
    assert shown.get_text().count("zebracorn") == 1


def test_searches_find_what_is_written_above_exercises_questions_folds_and_comparisons(project: Project) -> None:
    """Sphinx's search, and the one for Korean, which has whole texts; the page shows each once."""
    titles = ("Quokka", "Wombat", "Numbat", "Bilby")
    project.write("conf.py", project.read("conf.py") + "extensions += ['korean_search']\nlanguage = 'ko'\n")
    project.write("conf.py", project.read("conf.py") + "korean_search_analyser = 'rules'\n")
    project.write("index.md", TITLED.format(*titles))
    built = project.build()
    assert built.status == 0, built.err
    text = built.page("searchindex.js")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    ((_, _, _, found),) = index["korean"]["sections"]
    shown = BeautifulSoup(built.page(), "html.parser").get_text()
    for title in titles:
        assert title.lower() in index["terms"]
        assert found.split("\n").count(title) == 1
        assert shown.count(title) == 1


def test_sphinx_copybutton_leaves_runs_alone(project: Project) -> None:
    """They have a button of their own."""
    project.write("sphinx_copybutton.py", COPYBUTTON)
    project.write(
        "conf.py",
        "import sys\nsys.path.insert(0, '.')\n"
        + project.read("conf.py")
        + "extensions += ['sphinx_copybutton']\ncopybutton_selector = 'div pre, td pre'\n"
        + "def setup(app):\n"
        + "    app.connect('env-updated', lambda app, env: print(app.config.copybutton_selector) or [])\n",
    )
    project.write("index.md", "# A\n")
    assert ":is(div pre, td pre):not(.await-run *)" in project.build("-W").out
