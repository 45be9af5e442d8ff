"""Programs as tests: what passes, what fails, and how pytest's own options work with them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from sphinx_await.pytest_plugin.measured import _from_here

from .conftest import CONF, EXTENSIONS

if TYPE_CHECKING:
    from .conftest import Tested

WRONG = """\
# Page

Some words.

```python
# A program.
print("one")
print("two")
# Expected output:
# one
# three
```
"""
FOUR = "".join(f"```python\nprint({number})\n# Expected output: {number}\n```\n\n" for number in (1, 2, 3, 5)).replace(
    "output: 5", "output: 4"
)


def test_a_failure_shows_the_authors_lines_and_a_diff(tested: Tested) -> None:
    """The report has file, line, the program and the difference, and nothing of ours."""
    tested.write("docs/conf.py", CONF)
    tested.write("docs/index.md", WRONG)
    done = tested.run("docs", "--junit-xml=report.xml")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(
        [
            '*   7 | print("one")',
            "*> 11 | # three",
            "docs/index.md:11: printed something else than expected",
            "--- expected",
            "+++ printed",
            " one",
            "-three",
            "+two",
            "FAILED docs/index.md::index-1 - printed something else than expected",
        ]
    )
    done.stdout.no_fnmatch_line("*sphinx_await/*")
    case = ET.parse(tested.folder / "report.xml").getroot().find(".//testcase")  # noqa: S314 - it is ours
    assert case is not None
    assert (case.get("classname"), case.get("name")) == ("docs.index.md", "index-1")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == "printed something else than expected"
    assert "docs/index.md:11: printed something else than expected" in (failure.text or "")


def test_a_program_that_is_meant_not_to_end_passes_when_it_was_stopped(tested: Tested) -> None:
    """One that ends fails, at its line."""
    tested.write("docs/conf.py", CONF)
    fence = "<!-- await: hangs=0.3 -->\n```python\n{}\n```\n\n"
    tested.write("docs/index.md", fence.format("while True:\n    pass") + fence.format("print(1)"))
    done = tested.run("docs")
    done.assert_outcomes(passed=1, failed=1)
    done.stdout.fnmatch_lines(["docs/index.md:9: was expected to hang for 0.3 s (`hangs`), but it ended by itself *"])


def test_a_program_for_other_pythons_is_skipped_with_the_reason(tested: Tested) -> None:
    """One for this Python runs; versions that mean nothing fail, at their line."""
    tested.write("docs/conf.py", CONF)
    fence = '<!-- await: python="{}" -->\n```python\n{}\n```\n\n'
    programs = ((">=3.99", "1 / 0"), (">=3.11", "print(1)"), (">=three", "print(2)"))
    tested.write("docs/index.md", "".join(fence.format(*one) for one in programs))
    done = tested.run("docs", "-rs")
    done.assert_outcomes(passed=1, skipped=1, failed=1)
    done.stdout.fnmatch_lines(["SKIPPED * docs/index.md: it is for Python >=3.99, and this is 3.*"])
    done.stdout.fnmatch_lines(["docs/index.md:11: python: versions such as >=3.13 or *, found '>=three'"])


def test_each_kind_of_program_is_judged_as_in_a_build(tested: Tested) -> None:
    """Exceptions, sessions, hidden lines, hosts, exercises and wrong markup end as they do when pages are built."""
    tested.write("docs/conf.py", CONF + 'await_hosts = {"host.test": "hello"}\n')
    tested.write(
        "docs/index.md",
        """\
<!-- await: raises=TypeError name=right -->
```python
len(5)
```

<!-- await: raises=KeyError name=other -->
```python
len(5)
```

<!-- await: session=s name=first -->
```python
#hide:start
number = 3
#hide:stop
```

<!-- await: session=s name=second -->
```python
print(number)
# Expected output: 3
raise LookupError(number)
```

<!-- await: name=host -->
```python
from urllib.request import urlopen
print(urlopen("http://host.test/").read().decode())
# Expected output: hello
```

<!-- await: nonsense -->
```python
1
```

````{exec_exercise} Both
:name: easy

```{exec_start}
print(2)
```

```{exec_check} printed("2")
Two.
```

```{exec_feedback} printed("4")
Four.
~~~{exec_wrong}
print(4)
~~~
~~~{exec_wrong}
print(5)
~~~
```

```{exec_solution}
print(3)
```
````

````{exec_exercise} Lines
:name: lines

```{exec_lines}
:fixed: 1
print(1)
x = 2
y = x + 1
print(y)
```

```{exec_check} printed("1", "3")
Three.
```
````

