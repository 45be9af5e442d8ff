"""What honest projects do: every way to configure, and the commonest failures with the sentence that helps."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from ..conftest import PROJECT, run_python
from .conftest import CONF
from .test_markup import texts

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Project


def test_failures_say_what_helps(project: Project) -> None:
    """One page of the commonest failures of a course that was not written for this."""
    programs = {
        "x = 6\n>>> x * 7": "A program with prompts begins with",
        "price = 3": "",
        "print(price * 2)": "An earlier program of this page defines `price`",
        "import asyncio\nawait asyncio.sleep(0)": "`await` needs a coroutine",
        "! ls": "This line is IPython's own",
        "found = %time 1": "This line is IPython's own",
        "open('made.txt', 'w').write('x')": "",
        "print(open('made.txt').read())": "An earlier program of this page names `made.txt`",
        "open('other.txt')": "into which `await_files` puts files",
        "import subprocess\nsubprocess.run(['no-such-command'])": "There is no such command",
        "x = [0] * 10**9": "`await_memory_limit` allows more memory",
        "open('/usr/made.txt', 'w')": "A program can write only into its own folder",
        "exec(compile('open(\"/usr/made\", \"w\")', '/x/_pkg_editable_loader.py', 'exec'))": "install it without `-e`",
        "print(unknown)": "",
    }
    fences = [f"```python\n{code}\n```\n" for code in programs]
    project.write("index.md", "\n".join(["# A\n", *fences]))
    built = project.build()
    for number, (code, words) in enumerate(programs.items(), 1):
        message = built.err.partition(f"ERROR: index-{number}: ")[2].partition("Traceback")[0]
        assert words in message, code
    assert "session" not in built.err.partition("ERROR: index-14: ")[2]
    fences = [f"```{{{directive}}}\n>>> 6 * 7\n```\n" for directive in ("exec_code", "code-cell")]
    project.write("index.md", "\n".join(["# A\n", *fences]))
    assert project.build().err.count("Only a fence takes prompts: write it as one that is tagged `pycon`") == 2


def test_programs_of_a_page_may_share_a_folder(project: Project) -> None:
    """Each finds what the earlier ones wrote, lines are those of the page, and an edit runs all of them again."""
    project.write("conf.py", f'{CONF}await_folder_scope = "page"\n')
    fences = [
        "open('note.txt', 'w').write('kept')",
        "print(open('note.txt').read(), 'x' in globals())",
        "x = 1\n\n1 / 0",
    ]
    page = "# A\n\n" + "\n".join(f"```python\n{code}\n```\n" for code in fences)
    project.write("index.md", page)
    built = project.build()
    assert "index.md:14: ERROR: index-3: ZeroDivisionError" in built.err
    assert "kept False" in built.page()
    assert built.err.count("ERROR") == 1
    project.write("index.md", page.replace("'kept'", "'changed'"))
    assert "changed False" in project.build().page()
    project.write("index.md", f"{page}\nAnd prose.\n")
    again = project.build()
    assert "kept False" in again.page()
    assert not again.ran


def test_a_shared_folder_is_not_the_authors(project: Project) -> None:
    """It cannot be together with a working folder of the project, which programs only read."""
    project.write("conf.py", f'{CONF}await_folder_scope = "page"\nexec_code_working_dir = "."\n')
    project.write("index.md", "# A\n")
    assert "await_folder_scope: programs that share a folder run in it" in project.build().err


def test_values_can_come_from_the_command_line(project: Project) -> None:
    """Of every type that a command line can write."""
    project.write("conf.py", 'extensions = ["myst_parser", "sphinx_await"]\n')
    project.write("data.txt", "text")
    code = "import os\nprint(os.environ['A'], open('data.txt').read())"
    project.write(
        "index.md", f"# A\n\n```python\n{code}\n```\n\n<!-- await: name=slow -->\n```python\nwhile True: pass\n```\n"
    )
    values = ["run_fences=index,other*", "timeout=0.5", "files=data.txt", "environment.A=b", "jobs=1", "live=0"]
    built = project.build(*(f"-Dawait_{value}" for value in values))
    assert "unsupported type" not in built.err
    assert texts(built.page()) == ["b text"]
    assert "slow: still running after 0.5 s" in built.err
    assert "no document matches 'other*'" in built.err
    assert "await_timeout: int or float expected, found 'soon'" in project.build("-Dawait_timeout=soon").err


def test_files_from_anywhere_are_in_the_folder_of_the_program(project: Project) -> None:
    """Also from outside of conf.py's folder, by a pattern or by an absolute path."""
    shared = project.folder.parent / "shared"
    (shared / "deep").mkdir(parents=True)
    (shared / "a.csv").write_text("1")
    (shared / "deep" / "b.csv").write_text("2")
    (shared / "c.txt").write_text("3")
    conf = project.read("conf.py")
    project.write("conf.py", f"{conf}await_files = ['../shared/**/*.csv', {str(shared / 'c.txt')!r}]\n")
    code = "from pathlib import Path\nprint(sorted(str(p) for p in Path().rglob('*.*') if p.suffix != '.py'))"
    project.write("index.md", f"# A\n\n```python\n{code}\n```\n")
    assert texts(project.build("-W").page()) == ["['a.csv', 'c.txt', 'deep/b.csv']"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("['/no/such/*.csv']", "await_files: nothing matches '/no/such/*.csv'"),
        ("{'../a': 'conf.py'}", "await_files: '../a' is not the name of a file"),
        ("{'a': 'missing.txt'}", "await_files: a: No such file or directory"),
    ],
)
def test_files_that_cannot_be_given_are_a_configuration_error(project: Project, value: str, message: str) -> None:
    """With the value, and without a traceback."""
    project.write("index.md", "# A\n\n```python\nprint(1)\n```\n")
    project.write("conf.py", f"{project.read('conf.py')}await_files = {value}\n")
    built = project.build()
    assert built.status == 2
    assert message in built.err
    assert "Configuration error" in built.err


