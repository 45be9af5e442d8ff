"""What a page offers its readers to run, and what it says where it cannot."""

from __future__ import annotations

import json
import re
import shutil
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from ..browser.sites import STUB
from ..conftest import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Project

ONE = "# A\n\n```python\nprint('<one>')\n```\n"


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))


def programs(page: str) -> list[dict[str, Any]]:
    """What the page's elements hold."""
    found = re.findall(r'<await-live><script type="application/json">(.*?)</script></await-live>', page)
    return [json.loads(text) for text in found]


def test_a_page_contains_the_program_as_it_runs(project: Project) -> None:
    """Between its code and its output, and nothing in it ends the element."""
    project.write("index.md", ONE)
    page = project.build("-W").page()
    (program,) = programs(page)
    assert program["code"] == "print('<one>')\n"
    assert program["title"] == "index-1"
    assert page.index("await-code") < page.index("<await-live>") < page.index("await-outputs")


def test_equal_programs_have_different_keys_that_do_not_depend_on_other_programs(project: Project) -> None:
    """By which readers' edits are kept: a program before them changes nothing."""
    equal = "```{exec_code}\nprint(1)\n```\n\n" * 2
    equal += "".join(f"```{{exec_code}}\n:name: {name}\nprint(1)\n```\n\n" for name in ("a", "b"))
    project.write("index.md", f"# A\n\n{equal}")
    before = [program["key"] for program in programs(project.build("-W").page())]
    assert len(set(before)) == 4
    project.write("index.md", f"# A\n\n```{{exec_code}}\nprint(2)\n```\n\n{equal}")
    assert [program["key"] for program in programs(project.build("-W").page())][1:] == before


def test_a_program_with_hidden_lines_says_how_readers_count(project: Project) -> None:
    """For each line that runs the number beside it on the page, or none."""
    project.write("index.md", "# A\n\n```python\n# hide: start\nx = 1\n# hide: stop\nprint(x)\n```\n")
    (program,) = programs(project.build("-W").page())
    assert list(zip(program["code"].splitlines(), program["shown"], strict=False)) == [("x = 1", None), ("print(x)", 1)]


def test_what_an_author_keeps_out_of_browsers_is_not_in_the_page(project: Project) -> None:
    """A later part of the session is shown, and says why it does not run."""
    first = "# A\n\n```{{exec_code}}\n:session: s\n:hide:\n{live}\nSECRET = 42\n```\n\n"
    second = "```{exec_code}\n:session: s\n\nprint(1)\n```\n"
    project.write("index.md", first.format(live=":no-live:\n") + second)
    page = project.build("-W").page()
    (program,) = programs(page)
    assert "SECRET" not in page
    assert program["before"] == []
    assert "no-live" in program["only"]
    project.write("index.md", first.format(live="") + second)
    (program,) = programs(project.build("-W").page())
    assert program["before"] == ["SECRET = 42"]
    assert not program["only"]


def test_a_page_with_a_program_to_run_loads_the_element_with_its_words(project: Project) -> None:
    """And all files are there; a page without one loads nothing."""
    project.write("index.md", ONE + "\n```{toctree}\nother\n```\n")
    project.write("other.md", "# B\n\ntext\n")
    built = project.build("-W")
    (tag,) = re.findall(r"<script [^>]*await-live/element\.js\?v=\w+[^>]*>", built.page())
    found = re.search(r'data-await-live="([^"]*)"', tag)
    assert found
    data = json.loads(unescape(found[1]))
    assert data["words"]["run"] == "Run"
    folder = built.folder / "_static" / "await-live"
    names = {name: address.partition("?v=") for name, address in data["files"].items() if address}
    assert {"live-runner.js", "editor.js", "course.json"} <= set(names)
    # What steps through runs is beside them, since the page's own runs need it, too.
    assert all(name == path.removeprefix("../") and len(version) == 8 for name, (path, _mark, version) in names.items())
    paths = [path for path, _mark, _version in names.values()]
    assert all((folder / path).exists() for path in [*paths, "element.js", "element.css", "manifest.json"])
    assert "await-live" not in built.page("other.html")


def test_what_a_course_shares_is_one_file(project: Project) -> None:
    """The mock hosts without a handler, the words of pictures, and the output limit."""
    hosts = {"a.test": {"page": "A", "delay": 0.2}, "B.test": "B", "c.test": {"handler": "handlers:c"}}
    project.write("conf.py", project.read("conf.py") + f"await_hosts = {hosts}\nawait_output_limit = 5000\n")
    project.write("index.md", ONE)
    project.write("handlers.py", "async def c(request):\n    raise AssertionError\n")
    course = json.loads((project.build("-W").folder / "_static/await-live/course.json").read_text(encoding="utf-8"))
    assert {name: (host["page"], host["delay"]) for name, host in course["hosts"].items()} == {
        "a.test": ("A", 0.2),
        "b.test": ("B", 0.0),
    }
    assert course["labels"]["waiting"] == "waiting"
    assert course["limit"] == 5000


def test_a_program_of_a_session_knows_what_runs_before_it(project: Project) -> None:
    """The programs before it, and none after it."""
    fences = [f"<!-- await: session=one -->\n```python\nprint({number})\n```\n" for number in range(3)]
    project.write("index.md", "# A\n\n" + "\n".join(fences))
    found = programs(project.build("-W").page())
    assert [program["before"] for program in found] == [[], ["print(0)\n"], ["print(0)\n", "print(1)\n"]]


