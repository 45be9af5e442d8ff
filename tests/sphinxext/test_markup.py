"""What authors write: directives of sphinx-exec-code, plain fences, options, both kinds of source."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Project


def texts(page: str) -> list[str]:
    """The lines of output of a page."""
    found = re.findall(r'<span class="await-text">(.*?)</span>\n', page)
    return [unescape(re.sub(r"<[^>]*>", "", text)) for text in found]


def text_of(page: str) -> str:
    """All text of a page."""
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign, assignment]
    parser.feed(page)
    return "".join(found)


def test_only_fences_of_matching_documents_run(project: Project) -> None:
    """A plain fence runs where ``await_run_fences`` says; ``code-block``, other languages and ``no-run`` never do."""
    fence = "```python\nprint('ran')\n```\n"
    other = "```{code-block} python\nprint('no')\n```\n\n```text\nno\n```\n\n<!-- await: no-run -->\n" + fence
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["in*"]\n')
    project.write("index.md", f"# A\n\n```{{toctree}}\nother\n```\n\n{fence}\n{other}\n```\nprint('untagged')\n```\n")
    project.write("other.md", f"# B\n\n{fence}")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert built.ran == ["index-1"]
    assert texts(built.page()) == ["ran"]
    assert "await:" not in built.page()
    assert "await-run" not in built.page("other.html")


def test_an_untagged_fence_is_no_program(project: Project) -> None:
    """Even where everything untagged is shown as Python."""
    project.write("conf.py", project.read("conf.py") + "highlight_language = 'python'\n")
    project.write(
        "index.md", "# A\n\n```\nprint('untagged')\n```\n\n- item\n\n  ~~~ python\n  print('tagged')\n  ~~~\n"
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["tagged"]


def test_exec_code_is_read_as_sphinx_exec_code_reads_it(project: Project) -> None:
    """Hidden and skipped parts, captions, names, languages, hidden code and hidden output."""
    project.write(
        "index.md",
        """# A

```{exec_code}
:caption: The program
:name: prog
:caption_output: What came of it
#hide:start
secret = 41
#hide:stop
print(secret + 1)
#skip:start
print("shown only")
#skip:stop
```

{ref}`prog <prog>` and {ref}`out <prog_output>`

```{exec_code}
:hide:
print("code is hidden")
```

```{exec_code}
:hide_output:
print("output is hidden")
```