def test_a_long_name_is_no_obstacle(project: Project) -> None:
    """Files for download have names of bounded length."""
    name = "n" * 300
    code = "import asyncio\nasync def main(): await asyncio.sleep(0.01)\nasyncio.run(main())"
    project.write("index.md", f"# A\n\n<!-- await: name={name} -->\n```python\n{code}\n```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert name in built.page()


def test_a_time_in_a_heading_is_refused(project: Project) -> None:
    """A table of contents would show the name of the run in its place."""
    project.write("index.md", "# A\n\n## Took {exec_time}`a`\n\n<!-- await: name=a -->\n```python\nprint(1)\n```\n")
    built = project.build()
    assert built.status == 1
    assert "index.md:3: ERROR: exec_time cannot be in a heading" in built.err


def test_an_option_without_colons_is_named(project: Project) -> None:
    """Words after the directive that are an option of it."""
    project.write("index.rst", "A\n=\n\n.. exec_code::\n\n   hide_output\n\n   print(1)\n")
    assert "exec_code: `hide_output` is an option: write `:hide_output:`" in project.build().err


def test_a_module_that_cannot_be_shared_is_named_and_breaks_no_program(project: Project) -> None:
    """One that makes a loop, a thread or a descriptor, prints, or changes the process, itself or by what it imports."""
    modules = {
        "a_loop": "import asyncio\nit = asyncio.new_event_loop()\ndef use(): it.run_until_complete(asyncio.sleep(0))",
        "a_plain": "def use(): pass",
        "a_socket": "import socket\nmine, other = socket.socketpair()\ndef use(): mine.send(b'x')",
        "a_thread": (
            "import concurrent.futures\npool = concurrent.futures.ThreadPoolExecutor()\npool.submit(int).result()\n"
            "def use(): pool.submit(int).result(5)"
        ),
        "an_indirect": "from a_loop import use",
        "no_module": "1 / 0",
        "an_end": "import atexit\natexit.register(print, 'bye')\ndef use(): pass",
        "a_fork": "import os, random\nos.register_at_fork(before=int)\ndef use(): pass",
        "a_greeting": "print('hello')\ndef use(): pass",
        "a_filter": "import warnings\nwarnings.simplefilter('ignore')\ndef use(): warnings.warn('unheard')",
        "a_precise_filter": (
            "import warnings\nwarnings.filterwarnings('ignore', 'this one')\n"
            "class Odd(Warning): pass\nwarnings.simplefilter('ignore', Odd)\ndef use(): pass"
        ),
        "a_variable": "import os\nos.environ['SET'] = '1'\ndef use(): print(os.environ['SET'])",
        "a_level": "import logging\nlogging.basicConfig(level='INFO')\nlogging.getLogger(__name__)\ndef use(): pass",
        "a_builtin": "import builtins\nbuiltins.answer = 42\ndef use(): print(answer)",
        "a_seed": "import random\nrandom.seed(1)\ndef use(): print(random.random())",
    }
    for name, code in modules.items():
        project.write(f"lib/{name}.py", code)
    path = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'lib'))\n"
    project.write("conf.py", f"{path}{CONF}await_preload = {[*modules]}\n")
    programs = [f"import {name}\n{name}.use()\nprint('{name} works')" for name in modules if name != "no_module"]
    project.write("index.md", "# A\n\n" + "\n".join(f"```python\n{code}\n```\n" for code in programs))
    built = project.build("--fail-on-warning")
    said = re.findall(r"await_preload: (\S+) (.*?) when it is imported", built.err)
    opens = "opens a file, a socket or an event loop"
    assert said == [
        ("a_builtin", "changes the builtins of the process"),
        ("a_filter", "changes the filters of warnings of the process"),
        ("a_fork", "has something called when a process is forked"),
        ("a_greeting", "prints something"),
        ("a_level", "changes the root logger of the process"),
        ("a_loop", opens),
        ("a_seed", "changes the random numbers of the process"),
        ("a_socket", opens),
        ("a_thread", "starts a thread"),
        ("a_variable", "changes the environment of the process"),
        ("an_end", "has something called when the program ends"),
        ("an_indirect", opens),
    ]
    assert len(re.findall("WARNING|ERROR", built.err)) == len(said)
    printed = {
        "a_greeting": ["hello", "a_greeting works"],
        "a_variable": ["1", "a_variable works"],
        "an_end": ["an_end works", "bye"],
        "a_builtin": ["42", "a_builtin works"],
        "a_seed": ["0.13436424411240122", "a_seed works"],
    }
    assert texts(built.page()) == [
        line for name in modules if name != "no_module" for line in printed.get(name, [f"{name} works"])
    ]


