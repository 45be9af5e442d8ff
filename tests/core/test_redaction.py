from __future__ import annotations

import json
import time
import traceback
import unicodedata
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.model.snippet import Snippet
from sphinx_await.core.model.source_files import SNIPPET_FILE
from sphinx_await.core.text.redaction import (
    enclosing_folders,
    folder_pattern,
    is_unmistakable,
    redact_folders,
    strip_library_paths,
)
from sphinx_await.core.text.source_mapping import map_to_document

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SNIPPET = Snippet("name", "a\nb\nc", "asyncio.md", (41, 42, 50))
CHAPTER = "source/asyncio.md"


def mapped(text: str, *parts: Snippet, chapter: str = CHAPTER) -> str:
    """A text with the places of a snippet, or of a session's, in a chapter."""
    return map_to_document(text, parts or [SNIPPET], lambda _: chapter)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('  File "snippet.py", line 2, in main', '  File "source/asyncio.md", line 42, in main'),
        ('  File "/t/run-1/snippet.py", line 3', '  File "source/asyncio.md", line 50'),
        ('  File "/t/a b/run-x/snippet.py", line 1', '  File "source/asyncio.md", line 41'),
        ('  File "snippet.py", line 99', '  File "source/asyncio.md", line 41'),
        ("snippet.py:2: RuntimeWarning: never awaited", "source/asyncio.md:42: RuntimeWarning: never awaited"),
        ("/var/run-1/snippet.py:3: ResourceWarning: x", "source/asyncio.md:50: ResourceWarning: x"),
        (
            "<Task coro=<main() running at /t/run-7/snippet.py:3>>",
            "<Task coro=<main() running at source/asyncio.md:50>>",
        ),
        (
            "<Task coro=<main() running at /t/run-7/snippet.py:3> cb=[f() at /t/run-7/snippet.py:2]>",
            "<Task coro=<main() running at source/asyncio.md:50> cb=[f() at source/asyncio.md:42]>",
        ),
        (r'  File "C:\a b\run-1\snippet.py", line 3', '  File "source/asyncio.md", line 50'),
        (r"C:\Users\Jo Lee\Temp\run-1\snippet.py:3: x", "source/asyncio.md:50: x"),
        (r"running at \\?\C:\t\run-7\snippet.py:3>", "running at source/asyncio.md:50>"),
        (r"C:\course\snippet.py:3: x", r"C:\course\snippet.py:3: x"),
        (
            'File "snippet.py", line 1\nFile "snippet.py", line 3',
            f'File "{CHAPTER}", line 41\nFile "{CHAPTER}", line 50',
        ),
        ('File "my_snippet.py", line 2', 'File "my_snippet.py", line 2'),
        ('File "/lib/my_snippet.py", line 2', 'File "/lib/my_snippet.py", line 2'),
        ("my_snippet.py:2: x", "my_snippet.py:2: x"),
        ("snippet.pyc:2", "snippet.pyc:2"),
        ("snippet.py has 2 lines", "snippet.py has 2 lines"),
        ('File "json/decoder.py", line 2', 'File "json/decoder.py", line 2'),
    ],
)
def test_in_chapter(text: str, expected: str) -> None:
    """Where Python names the snippet and a line of it, the chapter and its line are shown; all else stays."""
    assert mapped(text) == expected


def test_the_name_of_a_chapter_is_no_pattern() -> None:
    """A chapter's name is shown as it is, whatever signs it has."""
    chapter = r"a\1\g<0>{0}.md"
    assert mapped('File "snippet.py", line 1', chapter=chapter) == rf'File "{chapter}", line 41'
    assert mapped("snippet.py:1", chapter=chapter) == f"{chapter}:41"