@pytest.mark.parametrize(
    ("options", "only"),
    [
        ("", ["Cannot run in a browser (threading.Thread)"]),
        ("<!-- await: live -->\n", [""]),
        ("<!-- await: no-live -->\n", []),
    ],
)
def test_what_no_browser_runs_is_said_unless_its_author_knows_better(
    project: Project, options: str, only: list[str]
) -> None:
    """Options override what was found."""
    program = "import threading\nthread = threading.Thread(target=print)\nthread.start()\nthread.join()"
    project.write("index.md", f"# A\n\n{options}```python\n{program}\n```\n")
    assert [program["only"] for program in programs(project.build("-W").page())] == only


def test_a_variable_of_the_build_is_not_there_for_readers(project: Project) -> None:
    """A page says so when its author gives programs one."""
    project.write("index.md", "# A\n\n```python\nimport os\nprint(os.environ.get('MODE'))\n```\n")
    assert [program["only"] for program in programs(project.build("-W").page())] == [""]
    project.write("conf.py", project.read("conf.py") + "await_environment = {'MODE': 'fast'}\n")
    (program,) = programs(project.build("-W").page())
    assert program["only"].endswith("(os.environ['MODE'])")


def test_pages_without_a_runtime_are_whole_and_the_build_says_so_once(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No buttons, no files, no warning."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(tmp_path))
    project.write("index.md", ONE)
    built = project.build("-W")
    assert built.status == 0
    assert built.out.count("live is off") == 1
    assert "await-live" not in built.page()
    assert not (built.folder / "_static" / "await-live").exists()


def test_pages_follow_a_runtime_that_comes_and_goes(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Though nothing else has changed."""
    project.write("index.md", ONE)
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(tmp_path))
    assert not programs(project.build("-W").page())
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    assert programs(project.build("-W").page())
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(tmp_path))
    assert not programs(project.build("-W").page())


def test_pages_name_the_script_that_lies_beside_them(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """After an upgrade too, and of an older runtime nothing stays."""
    package = tmp_path / "extensions" / "sphinx_await"
    shutil.copytree(PROJECT / "extensions" / "sphinx_await", package, ignore=shutil.ignore_patterns("runtime"))
    runtime = shutil.copytree(STUB, tmp_path / "runtime")
    (runtime / "web-1.bin").write_bytes(b"1")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(runtime))
    project.write("index.md", ONE)
    before = project.build("-W")
    (version,) = re.findall(r"editor\.js\?v=\w+", before.page())
    with (package / "browser" / "static" / "editor.js").open("a", encoding="utf-8") as script:
        script.write("// newer\n")
    (runtime / "web-1.bin").rename(runtime / "web-2.bin")
    after = project.build("-W")
    assert version not in after.page()
    assert [path.name for path in after.folder.glob("_static/await-live/web-*")] == ["web-2.bin"]


@pytest.mark.parametrize("page", ["# A\n", "# A\n\n<!-- await: no-live -->\n```python\nprint(1)\n```\n"])
def test_a_site_that_offers_no_run_gets_no_runtime(project: Project, page: str) -> None:
    """It would be 8 MB for nothing."""
    project.write("index.md", page)
    built = project.build("-W")
    assert not (built.folder / "_static" / "await-live").exists()
    assert "live is off" not in built.out


def test_live_can_be_switched_off_and_on(project: Project) -> None:
    """By configuration, and pages that were written before follow."""
    project.write("index.md", ONE)
    assert programs(project.build("-W").page())
    built = project.build("-W", "-D", "await_live=0")
    assert "live is off" not in built.out
    assert "await-live" not in built.page()
    assert programs(project.build("-W").page())


def test_an_unchanged_build_copies_nothing_again(project: Project) -> None:
    """The files stay as they are."""
    project.write("index.md", ONE)
    folder = project.build("-W").folder / "_static" / "await-live"
    before = {path: path.stat().st_ctime_ns for path in folder.iterdir()}
    project.build("-W")
    assert {path: path.stat().st_ctime_ns for path in folder.iterdir()} == before


def test_parts_of_another_runtime_go(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With the next build; they have other names in each version."""
    runtime = tmp_path / "runtime"
    shutil.copytree(STUB, runtime)
    (runtime / "wasm-1.bin").touch()
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(runtime))
    project.write("index.md", ONE)
    folder = project.build("-W").folder / "_static" / "await-live"
    before = {path.name for path in folder.iterdir()}
    (runtime / "wasm-1.bin").rename(runtime / "wasm-2.bin")
    project.build("-W")
    assert before ^ {path.name for path in folder.iterdir()} == {"wasm-1.bin", "wasm-2.bin"}


def test_a_book_offers_nothing_to_run(project: Project) -> None:
    """An EPUB has no scripts."""
    project.write("index.md", ONE)
    assert "await-live" not in project.build("-W", "-D", "version=1", builder="epub").page("index.xhtml")


def test_a_program_that_displays_something_is_offered_with_its_words(project: Project) -> None:
    """The value of its last expression, too, as in the page's own run."""
    display = "from sphinx_await import display\ndisplay(1)\n"
    fences = f"<!-- await: alt='one | two' -->\n```python\n{display}display(2)\n```\n\n"
    project.write("index.md", f"# A\n\n{fences}<!-- await: last-value -->\n```python\n40 + 2\n```\n")
    first, second = programs(project.build().page())
    assert [first["only"], second["only"]] == ["", ""]
    assert (first["alt"], first.get("last_values")) == (["one", "two"], None)
    assert (second.get("alt"), second["last_values"]) == (None, [0])