```{exec_lines}
print(1)
```
""",
    )
    done = tested.run("docs", "-v")
    done.stdout.fnmatch_lines_random(
        [
            "docs/index.md::right PASSED*",
            "docs/index.md::other FAILED*",
            "docs/index.md::first PASSED*",
            "docs/index.md::second FAILED*",
            "docs/index.md::host PASSED*",
            "docs/index.md::line-32 FAILED*",
            "docs/index.md::easy FAILED*",
            "docs/index.md::easy-solution FAILED*",
            "docs/index.md::easy-wrong-1 PASSED*",
            "docs/index.md::easy-wrong-2 FAILED*",
            "docs/index.md::lines PASSED*",
            "docs/index.md::lines-solution PASSED*",
            "docs/index.md:*: this wrong answer gets no sentence",
            "docs/index.md:8: KeyError was expected to end the program, but it was TypeError: *",
            '  |   File "docs/index.md", line 22, in <module>',
            "docs/index.md:22: LookupError: 3",
            "docs/index.md:*: exec_lines: at least 3 lines that change places expected, found 1",
            "docs/index.md:32: unknown option 'nonsense'; there are: *",
            "docs/index.md:41: the program to begin with passes every check already",
            "docs/index.md:44: the solution does not pass 'printed(\"2\")'",
        ]
    )


def test_programs_of_named_pages_may_await_outside_of_functions(tested: Tested) -> None:
    """As in a build, and so may one with the option; without a word, it fails."""
    page = "# A\n\n{}```python\nimport asyncio\nprint(await asyncio.sleep(0, 5))\n# Expected output:\n# 5\n```\n"
    tested.write("docs/conf.py", f'{CONF}await_top_level_await = ["named"]\n')
    tested.write("docs/named.md", page.format(""))
    tested.write("docs/index.md", page.format("<!-- await: top-level-await -->\n"))
    tested.write("docs/other.md", page.format(""))
    done = tested.run("docs")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["FAILED docs/other.md::other-1 - *'await' outside function*"])


def test_only_selected_programs_run(tested: Tested) -> None:
    """`--collect-only` runs none, `-k` and `--lf` run those that they name, and recordings are used again."""
    tested.write("conf.py", CONF)
    tested.write("index.md", FOUR)
    tested.run("--collect-only", ".").stdout.fnmatch_lines(["*index-4*", "*4 tests collected*"])
    assert tested.recordings() == set()
    tested.run("-k", "index-1", ".").assert_outcomes(passed=1, deselected=3)
    assert len(tested.recordings()) == 1
    tested.run("-o", "await_execute=cached", ".").assert_outcomes(passed=1, failed=3)
    tested.run(".").assert_outcomes(passed=3, failed=1)
    tested.run("-o", "await_execute=cached", "--lf", "-x", ".").assert_outcomes(failed=1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says which program listens")
def test_a_client_that_is_selected_alone_brings_its_server(tested: Tested) -> None:
    """Both run, and the one is judged; a name that no program has fails, at its line."""
    tested.write("docs/conf.py", CONF)
    server = (
        "import socket\nserver = socket.create_server(('127.0.0.1', 8765))\n"
        "while True:\n    server.accept()[0].sendall(b'hello')"
    )
    client = "import socket\nprint(socket.create_connection(('127.0.0.1', 8765)).recv(9))\n# Expected output: b'hello'"
    tested.write(
        "docs/index.md",
        f"<!-- await: name=server stop-after=20 -->\n```python\n{server}\n```\n\n"
        f"<!-- await: name=client meets=server -->\n```python\n{client}\n```\n\n"
        "<!-- await: meets=nobody -->\n```python\nprint(1)\n```\n",
    )
    tested.run("docs", "-k", "client").assert_outcomes(passed=1, deselected=3)
    done = tested.run("docs", "-k", "line-18")
    done.assert_outcomes(failed=1, deselected=3)
    done.stdout.fnmatch_lines(["docs/index.md:18: meets: no program of this page is named 'nobody' *"])


def test_the_build_and_pytest_find_each_others_recordings(tested: Tested) -> None:
    """What pytest ran, the build shows without another run."""
    tested.write("conf.py", CONF)
    tested.write("index.md", FOUR)
    tested.run_apart(".").assert_outcomes(passed=3, failed=1)
    before = tested.recordings()
    arguments = ["-b", "html", "-D", "await_execute=cached", ".", str(tested.folder / "build")]
    built = tested.pytester.run(sys.executable, "-m", "sphinx", *arguments)
    built.stderr.no_fnmatch_line("*has no valid recording*")
    built.stderr.fnmatch_lines(["*index-4: printed something else than expected*"])
    assert tested.recordings() == before


def test_programs_have_the_import_path_of_a_build(tested: Tested) -> None:
    """Folders that pytest adds for tests are none of a program's, so recordings hold with tests and without."""
    tested.write("docs/conf.py", CONF + 'import sys\nfrom os.path import abspath\nsys.path.append(abspath("../lib"))\n')
    tested.write("lib/named.py", "NUMBER = 4\n")
    tested.write("tests/conftest.py", "import helper\n")
    tested.write("tests/helper.py", "")
    tested.write("tests/test_it.py", "def test_it(): import helper\n")
    tested.write(
        "docs/index.md",
        "```python\nimport named\nprint(named.NUMBER)\n# Expected output: 4\n```\n\n"
        "<!-- await: raises=ModuleNotFoundError -->\n```python\nimport helper\n```\n",
    )
    tested.run_apart("tests", "docs").assert_outcomes(passed=3)
    before = tested.recordings()
    for more in ([], ["-n", "1", "tests"]):
        done = tested.run_apart("docs", "-o", "await_execute=cached", *more)
        done.assert_outcomes(passed=3 if more else 2)
    arguments = ["-b", "html", "-D", "await_execute=cached", "docs", str(tested.folder / "build")]
    built = tested.pytester.run(sys.executable, "-m", "sphinx", *arguments)
    built.stderr.no_fnmatch_line("*has no valid recording*")
    assert tested.recordings() == before