def test_a_session() -> None:
    """Each part of a session has its own file and lines; a number that is no part's is left alone."""
    second = Snippet("second", "d\ne", "other.md", (71, 72))
    text = 'File "/x/run-1/snippet-1.py", line 2\nFile "snippet-2.py", line 2\nsnippet-2.py:1: x\nsnippet-3.py:1: y\n'
    result = map_to_document(text, [SNIPPET, second], lambda snippet: f"source/{snippet.file}")
    assert result == (
        'File "source/asyncio.md", line 42\nFile "source/other.md", line 72\nsource/other.md:71: x\nsnippet-3.py:1: y\n'
    )


@calm
@given(st.text(), st.text())
def test_other_text_stays(before: str, after: str) -> None:
    """Text around a place is left alone, and text without one altogether."""
    if SNIPPET_FILE not in before + after:
        place = '\n  File "snippet.py", line 2\n'
        expected = f'\n  File "{CHAPTER}", line 42\n'
        assert mapped(before + after) == before + after
        assert mapped(before + place + after) == before + expected + after


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/lib/python3.13/asyncio/runners.py", "asyncio/runners.py"),
        ("/usr/lib64/python3.11/json/decoder.py", "json/decoder.py"),
        ("/home/me/.pyenv/versions/3.13.0/lib/python3.13/asyncio/tasks.py", "asyncio/tasks.py"),
        ("/home/me/course/.venv/lib/python3.12/site-packages/aiohttp/client.py", "aiohttp/client.py"),
        ("/usr/lib/python3/dist-packages/aiohttp/client.py", "aiohttp/client.py"),
        ("/Library/Frameworks/Python.framework/Versions/3.12/lib/python3.12/asyncio/tasks.py", "asyncio/tasks.py"),
        ("/lib/python314.zip/asyncio/tasks.py", "asyncio/tasks.py"),
        ("/opt/pypy/lib/pypy3.11/asyncio/tasks.py", "asyncio/tasks.py"),
        (r"C:\Python311\Lib\asyncio\runners.py", "asyncio/runners.py"),
        (r"C:\Users\Jo Lee\AppData\Local\Programs\Python\Python313\Lib\json\decoder.py", "json/decoder.py"),
        (r"c:\users\jo lee\course\.venv\Lib\site-packages\aiohttp\client.py", "aiohttp/client.py"),
        (r"\\files\py\Lib\site-packages\aiohttp\client.py", "aiohttp/client.py"),
        (r"C:\course\Lib\helper.py", r"C:\course\Lib\helper.py"),
        ("/home/me/course/helper.py", "/home/me/course/helper.py"),
        ("snippet.py", "snippet.py"),
        ("<string>", "<string>"),
    ],
)
def test_without_library_paths(path: str, expected: str) -> None:
    """A library's file is named from its package on, any other as it is."""
    frame = '  File "{}", line 7, in f\n    open("/usr/lib/python3.13/x")\n'
    assert strip_library_paths(frame.format(path)) == frame.format(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "/home/me/.venv/lib/python3.12/site-packages/foo/bar.py:3: DeprecationWarning: old",
            "foo/bar.py:3: DeprecationWarning: old",
        ),
        ("created at /usr/lib/python3.11/asyncio/base_events.py:449>", "created at asyncio/base_events.py:449>"),
        (
            "coro=<Event.wait() running at /opt/py/lib/python3.13/asyncio/locks.py:213> at /a/dist-packages/b.py:1",
            "coro=<Event.wait() running at asyncio/locks.py:213> at b.py:1",
        ),
        ("/home/me/course/helper.py:3: x", "/home/me/course/helper.py:3: x"),
        (r"created at C:\Python311\Lib\asyncio\base_events.py:449>", "created at asyncio/base_events.py:449>"),
        (r"c:\py\Lib\site-packages\foo\bar.py:3: DeprecationWarning: old", "foo/bar.py:3: DeprecationWarning: old"),
        ("in /usr/lib/python3.13 there are 200 files", "in /usr/lib/python3.13 there are 200 files"),
    ],
)
def test_library_paths_with_a_line(text: str, expected: str) -> None:
    """A warning and the description of a task name a library's file from its package on, too."""
    assert strip_library_paths(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('  File "/home/me/course/helpers.py", line 3', '  File "helpers.py", line 3'),
        ("No such file: '/home/me/course/data/x.csv'", "No such file: 'data/x.csv'"),
        ("file:///home/me/course/x", "file://x"),
        ("it is /home/me/course", "it is ."),
        ("it is '/home/me/course/'", "it is './'"),
        ("/home/me/course-2/x /mnt/home/me/course/x", "/home/me/course-2/x /mnt/home/me/course/x"),
        ("/home/me/my venv/lib/x.so", "lib/x.so"),
        ("open('/scratch/sphinx-await-a_1/run-x_1/data.csv')", "open('data.csv')"),
        ("/var/folders/a/sphinx-await-a_1/run-home", "."),
        ("/usr/bin/env and /scratch/x", "/usr/bin/env and /scratch/x"),
        ("1/2 and no folder in ~/x", "1/2 and no folder in ~/x"),
    ],
)
def test_without_folders(text: str, expected: str) -> None:
    """What lies in an author's folder, or in that of a run, is named from there on; all else stays."""
    folders = folder_pattern(["/home/me/course", "/home/me/my venv/", "/usr", "/", "~", "."])
    assert redact_folders(text, folders) == expected


