"""What the head of a page, and conf.py for many pages, say about programs: options, common setup, what is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

from sphinx_await.course.pages.model import PageContext
from sphinx_await.course.pages.read import read_page

from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Built, Project

BARE = 'extensions = ["myst_parser", "sphinx_await"]\n'
FENCE = "```python\n{0}\n```\n\n"


def codes(built: Built, page: str = "index.html") -> list[str]:
    """The code of each run of a page as it is shown."""
    soup = BeautifulSoup(built.page(page), "html.parser")
    for number in soup.select(".linenos"):
        number.decompose()
    return [pre.get_text() for pre in soup.select(".await-code pre")]


def page_of(head: str, *programs: str) -> str:
    """A page of Markdown with fences."""
    return f"---\n{head}\n---\n# A\n\n" + "".join(FENCE.format(one) for one in programs)


def test_a_page_says_that_its_fences_run(project: Project) -> None:
    """``run`` in its front matter does, without conf.py; what else is there are options of each program."""
    project.write("conf.py", BARE)
    project.write("index.md", page_of("await: run raises=KeyError", '{}["no"]'))
    built = project.build("-W")
    assert built.status == 0, built.err
    assert built.ran == ["index-1"]


def test_a_page_says_that_its_fences_do_not_run(project: Project) -> None:
    """``no-run`` does, without a word of the build; a comment before a fence still counts."""
    programs = FENCE.format("1 / 0") + "<!-- await: run -->\n" + FENCE.format("print('asked')")
    project.write("index.md", f"---\nawait: no-run\n---\n# A\n\n{programs}")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["asked"]
    assert "do not run" not in built.out


def test_what_a_program_says_comes_before_what_its_page_says(project: Project) -> None:
    """Also where the two could not be combined."""
    fences = [
        FENCE.format("import time; time.sleep(3)"),
        "<!-- await: timeout=9 -->\n" + FENCE.format("import time; time.sleep(3); print('done')"),
        "<!-- await: hangs=0.5 -->\n" + FENCE.format("while True: pass"),
    ]
    project.write("index.md", "---\nawait: timeout=1\n---\n# A\n\n" + "".join(fences))
    built = project.build()
    errors = re.findall(r"index\.md:(\d+): ERROR: (index-\d+: still running after \d+ s)", built.err)
    assert errors == [("7", "index-1: still running after 1 s")], built.err


def test_programs_continue_each_other_if_the_page_says_so(project: Project) -> None:
    """``session=NAME`` in its head is for all of them but those with ``no-session``."""
    own = "<!-- await: no-session raises=NameError -->\n" + FENCE.format("print(a)")
    project.write("index.md", page_of("await: session=page", "a = 1", "print(a)") + own)
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page())[0] == "1"


def test_the_setup_of_a_page_is_hidden(project: Project) -> None:
    """Each program begins with it, and errors in it have its own line; no page shows it."""
    head = "await_setup: |\n  import json\n  values = [1]"
    future = "from __future__ import annotations\nprint(json.loads('2'))"
    project.write("index.md", page_of(head, "print(json.dumps(values))", future))
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["[1]", "2"]
    assert codes(built) == ["print(json.dumps(values))\n", f"{future}\n"]
    project.write("index.md", page_of("await_setup: |\n  import json\n  1 / 0", "print(1)"))
    assert re.search(r"index\.md:4: ERROR: index-1: ZeroDivisionError", project.build().err)


def test_errors_keep_their_lines(project: Project) -> None:
    """Below a setup, too."""
    project.write("index.md", page_of("await_setup: a = 1", "\nprint(a)\n1 / 0"))
    assert re.search(r"index\.md:9: ERROR: index-1: ZeroDivisionError", project.build().err)


def test_a_site_has_a_setup_for_pages(project: Project) -> None:
    """By globs of their names; it comes before that of the page, and once for all programs of a session."""
    conf = 'await_setup = {"other": "a = 2", "**": "a = 1; print(\'set up\')"}\nawait_session = {"index": "page"}\n'
    project.write("conf.py", f"{BARE}await_run_fences = ['**']\n{conf}")
    page = page_of("await_setup: b = a + 1", "print(a, b)", "print(b)")
    project.write("index.md", page + "```{toctree}\nother\n```\n")
    project.write("other.md", "# B\n\n" + FENCE.format("print(a)") + "```pycon\n>>> 'a' in globals()\nFalse\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["set up", "1 2", "2"]
    assert texts(built.page("other.html")) == ["2"]


def test_pages_are_left_out_of_those_that_run(project: Project) -> None:
    """``await_no_run_fences`` takes some away from ``await_run_fences``."""
    project.write("conf.py", f'{BARE}await_run_fences = ["**"]\nawait_no_run_fences = ["api/**"]\n')
    project.write("index.md", "# A\n\n" + FENCE.format("print('ran')") + "```{toctree}\napi/one\n```\n")
    project.write("api/one.md", "# B\n\n" + FENCE.format("1 / 0"))
    built = project.build("-W")
    assert built.status == 0, built.err
    assert built.ran == ["index-1"]


def test_fields_of_restructuredtext_say_the_same(project: Project) -> None:
    """At the top of the page, after comments; they are shown nowhere."""
    project.write("conf.py", 'extensions = ["sphinx_await"]\n')
    page = ".. a comment\n\n:await: raises=KeyError\n:await_setup:\n   values = {}\n\n   no = 'no'\n\nA\n=\n\n"
    project.write("index.rst", f"{page}.. exec_code::\n\n   values[no]\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert "await_setup" not in BeautifulSoup(built.page(), "html.parser").get_text()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("await: rnu", "unknown option 'rnu'; there are: run, no-run, timeout"),
        ("await: run no-run", "await: run cannot be combined with no-run"),
        ("await: timeout=soon", "timeout: seconds expected"),
        ('await: "alt=\'"', "await: No closing quotation"),
    ],
)
def test_what_means_nothing_is_a_mistake(project: Project, head: str, words: str) -> None:
    """With file and line."""
    project.write("index.md", page_of(head, "print(1)"))
    built = project.build()
    assert built.status == 1
    assert f"index.md:2: ERROR: {words}" in built.err


def test_an_edit_of_the_head_counts(project: Project) -> None:
    """Programs run again with another setup."""
    project.write("index.md", page_of("await_setup: a = 1", "print(a)"))
    assert texts(project.build("-W").page()) == ["1"]
    project.write("index.md", page_of("await_setup: a = 2", "print(a)"))
    assert texts(project.build("-W").page()) == ["2"]


@pytest.mark.parametrize("value", ['["print(1)"]', '{"**": 1}', '{"": "a"}'])
def test_a_setup_of_a_site_is_text(project: Project, value: str) -> None:
    """Anything else is refused with its name."""
    project.write("conf.py", f"{BARE}await_setup = {value}\n")
    project.write("index.md", "# A\n")
    built = project.build()
    assert built.status == 2
    assert "await_setup: " in built.err


def test_pytest_reads_the_same(project: Project) -> None:
    """Without Sphinx, a page has the same programs with the same options."""
    project.write("index.md", page_of("await: run timeout=3\nawait_setup: |\n  a = 1\n  b = 2", "print(a)"))
    file = project.folder / "index.md"
    (entry,) = read_page(file, "markdown", PageContext("index", project.folder, project.folder)).entries
    assert entry.snippet.code == "a = 1\nb = 2\nprint(a)\n"
    assert entry.snippet.lines == (4, 5, 10, 11)
    assert entry.snippet.options.timeout == 3
    project.write("index.rst", ":await: timeout=3\n:await_setup: a = 1\n\nA\n=\n\n.. exec_code::\n\n   print(a)\n")
    file = project.folder / "index.rst"
    (entry,) = read_page(file, "restructuredtext", PageContext("index", project.folder, project.folder)).entries
    assert entry.snippet.code == "a = 1\nprint(a)"
    assert entry.snippet.lines == (2, 9)