def test_folders_that_pytests_configuration_names_are_imported_from_where_there_is_no_build(tested: Tested) -> None:
    """`pythonpath` holds for programs if there is no conf.py to say where they import from."""
    tested.write("pytest.ini", "[pytest]\npythonpath = lib\n")
    tested.write("lib/named.py", "NUMBER = 4\n")
    tested.write(
        "README.md", "<!-- await: run -->\n```python\nimport named\nprint(named.NUMBER)\n# Expected output: 4\n```\n"
    )
    tested.run("README.md").assert_outcomes(passed=1)


def test_workers_run_their_share(tested: Tested) -> None:
    """With xdist, each program runs once, in one of the workers."""
    tested.write("conf.py", CONF + 'exec_code_working_dir = "."\nawait_sandbox = "off"\nawait_execute = "force"\n')
    code = '```python\nwith open("ran.txt", "a") as file:\n    file.write("{0}\\n")\n```\n\n'
    tested.write("index.md", "".join(code.format(number) for number in range(6)))
    tested.write("ran.txt", "")
    tested.run_apart("-n", "2", "--junit-xml=report.xml", "index.md").assert_outcomes(passed=6)
    assert sorted((tested.folder / "ran.txt").read_text().split()) == ["0", "1", "2", "3", "4", "5"]
    assert len(ET.parse(tested.folder / "report.xml").getroot().findall(".//testcase")) == 6  # noqa: S314


def test_what_is_wrong_in_a_worker_is_said_as_without_workers(tested: Tested) -> None:
    """With xdist, too, the summary has the message, and above it are the lines and the difference."""
    tested.write("conf.py", CONF)
    tested.write("index.md", "```python\nprint(1)\n# Expected output: 2\n```\n")
    done = tested.run_apart("-n", "1", "index.md")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*index.md:3: printed something else than expected", "-2", "+1"])
    done.stdout.fnmatch_lines(["FAILED index.md::index-1 - printed something else than expected"])


def test_coverage_sees_what_programs_do(tested: Tested) -> None:
    """Lines of the documented package count that only a program runs, also one that ends with an exception."""
    tested.write(
        "src/documented/__init__.py", "def double(value):\n    if value < 0:\n        return 0\n    return value * 2\n"
    )
    code = "<!-- await: run -->\n```python\nimport documented\ndocumented.double({})\n```\n\n"
    tested.write("README.md", code.format("-1") + code.format("None").replace("run -->", "raises=TypeError -->"))
    tested.pytester._monkeypatch.setenv("PYTHONPATH", str(EXTENSIONS))
    command = ["-m", "pytest", "-p", "sphinx_await.pytest_plugin", "--await", "README.md"]
    tested.pytester.run(sys.executable, "-m", "coverage", "run", "--source=documented", *command).assert_outcomes(
        passed=2
    )
    report = tested.pytester.run(sys.executable, "-m", "coverage", "report", "-m")
    report.stdout.fnmatch_lines(["*documented*__init__.py * 1 * 4"])