WINDOWS = r"C:\Users\Jo Lee\course"
SHARE = r"\\files\team\course"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'  File "C:\Users\Jo Lee\course\lib\helpers.py", line 3', r'  File "lib\helpers.py", line 3'),
        (r"c:\users\jo lee\COURSE\x.csv", "x.csv"),
        (r"C:/Users/Jo Lee/course/x.csv", "x.csv"),
        (r"C:\Users/Jo Lee\course/x.csv", "x.csv"),
        (r"No such file: 'C:\\Users\\Jo Lee\\course\\data\\x.csv'", r"No such file: 'data\\x.csv'"),
        (r"\\?\C:\Users\Jo Lee\course\x.csv", "x.csv"),
        (r"\\.\C:\Users\Jo Lee\course\x.csv", "x.csv"),
        (r"'\\\\?\\C:\\Users\\Jo Lee\\course'", "'.'"),
        ("file:///C:/Users/Jo%20Lee/course/x.csv", "file:///x.csv"),
        ("C%3A%5CUsers%5CJo%20Lee%5Ccourse%5Cx.csv", "x.csv"),
        ("/mnt/c/Users/Jo Lee/course/x.csv", "x.csv"),
        ("/c/Users/Jo Lee/course/x.csv", "x.csv"),
        ("/cygdrive/c/Users/Jo Lee/course/x.csv", "x.csv"),
        ("/run/desktop/mnt/host/c/Users/Jo Lee/course/x.csv", "x.csv"),
        (r"\\localhost\C$\Users\Jo Lee\course\x.csv", "x.csv"),
        (r"it is C:\Users\Jo Lee\course.", "it is .."),
        (
            r"C:\Users\Jo Lee\course-2\x and D:\Users\Jo Lee\course",
            r"C:\Users\Jo Lee\course-2\x and D:\Users\Jo Lee\course",
        ),
        (r"ABC:\Users\Jo Lee\course", r"ABC:\Users\Jo Lee\course"),
        (r"\\files\team\course\x.csv", "x.csv"),
        (r"'\\\\FILES\\Team\\course\\x.csv'", "'x.csv'"),
        (r"\\?\UNC\files\team\course\x.csv", "x.csv"),
        ("//files/team/course/x.csv", "x.csv"),
        ("file://files/team/course/x.csv", "file:x.csv"),
        ("https://files/team/course/x.csv", "https://files/team/course/x.csv"),
        (r"open('C:\Temp\sphinx-await-a_1\run-x_1\data.csv')", "open('data.csv')"),
        (r"C:\Windows\System32 C:\Program Files\Git", r"C:\Windows\System32 C:\Program Files\Git"),
    ],
)
def test_without_folders_of_windows(text: str, expected: str) -> None:
    """A folder of Windows goes in whatever way a text spells it; what is beside it stays."""
    folders = folder_pattern([WINDOWS, SHARE, r"C:\Windows", "C:/Program Files", "C:\\"])
    assert redact_folders(text, folders) == expected


