"""Which plain fences run, wherever they are, and what is reported of those that do not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project

CONF = """extensions = ["myst_parser", "sphinx_await", "sphinx.ext.ifconfig"]
await_run_fences = ["**"]
myst_enable_extensions = ["colon_fence", "substitution"]
myst_substitutions = {"program": "```python\\nprint('substituted')\\n```"}
"""
TEMPLATED = """

def setup(app):
    def fill(app, docname, source):
        source[0] = source[0].replace("@@MORE@@", "One\\n\\ntwo\\n\\nthree")
    app.connect("source-read", fill)
"""


def test_a_fence_runs_in_every_container(project: Project) -> None:
    """In colon fences, quotations, lists, tables, substitutions, and after lines that a template added."""
    project.write("conf.py", CONF + TEMPLATED)
    project.write(
        "index.md",
        "# A\n\n::::{container} x\n:::{note}\n```python\nprint('colon')\n```\n:::\n::::\n\n@@MORE@@\n\n"
        "> ```python\n> print('quoted')\n> ```\n\n- item\n\n  ```py\n  print('listed')\n  ```\n\n{{ program }}\n\n"
        "```{list-table}\n- - ~~~Python3\n    print('in a cell')\n    ~~~\n```\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["colon", "quoted", "listed", "substituted", "in a cell"]


def test_messages_name_the_line_of_the_file(project: Project) -> None:
    """In colon fences, whose lines MyST counts one too far, and where a template added lines."""
    project.write("conf.py", CONF + TEMPLATED)
    project.write(
        "index.md",
        "# A\n\n::::{container} x\n:::{note}\n```{exec_code}\n1 / 0\n```\n:::\n::::\n\n@@MORE@@\n\n"
        "```python\n\n\n{}[0]\n```\n\n<!-- await: x -->\n",
    )
    built = project.build()
    assert "index.md:6: ERROR: index-1: ZeroDivisionError" in built.err
    assert "index.md:16: ERROR: index-2: KeyError" in built.err
    assert "index.md:19: ERROR: no Python fence that runs follows this comment" in built.err


def test_a_comment_runs_one_fence_of_any_document(project: Project) -> None:
    """Where ``await_run_fences`` names no document: ``run``, or any option; MyST's own comments are the same."""
    project.write("conf.py", CONF.replace('"**"', ""))
    project.write(
        "index.md",
        "# A\n\n<!-- await: run -->\n```python\nprint(1)\n```\n\n```python\nprint(2)\n```\n\n"
        "% await: timeout=3\n\n```python\nprint(3)\n```\n\n<!-- await: no-run -->\n```python\nprint(4)\n```\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["1", "3"]


@pytest.mark.parametrize(
    ("comment", "line", "message"),
    [
        ("% note\n% await: no-run", 0, ""),
        ("% note\n%\n% another\n%await: no-run", 0, ""),
        ("<!-- note\nawait: no-run -->", 0, ""),
        ("<!--\n  note\n  await:\n    no-run\n-->", 0, ""),
        ("% await: no-run\n% because", 3, "no-run cannot be combined with other options"),
        ("% note\n% await: timeout=3\n% reasons", 4, "reasons"),
        ("% note\n% await: no-run\n% await: timeout=3", 4, "no-run cannot be combined with other options"),
        ("<!-- await: no-run --> some text", 3, "must be alone"),
        ("<!-- note --> <!-- await: no-run -->", 3, "must be alone"),
        ("<b></b> <!-- await: no-run -->\n", 3, "no Python fence that runs follows this comment"),
        ("<div>\n<!-- await: no-run -->\n</div>\n", 4, "must be alone"),
        ("<!-- await: no-run -->\n<!-- note -->", 3, "no Python fence that runs follows this comment"),
        *(
            (f"<!-- {begin} no-run -->", 3, f"{begin!r} is not how options begin: await: expected")
            for begin in ("Await:", "await :", "awaits:", "await\uff1a", "await")
        ),
        ("% await timeout=5", 3, "'await' is not how options begin: await: expected"),
        ("<!-- await: no-run -->\n", 0, ""),
    ],
)
def test_no_options_of_a_comment_are_ignored(project: Project, comment: str, line: int, message: str) -> None:
    """Whatever else is in the comment or beside it: they apply, or are a mistake with its line."""
    project.write("conf.py", CONF)
    project.write("index.md", f"# A\n\n{comment}\n```python\nprint('ran')\n```\n")
    built = project.build()
    if not line:
        assert (built.status, built.err, built.ran) == (0, "", [])
    else:
        found = re.findall(r"index\.md:(\d+): ERROR: (.*)", built.err)
        assert [int(number) for number, _ in found] == [line], built.err
        assert message in found[0][1]


def test_a_note_about_await_is_a_note(project: Project) -> None:
    """The fence runs."""
    project.write("conf.py", CONF)
    project.write("index.md", "# A\n\n<!-- await is explained in\nthe next chapter -->\n```python\nprint('ran')\n```\n")
    built = project.build("-W")
    assert (built.status, built.ran) == (0, ["index-1"]), built.err


def test_a_mistake_beside_other_html_leaves_the_html(project: Project) -> None:
    """Only a comment that is alone disappears from the page."""
    project.write("conf.py", CONF)
    project.write("index.md", "# A\n\n<p>kept</p> <!-- await: no-run -->\n\nText\n")
    assert "<p>kept</p>" in project.build().page()


def test_a_mistake_in_an_included_file_names_the_file(project: Project) -> None:
    """Wherever the build was started."""
    project.write("conf.py", CONF)
    project.write("index.rst", "A\n=\n\n.. include:: parts/one.inc\n")
    project.write("parts/one.inc", "Text\n\n.. await: no-run\n\nMore\n")
    found = re.findall(r"(\S+):(\d+): ERROR: ", project.build().err)
    assert found == [(f"{project.folder}/parts/one.inc", "3")]


def test_a_pattern_without_a_document_is_reported(project: Project) -> None:
    """In each build, also when nothing changed."""
    project.write("conf.py", CONF.replace('"**"', '"index", "chapters/*"'))
    project.write("index.md", "# A\n")
    for _ in range(2):
        built = project.build()
        assert built.err.count("await_run_fences: no document matches 'chapters/*' [await.not_run]") == 1


def test_a_star_that_leaves_out_folders_below_is_reported(project: Project) -> None:
    """With the first such fence of each document; a document that is left out on purpose is only mentioned."""
    fence = "```python\nprint(1)\n```\n"
    project.write("conf.py", CONF.replace('"**"', '"in*", "part/*"'))
    project.write("index.md", f"# A\n\n```{{toctree}}\npart/deep/page\nother\n```\n\n{fence}")
    project.write("part/one.md", f"---\norphan: true\n---\n# C\n\n{fence}")
    project.write("part/deep/page.md", f"# B\n\n{fence}\n{fence}")
    project.write("other.md", f"# D\n\n{fence}")
    hint = "a * in await_run_fences matches no /, ** does"
    for _ in range(2):
        built = project.build()
        assert re.findall(r"(\S+): WARNING: (.*)", built.err) == [
            (
                f"{project.folder}/part/deep/page.md:4",
                f"Python fences of this document do not run: {hint} [await.not_run]",
            )
        ]
        assert "1 Python fences do not run: await_run_fences does not name other" in built.out


def test_blocks_of_directives_on_a_page_whose_fences_run_are_counted(project: Project) -> None:
    """Where the first of them is; what exec_code shows is none of them, with a caption either."""
    project.write("code.py", "print(1)\n")
    project.write(
        "index.md",
        "# A\n\n```{exec_code}\n:caption: C\n:caption_output: O\n:language_output: python\nprint(1)\n```\n\n"
        "```{code-block} python\nprint(1)\n```\n\n```{literalinclude} code.py\n:language: python\n```\n\n"
        "````{eval-rst}\n.. code-block:: python\n\n   print(1)\n````\n",
    )
    for _ in range(2):
        built = project.build("-W")
        assert built.status == 0, built.err
        assert "index.md:11: 3 blocks of Python from here on are of directives such as code-block" in built.out


def test_code_blocks_of_restructuredtext_run_as_fences_do(project: Project) -> None:
    """In a document that is named, with their captions and numbers; after ``::`` where the page says it is Python."""
    project.write("conf.py", CONF + "numfig = True\n")
    project.write("code.py", "print(1)\n")
    project.write(
        "index.rst",
        "A\n=\n\n.. code-block:: python\n   :caption: Counted\n   :lineno-start: 7\n   :name: counted\n\n"
        "   print('block')\n\n:numref:`counted`\n\n.. literalinclude:: code.py\n\nShell::\n\n   ls\n\n"
        ".. highlight:: python\n\nNow::\n\n   print('literal')\n   # Expected output:\n   # other\n",
    )
    built = project.build()
    assert "index.rst:25: ERROR: index-2: printed something else than expected" in built.err
    assert ": 1 blocks of Python from here on are of directives such as" in built.out
    page = built.page()
    assert texts(page) == ["block", "literal"]
    assert re.search(r'class="caption-number">Listing 1 </span><span class="caption-text">Counted<', page)
    assert '#counted"><span class="std std-numref">Listing 1</span>' in page
    assert re.search(r'class="linenos">7<', page)


def test_a_comment_runs_a_code_block_of_any_document(project: Project) -> None:
    """In Markdown and reStructuredText, also before the paragraph that ends with ``::``; the rest is only shown."""
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await"]\n')
    block = "```{code-block} python\nprint('markdown')\n```\n"
    project.write("index.md", f"# A\n\n```{{toctree}}\nmore\n```\n\n<!-- await: run -->\n{block}\n{block}")
    project.write(
        "more.rst",
        "B\n=\n\n.. await: timeout=5\n\n.. code-block:: python\n\n   print('rst')\n\n.. await: run\n\nA text\n"
        "that goes on::\n\n   print('literal')\n\n.. code-block:: python\n\n   1 / 0\n\nText::\n\n   1 / 0\n",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    assert [texts(built.page(name)) for name in ("index.html", "more.html")] == [["markdown"], ["rst", "literal"]]


def test_code_blocks_of_docstrings_do_not_run(project: Project) -> None:
    """What autodoc brings in means something in its module only, unless a comment asks for its run."""
    conf = CONF.replace('"sphinx_await",', '"sphinx_await", "sphinx.ext.autodoc",')
    project.write("conf.py", f"{conf}\nimport sys\nsys.path.insert(0, '.')\n")
    block = ".. code-block:: python\n\n   "
    project.write("documented.py", f'"""M\n\n{block}1 / 0\n\n.. await: run\n\n{block}print(\'asked\')\n"""\n')
    project.write("index.rst", "A\n=\n\n.. automodule:: documented\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["asked"]


def test_what_a_builder_does_not_show_does_not_run(project: Project) -> None:
    """Programs in ``only`` and ``ifconfig`` run for the builders and tags that show them."""
    project.write("conf.py", CONF)
    project.write(
        "index.md",
        "# A\n\n````{only} text\n```python\n1 / 0\n```\n````\n\n````{ifconfig} language == 'ko'\n```python\n1 / 0\n"
        "```\n````\n\n````{only} html and not small\n```python\nprint('large')\n```\n````\n",
    )
    built = project.build("-W")
    assert (built.status, built.ran) == (0, ["index-3"]), built.err
    assert texts(built.page()) == ["large"]
    assert project.build("-W").ran == []
    small = project.build("-W", "-t", "small", folder="small")
    assert (small.status, texts(small.page())) == (0, [])
    assert "index.md:5: ERROR: index-1: ZeroDivisionError" in project.build(builder="text").err


@pytest.mark.parametrize(
    ("program", "translation", "printed"),
    [
        ("print('one')\nprint('two')\n", "print('하나')\nprint('둘')", ["하나", "둘"]),
        ("print('one')\n", "# 설명\nprint('하나')", ["하나"]),
        ("#hide:start\nx = 1\n#hide:stop\nprint(x, 'one')\n", "print(x, '하나')", ["1 하나"]),
    ],
)
def test_a_translated_page_shows_the_code_that_ran(
    project: Project, program: str, translation: str, printed: list[str]
) -> None:
    """Where literal blocks are translated, the translation runs."""
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    project.write(
        "conf.py", CONF + "language = 'ko'\nlocale_dirs = ['l']\ngettext_additional_targets = ['literal-block']\n"
    )
    project.write("index.md", f"# A\n\n```python\n{program}```\n")
    catalog = Catalog(locale="ko")
    shown = program.rpartition("#hide:stop\n")[2]
    catalog.add(shown.rstrip("\n"), translation)
    catalog.add(shown, translation)
    path = project.folder / "l" / "ko" / "LC_MESSAGES" / "index.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == printed
    assert "하나" in re.sub("<[^>]*>", "", built.page().partition("await-outputs")[0])