@pytest.mark.parametrize(("option", "given"), [("source", "src"), ("include", "src/*"), ("omit", "src/left.py")])
def test_folders_of_coverage_are_pytests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, given: str
) -> None:
    """Programs run in other folders: what coverage measures there begins where pytest was started."""
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path)
    here = _from_here(option, given)
    assert here == str(tmp_path / given)
    assert _from_here("source", "package") == "package"
    assert _from_here("source_pkgs", "src") == "src"
    assert _from_here("omit", "*/left.py") == "*/left.py"


def test_pytests_own_file_is_no_example_and_every_test_can_be_selected(tested: Tested) -> None:
    """A conftest.py beside examples stays pytest's; a name with `::` has an id that pytest finds again."""
    tested.write("examples/conftest.py", "A = 1\n")
    tested.write("examples/first.py", "print(1)\n")
    tested.write("page.md", "<!-- await: name=a::b -->\n```python\nprint(1)\n```\n")
    done = tested.run("--collect-only", "-q", ".")
    ids = [line for line in done.outlines if "::" in line]
    assert sorted(ids) == ["examples/first.py::first-1", "page.md::a:b"]
    tested.run("page.md::a:b").assert_outcomes(passed=1)


def test_docstrings_and_example_files_are_found(tested: Tested) -> None:
    """Directives and fences in docstrings run against the package, and so does a file of examples."""
    tested.write(
        "src/documented/__init__.py",
        '"""A package.\n\n.. exec_code::\n\n   import documented\n   print(documented.double(2))\n'
        '   # Expected output: 4\n"""\n\n\ndef double(value):\n    """Double.\n\n'
        '    <!-- await: run -->\n    ```python\n    print("wrong")\n    # Expected output: right\n    ```\n'
        '    """\n    return value * 2\n',
    )
    tested.write("examples/first.py", 'print("example")\n# Expected output: example\n')
    done = tested.run("src", "examples", "-v")
    done.stdout.fnmatch_lines(
        [
            "src/documented/__init__.py::documented-1 PASSED*",
            "src/documented/__init__.py::documented.double-1 FAILED*",
            "examples/first.py::first-1 PASSED*",
            "src/documented/__init__.py:17: printed something else than expected",
        ]
    )


def test_several_projects_have_their_own_configuration(tested: Tested) -> None:
    """Each page is read and run as the conf.py above it says; without one, pytest's own options hold."""
    tested.write("a/docs/conf.py", CONF + 'await_environment = {"WHERE": "a"}\nexclude_patterns = ["left"]\n')
    tested.write("b/docs/conf.py", CONF.replace("**", "page") + 'await_environment = {"WHERE": "b"}\n')
    for name in ("a/docs/index.md", "b/docs/page.md", "b/docs/other.md", "c/page.md", "a/docs/left/out.md"):
        tested.write(name, f'```python\nimport os\nprint(os.environ["WHERE"])\n# Expected output: {name[0]}\n```\n')
    tested.write("pytest.ini", "[pytest]\nawait_run_fences = c/**\nawait_environment = WHERE=c\n")
    done = tested.run("a", "b", "c", "-v")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(
        [
            "await: 1 plain Python fences do not run: *",
            "a/docs/index.md::index-1 PASSED*",
            "b/docs/page.md::page-1 PASSED*",
            "c/page.md::c/page-1 PASSED*",
        ]
    )


def test_a_start_with_blanks_may_fail(tested: Tested) -> None:
    """As in a build: it is there to be finished."""
    exercise = """\
````{exec_exercise} Print
:name: blanks

```{exec_start}
print(______)
# Expected output: 2
```

```{exec_check} printed("2")
Two.
```

```{exec_solution}
print(2)
```
````
"""
    tested.write("conf.py", CONF)
    tested.write("index.md", exercise)
    tested.run("index.md").assert_outcomes(passed=2)