def test_a_figure_that_no_page_shows_is_a_warning(project: Project) -> None:
    """It names the line, whatever part of a session imports the library; other things may be shown."""
    drawing = "import matplotlib.pyplot as plt\nplt.plot([1])\nplt.show()"
    project.write("lib/matplotlib/__init__.py", "")
    project.write("lib/matplotlib/pyplot.py", "plot = print\ndef show(text=None): pass")
    path = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'lib'))\n"
    project.write("conf.py", f"{path}{CONF}")
    other = "class A:\n    def show(self): pass\nA().show()\nx = 'matplotlib'"
    fences = [
        f"```python\n{drawing}\n```",
        f"```python\n{other}\n```",
        "```{exec_code}\n:session: a\n\nimport matplotlib.pyplot as plt\n```",
        "```{exec_code}\n:session: a\n\nplt.show('text')\nplt.show()\n```",
        "```python\nx = 1 +  # plt.show()\n```",
    ]
    project.write("index.md", "# A\n\n" + "\n\n".join(fences) + "\n")
    for _build in range(2):
        built = project.build()
        found = re.findall(r"index\.md:(\d+): WARNING: (\S+): a page shows .*no figure.*\[await\.figure\]", built.err)
        assert found == [("6", "index-1"), ("26", "index-4")], built.err


def test_programs_do_not_share_the_random_numbers_of_a_library_that_is_preloaded(project: Project) -> None:
    """As each would have its own if it had imported the library itself."""
    project.write("lib/numpy/__init__.py", "from . import random")
    project.write("lib/numpy/random/__init__.py", "from .mtrand import *")
    drawing = "import random as _r\n_all = _r.Random()\nseed = _all.seed\ndef rand(): return _all.random()\n"
    project.write("lib/numpy/random/mtrand.py", drawing)
    path = "import sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).parent / 'lib'))\n"
    project.write("conf.py", f"{path}{CONF}await_preload = ['numpy']\n")
    fence = "```python\nimport numpy\nprint(numpy.random.rand())\n```\n"
    project.write("index.md", f"# A\n\n{fence}\n{fence}\n{fence}")
    built = project.build("--fail-on-warning")
    assert built.status == 0, built.err
    assert len({*texts(built.page())}) == 3


@pytest.mark.skipif(os.name != "posix", reason="paths are text on this system")
def test_a_folder_whose_name_is_no_text_in_the_locale(tmp_path: Path) -> None:
    """Its path has characters that cannot be encoded: the site is built, and an unchanged build runs nothing."""
    folder = tmp_path / "한글"
    folder.mkdir()
    (folder / "conf.py").write_text(CONF, encoding="utf-8")
    (folder / "index.md").write_text("# A\n\n```python\nprint('안녕')\n```\n", encoding="utf-8")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    extensions = str(PROJECT / "extensions")
    builds = [
        run_python("-m", "sphinx", folder, folder / "out", environment={**ascii_only, "PYTHONPATH": extensions})
        for _ in range(2)
    ]
    assert [(one.returncode, one.stderr) for one in builds] == [(0, ""), (0, "")]
    assert ["running programs" in one.stdout for one in builds] == [True, False]
    assert "안녕" in (folder / "out" / "index.html").read_text(encoding="utf-8")