@pytest.mark.parametrize(
    ("folder", "text", "expected"),
    [
        ("/mnt/c/Users/me/course", r"C:\Users\me\course\x.py", "x.py"),
        ("/mnt/c/Users/me/course", "/mnt/c/Users/me/course/x.py", "x.py"),
        ("/home/me/course", r"\\wsl$\Ubuntu\home\me\course\x.py", "x.py"),
        ("/home/me/course", r"\\wsl.localhost\Ubuntu-22.04\home\me\course\x.py", "x.py"),
        ("/home/me/course", "/home//me/./course/x.py", "x.py"),
        ("/home/me/course", "%2Fhome%2Fme%2Fcourse%2Fx.py", "x.py"),
        ("/home/me/강의", "/home/me/강의/x.py", "x.py"),
        ("/home/me/강의", "file:///home/me/%EA%B0%95%EC%9D%98/x.py", "file://x.py"),
        ("/home/me/강의", r'"/home/me/\uac15\uc758/x.py"', '"x.py"'),
        ("/Users/me/강의", unicodedata.normalize("NFD", "/users/Me/강의/x.py"), "x.py"),
        ("/home/me/course", "/home/me/Course/x.py", "/home/me/Course/x.py"),
        ("/workspaces/course", "/workspaces/course/x.py", "x.py"),
        ("/builds/group/course/docs", "/builds/group/course/docs/../lib/x.py", "../lib/x.py"),
        (r"C:\Users\runneradmin", r"C:\Users\RUNNER~1\x.py", "x.py"),
        (r"C:\Users\runneradmin", r"'C:\\Users\\runner~12\\x.py'", "'x.py'"),
        (r"C:\Users\runneradmin", r"C:\Users\RU3F2A~1\x.py", "x.py"),
        (r"C:\Users\Jo Lee\My Course", r"C:\Users\JOLEE~1\MYCOUR~2\x.py", "x.py"),
        (r"C:\work\site.html", r"C:\work\SITE~1.HTM\x.py", "x.py"),
        (r"C:\Users\RUNNER~1\AppData\Local\Temp", r"C:\Users\runneradmin\AppData\Local\Temp\x.py", "x.py"),
        (r"C:\Users\JOLEE~1", r"C:\Users\Jo Lee\x.py", "x.py"),
        (r"C:\Users\me", r"C:\Users\ME~1\x.py", r"C:\Users\ME~1\x.py"),
        (r"C:\Users\runneradmin", r"C:\Users\RUNNEL~1\x.py", r"C:\Users\RUNNEL~1\x.py"),
        ("/home/runneradmin", "/home/RUNNER~1/x.py", "/home/RUNNER~1/x.py"),
    ],
)
def test_other_spellings(folder: str, text: str, expected: str) -> None:
    """Mounts of drives, shares of WSL, URIs, escapes, decomposed letters and short names name the same folder."""
    assert redact_folders(text, folder_pattern([folder])) == expected


def test_the_folders_around_are_the_authors_too() -> None:
    """Names above the course go as well, but not those that many machines have."""
    found = enclosing_folders(["/builds/acme/course/docs", WINDOWS, "/usr/src/app/docs", "/var/www/acme/docs", "docs"])
    result = redact_folders(
        r"/builds/acme/other/x /builds/acme/course /builds/x C:\Users\Jo Lee\x C:\Users\x /usr/src/x /usr/src/app/docs"
        " /var/www/acme/x /var/www/x",
        folder_pattern(found),
    )
    assert result == r"other/x . /builds/x x C:\Users\x /usr/src/x . x /var/www/x"