def test_a_disturbed_recording_is_not_judged_by_its_times(tested: Tested) -> None:
    """A run that had to wait for a processor stands while nobody asks for its times, and not when a check does."""
    exercise = """\
````{{exec_exercise}} Both
:name: both

```{{exec_start}}
import time
time.sleep(0.5)
```

```{{exec_check}} {0}
Fast.
```

```{{exec_solution}}
import time
time.sleep(0.01)
print(2)
```
````
"""
    tested.write("conf.py", CONF)
    tested.write("index.md", exercise.format('printed("2")'))
    tested.run("index.md").assert_outcomes(passed=2)
    for path in tested.folder.rglob(".await-cache/*.json"):
        data = json.loads(path.read_bytes())
        if data["outputs"]:
            path.write_text(json.dumps(data | {"wall": 1.0, "run_delay": 0.7, "reruns": 0}))
    tested.run("index.md", "-o", "await_execute=cached").assert_outcomes(passed=2)
    tested.write("index.md", exercise.format("within(0.4)"))
    tested.run("index.md", "-o", "await_execute=cached").assert_outcomes(passed=1, failed=1)
    tested.run("index.md").assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ('await_timeout = "soon"\n', "await_timeout: *expected, found 'soon'"),
        ("1 / 0\n", "*ZeroDivisionError*"),
        ("source_suffix = 5\n", "source_suffix: *expected, found 5"),
        ("exclude_patterns = None\n", "exclude_patterns: a list of texts expected, found None"),
        ("exec_code_example_dir = None\n", "exec_code_example_dir: a path expected, found None"),
        ("myst_enable_extensions = None\n", "myst_enable_extensions: a list of texts expected, found None"),
    ],
)
def test_a_wrong_configuration_is_an_error_with_words(tested: Tested, conf: str, words: str) -> None:
    """A value that means nothing, or a conf.py that fails, is an error of each page, in words."""
    tested.write("conf.py", CONF + conf)
    tested.write("index.md", FOUR)
    done = tested.run(".")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([words])
    done.stdout.no_fnmatch_line("*sphinx_await/pytest_plugin*")


def test_a_wrong_option_of_pytest_stops_it(tested: Tested) -> None:
    """What pytest's own configuration says must mean something."""
    tested.write("pytest.ini", "[pytest]\nawait_jobs = many\n")
    done = tested.run(".")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*await_jobs: a number expected, found 'many'*"])


NEEDED = ("_pytest", "pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
MARKDOWN_NEEDED = ("markdown_it", "mdurl", "mdit_py_plugins")


@pytest.mark.parametrize("has_markdown", [True, False])
def test_pages_of_markdown_need_no_sphinx(tested: Tested, *, has_markdown: bool) -> None:
    """With pytest and a parser of Markdown alone programs run; without the parser, pytest says what to install."""
    site = tested.folder / "site"
    site.mkdir()
    for name in (*NEEDED, *(MARKDOWN_NEEDED if has_markdown else ())):
        file = Path(__import__(name).__file__ or "")
        target = file.parent if file.stem == "__init__" else file
        (site / target.name).symlink_to(target, target_is_directory=target.is_dir())
    (target,) = Path(pytest.__file__).parents[1].glob("pluggy-*.dist-info")  # pytest says its version
    (site / target.name).symlink_to(target, target_is_directory=True)
    (site / "sphinx_await").symlink_to(EXTENSIONS / "sphinx_await", target_is_directory=True)
    tested.write("docs/conf.py", CONF)
    tested.write("docs/index.md", FOUR)
    tested.write("docs/page.rst", ".. exec_code::\n\n   print(1)\n")
    tested.write("pytest.ini", "[pytest]\nawait_run_fences = **\n")
    tested.pytester._monkeypatch.setenv("PYTHONPATH", str(site))
    tested.pytester._monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    command = [sys.executable, "-S", "-m", "pytest", "-p", "sphinx_await.pytest_plugin", "--await", "docs"]
    done = tested.pytester.run(*command)
    if has_markdown:
        done.assert_outcomes(passed=4, failed=1)
        done.stdout.fnmatch_lines(["await: docs/conf.py is not read, since Sphinx is not installed: *"])
    else:
        done.stdout.fnmatch_lines(["*`pip install myst-parser`, or `pip install markdown-it-py mdit-py-plugins`*"])


def test_what_is_typed_at_prompts_is_compared(tested: Tested) -> None:
    """The report shows the author's lines; examples of docstrings are doctest's, unless a comment asks for a run."""
    tested.write("docs/conf.py", CONF)
    tested.write("docs/index.md", "# A\n\n```pycon\n>>> x = 1\n>>> x\n2\n```\n\n```python\n>>> 1 + 1\n2\n```\n")
    tested.write(
        "docs/m.py", 'def f():\n    """F.\n\n    >>> 1\n    2\n\n    .. await: run\n\n    >>> 1\n    1\n    """\n'
    )
    done = tested.run("docs")
    done.assert_outcomes(passed=2, failed=1)
    done.stdout.fnmatch_lines(["> 6 | 2", "docs/index.md:6: displayed something else than is typed", "-2", "+1"])
    tested.run("docs", "--await-update").assert_outcomes(passed=2, failed=1)
