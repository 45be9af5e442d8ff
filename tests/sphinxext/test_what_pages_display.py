"""What an author writes into a page is compared with what the page displays, and with what Python means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .test_markup import texts

if TYPE_CHECKING:
    from .conftest import Project


def test_expected_output_has_paths_as_the_page_shows_them(project: Project) -> None:
    """Without folders of the machine, which differ between machines."""
    project.write("src/mine.py", "print(__file__)\n")
    project.write("conf.py", project.read("conf.py") + "exec_code_source_folders = ['src']\n")
    program = (
        "import os\nprint(os.path.abspath('data.txt'))\nimport mine\n\n# Expected output:\n# data.txt\n# mine.py\n"
    )
    project.write("index.md", f"# A\n\n```python\n{program}```\n")
    built = project.build("-W")
    assert built.status == 0, built.err
    assert texts(built.page()) == ["data.txt", "mine.py"]
    assert str(project.folder) not in built.page()


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("open('none')", ["FileNotFoundError", "OSError", "IOError", "Exception", "os.error", "EnvironmentError"]),
        ("import json; json.loads('x')", ["JSONDecodeError", "json.JSONDecodeError", "ValueError"]),
        ("import asyncio; raise asyncio.CancelledError", ["asyncio.CancelledError", "CancelledError", "BaseException"]),
        ("class Base(LookupError): pass\nclass Own(Base): pass\nraise Own", ["Own", "Base", "LookupError"]),
        (
            "import socket as s\nraise s.timeout",
            ["TimeoutError", "s.timeout", "socket.timeout", "asyncio.TimeoutError"],
        ),
    ],
)
def test_raises_takes_what_except_would(project: Project, code: str, names: list[str]) -> None:
    """Bases, and every public name; nothing else."""
    pages = [f"<!-- await: raises={name} -->\n```python\nimport asyncio\n{code}\n```\n" for name in names]
    wrong = ["KeyError", "ArithmeticError", "Error", "mine.OSError"]
    pages += [f"<!-- await: raises={name} -->\n```python\nimport asyncio\n{code}\n```\n" for name in wrong]
    project.write("index.md", "# A\n\n" + "\n".join(pages))
    built = project.build()
    assert built.err.count("was expected to end the program") == len(wrong)
    assert all(f"{name} was expected to end the program" in built.err for name in wrong)


def test_a_program_in_a_file_is_read_as_python_reads_it(project: Project) -> None:
    """With its coding cookie, its byte order mark, and any line ends."""
    (project.folder / "cookie.py").write_bytes(b"# -*- coding: latin-1 -*-\r\nprint('\xe9')\r\nraise KeyError\r\n")
    (project.folder / "mark.py").write_bytes(b"\xef\xbb\xbfprint('\xea\xb0\x80')\n")
    (project.folder / "wrong.py").write_bytes(b"# coding: unheard-of\nprint(1)\n")
    names = ["cookie.py", "mark.py", "wrong.py", "none.py", "/dev/zero", "a\0b"]
    project.write("index.md", "# A\n\n" + "\n".join(f"```{{exec_code}}\n:filename: {name}\n```\n" for name in names))
    built = project.build()
    assert "cookie.py:3: ERROR: index-1: KeyError" in built.err
    assert {"é", "가"} <= set(texts(built.page()))
    assert built.err.count("cannot be read") == 4


def test_a_module_beside_the_start_of_the_build_is_named(project: Project) -> None:
    """Python adds the folder in which `python -m sphinx` was started, from which programs do not import."""
    project.write("beside.py", "X = 1\n")
    project.write("index.md", "# A\n\n```python\nimport beside\n```\n\n```python\nimport nowhere\n```\n")
    built = project.build()
    assert f"`beside` is in {project.folder}, which Python itself added" in built.err
    assert "nowhere` is in" not in built.err
    assert str(project.folder) not in built.page()
    project.write("conf.py", "import sys\nsys.path.insert(0, '.')\n" + project.read("conf.py"))
    assert "ERROR: index-1" not in project.build().err