@pytest.mark.parametrize(
    ("folder", "sure"),
    [("/docs", False), ("/home/me", True), (r"C:\docs", True), (r"\\files\docs", True), ("docs", False), ("/", False)],
)
def test_a_path_that_may_mean_something_else(folder: str, sure: bool) -> None:
    """A single name after a slash may be part of an address; a drive or a second name makes it a folder."""
    assert is_unmistakable(folder) is sure


SPELLERS = [
    lambda drive, names: f"{drive}:\\" + "\\".join(names),
    lambda drive, names: f"{drive.lower()}:/" + "/".join(names),
    lambda drive, names: repr(f"{drive}:\\" + "\\".join(names))[1:-1],
    lambda drive, names: f"file:///{drive}:" + quote("/" + "/".join(names)),
    lambda drive, names: json.dumps(f"{drive}:\\" + "\\".join(names))[1:-1],
    lambda drive, names: f"\\\\?\\{drive}:\\" + "\\".join(names),
    lambda drive, names: f"/mnt/{drive.lower()}/" + "/".join(names),
]


@calm
@given(
    st.sampled_from("CDZ"),
    st.lists(
        st.text("ab강é -_.&", min_size=1, max_size=6)
        .filter(lambda name: not name.startswith("."))
        .filter(lambda name: not name.endswith((".", " "))),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(SPELLERS),
)
def test_no_spelling_is_left(drive: str, names: list[str], printed: Any) -> None:
    """Whichever way a folder is printed, its names are gone and what lies in it is left."""
    folder, path = PureWindowsPath(f"{drive}:/", "Users", *names), printed(drive, ["Users", *names, "x.py"])
    result = redact_folders(f"({path})", folder_pattern([str(folder)]))
    assert result in {"(x.py)", "(file:///x.py)"}


def test_without_any_folder_nothing_is_left_out() -> None:
    """Where no folder is known, only those of runs go."""
    assert redact_folders("/a/b /t/sphinx-await-1/run-2/c", folder_pattern([])) == "/a/b c"


@pytest.mark.parametrize(
    "unit",
    [
        "/",
        "a/",
        "/ ",
        "+=",
        "sphinx-await-",
        "run-/",
        "\\",
        "C:\\",
        "a\\",
        "//wsl$/",
        "%5C",
        "Lib\\",
        "./",
        "C:/ ",
        "C:\\Runner",
    ],
)
@pytest.mark.timed
def test_long_lines_cost_little(unit: str) -> None:
    """A line of 64 KiB of whatever a program prints is read in well under a second."""
    text = unit * (65536 // len(unit)) + "/python3 sphinx-await-"
    before = time.process_time()
    folders = ["/home/me/course", WINDOWS, SHARE, r"C:\RUNNER~1\A~1", r"C:\a b\a b"]
    strip_library_paths(mapped(redact_folders(text, folder_pattern(folders))))
    assert time.process_time() - before < 2


def test_a_real_traceback() -> None:
    """A traceback as this Python writes it names the chapter's lines, and no folder of this machine."""
    code = "import json\ndef f():\n    json.loads('x')\nf()\n"
    try:
        exec(compile(code, SNIPPET_FILE, "exec"), {})  # noqa: S102 - a program, as it is run
    except ValueError as error:
        text = "".join(traceback.format_exception(error.with_traceback(error.__traceback__.tb_next)))  # type: ignore[union-attr]
    result = strip_library_paths(mapped(text, Snippet("n", code, "c.md", (11, 12, 13, 14)), chapter="c.md"))
    places = [line.strip() for line in result.splitlines() if line.lstrip().startswith("File")]
    assert places[:2] == ['File "c.md", line 14, in <module>', 'File "c.md", line 13, in f']
    assert places[2].startswith('File "json/__init__.py", line ')
    assert places[-1].startswith('File "json/decoder.py", line ')