```{exec_code}
:language_output: json
:emphasize-lines_output: 2
print("{")
print('"a": 1}')
```
""",
    )
    built = project.build("-W")
    assert built.status == 0, built.err
    page = built.page()
    assert "secret = " not in unescape(re.sub("<[^>]+>", "", page))
    assert "shown only" in page
    assert [re.sub("<[^>]+>", "", text) for text in texts(page)][:2] == ["42", "code is hidden"]
    assert "output is hidden" in page
    assert "output is hidden" not in "".join(texts(page))
    assert "The program" in page
    assert "What came of it" in page
    assert 'id="prog"' in page
    assert 'id="prog-output"' in page
    assert re.search(r'await-output await-stdout hll.*?<span class="nt">"a"', page)
    assert 'data-name="prog"' in page


def test_a_program_comes_from_a_file(project: Project) -> None:
    """``:filename:`` is tracked: editing the file runs it again, and its errors name the file."""
    project.write("examples/one.py", "print('from a file')\n")
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await"]\nexec_code_example_dir = "examples"\n')
    project.write("index.md", "# A\n\n```{exec_code}\n:filename: one.py\n```\n")
    assert texts(project.build("-W").page()) == ["from a file"]
    project.write("examples/one.py", "print('edited')\n\n1/0\n")
    built = project.build()
    assert built.ran == ["index-1"]
    assert re.search(r"examples/one\.py:3: ERROR: index-1: ZeroDivisionError", built.err)
    project.write("index.md", "# A\n\n```{exec_code}\n:filename: none.py\n```\n")
    missing = project.build()
    assert missing.status == 1
    assert re.search(r"index\.md:\d: ERROR: exec_code: filename: .*none\.py cannot be read", missing.err)


def test_restructuredtext_has_the_directive_with_true_lines(project: Project) -> None:
    """In reST, in lists and in included files too, an error names the line of the source."""
    project.write("index.rst", "A\n=\n\n.. exec_code::\n   :timeout: 5\n\n   x = 1\n   1/0\n\n.. include:: part.inc\n")
    project.write("part.inc", "Text.\n\n* item\n\n  .. exec_code::\n\n     [][1]\n")
    project.write("conf.py", 'extensions = ["sphinx_await"]\n')
    built = project.build()
    assert built.status == 1
    assert "index.rst:8: ERROR: index-1: ZeroDivisionError" in built.err
    assert "part.inc:7: ERROR: index-2: IndexError" in built.err


def test_markdown_has_true_lines_everywhere(project: Project) -> None:
    """In lists, notes, included files, with options in both styles, an error names the line of the source."""
    project.write(
        "index.md",
        "# A\n\n- item\n\n  ```python\n  1/0\n  ```\n\n```{note}\n```{exec_code}\nx = 1\n1/0\n```\n```\n\n"
        "```{exec_code}\n---\ntimeout: 5\nname: yaml\n---\n\n1/0\n```\n\n```{include} part.txt\n```\n",
    )
    project.write(
        "index.md",
        project.read("index.md").replace("```{note}\n", "````{note}\n").replace("```\n```\n\n", "```\n````\n\n"),
    )
    project.write("part.txt", "Text.\n\n```{exec_code}\n\n1/0\n```\n\n```python\n1/0\n```\n")
    built = project.build()
    found = re.findall(r"(\w+\.\w+):(\d+): ERROR: (\S+): ZeroDiv", built.err)
    lines = {"index.md": project.read("index.md").split("\n"), "part.txt": project.read("part.txt").split("\n")}
    assert len(found) == 5, built.err
    assert {lines[file][int(line) - 1].strip() for file, line, _ in found} == {"1/0"}
    assert len({(file, line) for file, line, _ in found}) == 5


def test_expected_exceptions_are_shown_and_pass(project: Project) -> None:
    """``raises`` takes the exception that comes; the page shows its traceback with the number beside the line."""
    project.write("index.md", "# A\n\n<!-- await: raises=ValueError -->\n```python\nint('x')\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert 'File "snippet.py", line 1, in &lt;module&gt;' in built.page()
    assert "await-failed" not in built.page()


def test_long_output_is_folded_and_controls_are_made_visible(project: Project) -> None:
    """What would be too much is folded; what is no text in HTML is shown as a picture."""
    project.write(
        "index.md", "# A\n\n```python\nfor i in range(100): print(i)\nprint('\\x1b[31mred\\x1b[0m\\x00')\n```\n"
    )
    page = project.build("-W").page()
    assert "<summary>81 more lines (" in page
    assert texts(page)[-1] == "red\u2400"


def test_equal_programs_are_two_runs(project: Project) -> None:
    """Each shows what it printed itself, in each build; one that asks to ``share`` shows the first run."""
    fence = "```python\nimport random\nprint(random.random())\n```\n"
    project.write("index.md", f"# A\n\n{fence}\n{fence}\n<!-- await: share -->\n{fence}")
    built = project.build("-W")
    assert sorted(built.ran) == ["index-1", "index-2"]
    first, second, shared = texts(built.page())
    assert first == shared != second
    project.write("index.md", project.read("index.md") + "\ntext\n")
    built = project.build("-W")
    assert built.ran == []
    assert texts(built.page()) == [first, second, shared]


def test_two_failures_on_one_page_of_two_documents_all_count(project: Project) -> None:
    """Parallel reading loses no snippet and no mistake."""
    for name in ("one", "two", "three", "four"):
        project.write(f"{name}.md", f"# {name}\n\n```python\nraise OSError('{name}')\n```\n\n<!-- await: x -->\n")
    project.write("index.md", "# A\n\n```{toctree}\none\ntwo\nthree\nfour\n```\n")
    built = project.build("-j", "3")
    assert built.status == 1
    assert sorted(re.findall(r"OSError: (\w+) \[await", built.err)) == ["four", "one", "three", "two"]
    assert built.err.count("no Python fence that runs follows this comment") == 4


def test_both_extensions_may_be_listed_in_any_order(project: Project) -> None:
    """A project that lists sphinx_exec_code as well gets our directive."""
    project.write("index.md", "# A\n\n```{exec_code}\nprint('ours')\n```\n")
    for order in ('"sphinx_exec_code", "sphinx_await"', '"sphinx_await", "sphinx_exec_code"'):
        project.write("conf.py", f'extensions = ["myst_parser", {order}]\n')
        built = project.build("-W", "-E")
        assert built.status == 0, built.err
        assert "await-run" in built.page()


def test_pages_that_another_extension_has_read_again_run_nothing_while_read(project: Project) -> None:
    """Also where no page changed: no directive but ours may get hold of a program."""
    project.write(
        "conf.py",
        'extensions = ["myst_parser", "sphinx_await"]\n\n\ndef more(app, env, docnames):\n'
        '    docnames[:] = ["index"]\n\n\ndef setup(app):\n    app.connect("env-before-read-docs", more)\n',
    )
    project.write("index.md", "# A\n\n```{exec_code}\nprint('ours')\n```\n")
    for _ in range(2):
        built = project.build("-W")
        assert built.status == 0, built.err
        assert "await-run" in built.page()


def test_a_session_runs_on_and_its_errors_name_both_places(project: Project) -> None:
    """Snippets that name a session share their state; a traceback through two of them names the lines of each."""
    project.write(
        "index.md",
        "# A\n\n<!-- await: session=s -->\n```python\ndef divide(a):\n    return a / 0\n```\n\ntext\n\n"
        "```python\nprint('alone')\n```\n\n```{exec_code}\n:session: s\nprint('go')\ndivide(1)\n```\n",
    )
    built = project.build()
    assert built.status == 1
    assert texts(built.page())[:2] == ["alone", "go"]
    assert "index.md:18: ERROR: index-3: ZeroDivisionError: division by zero" in built.err
    assert 'File "index.md", line 18, in <module>' in built.err
    assert 'File "index.md", line 6, in divide' in built.err


def test_editing_a_snippet_of_a_session_runs_the_session_again(project: Project) -> None:
    """All snippets of a session are one program to the cache."""
    comment = "<!-- await: session=s -->"
    page = f"# A\n\n{comment}\n```python\nx = 1\n```\n\n{comment}\n```python\nprint(x)\n```\n"
    project.write("index.md", page)
    assert texts(project.build("-W").page()) == ["1"]
    project.write("index.md", page.replace("x = 1", "x = 2"))
    built = project.build("-W")
    assert texts(built.page()) == ["2"]
    assert project.build("-W").ran == []


def test_a_repeated_program_shows_median_and_spread(project: Project) -> None:
    """``repeat`` and ``alone`` in a comment and in a directive."""
    project.write(
        "index.md",
        "# A\n\n<!-- await: repeat=3 -->\n```python\nprint(1)\n```\n\n```{exec_code}\n:alone:\nprint(2)\n```\n",
    )
    page = project.build("-W").page()
    assert re.search(r"median of 3 runs 0\.\d{3} s, from 0\.\d{3} to 0\.\d{3} s", page)
    assert texts(page) == ["1", "2"]


def test_programs_run_in_the_projects_folder_if_it_says_so(project: Project) -> None:
    """``exec_code_working_dir`` is where programs run; they may read there and not write."""
    project.write("data/numbers.txt", "1 2 3")
    project.write("conf.py", project.read("conf.py") + "exec_code_working_dir = 'data'\n")
    project.write(
        "index.md",
        "# A\n\n```python\nprint(open('numbers.txt').read())\ntry:\n    open('new.txt', 'w')\n"
        "except OSError:\n    print('refused')\n```\n",
    )
    assert texts(project.build("-W").page()) == ["1 2 3", "refused"]
    assert not (project.folder / "data" / "new.txt").exists()


@pytest.mark.parametrize("dedent", [":dedent:", ":dedent: 2", ":dedent: 4", ":dedent: 0"])
def test_dedent_changes_neither_what_runs_nor_what_is_shown(project: Project, dedent: str) -> None:
    """The code has lost its common indentation already."""
    code = "if True:\n    x = 'a'\n    print(x)"
    indented = "".join(f"       {line}\n" for line in code.split("\n"))
    project.write("index.rst", f"A\n=\n\n.. exec_code::\n   {dedent}\n   :no-line-numbers:\n\n{indented}")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["a"]
    assert code in text_of(built.page())
