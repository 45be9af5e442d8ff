"""Chapters of one project stand between chapters of another, as in a larger course."""

from __future__ import annotations

import http.server
import json
import re
import threading
import zipfile
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from ..conftest import PROJECT, run_python
from .conftest import page, warnings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..sphinxext.conftest import Built, Project


def build_both(chapters: Project, larger: Project) -> tuple[Built, Built]:
    """Build each, and again when the other is there: the first builds know nothing of each other."""
    chapters.build()
    larger.build()
    return chapters.build(), larger.build()


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder, on this machine only; gives the address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            asked.append(self.path)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_links_lead_into_the_other_project_and_back(chapters: Project, larger: Project) -> None:
    """Buttons, head and text agree in both directions, and nothing is wrong."""
    here, there = build_both(chapters, larger)
    assert warnings(here) + warnings(there) == []
    assert page(there, "functions").sides == ("index.html", "https://async.example/ko/generator.html")
    assert page(there, "functions").button("next") == ("https://async.example/ko/generator.html", "제너레이터")
    assert page(here, "generator").sides == ("https://larger.example/functions.html", "asyncio.html")
    assert page(here, "generator").button("prev") == (
        "https://larger.example/functions.html",
        "Functions &amp; Friends",
    )
    assert page(here, "asyncio").sides == ("generator.html", "metaclass.html")
    assert page(here, "metaclass").sides == ("asyncio.html", "https://larger.example/part/projects.html")
    assert page(there, "part/projects").sides == ("https://async.example/ko/metaclass.html", "last.html")
    foot = re.search(r'<ul class="course-nav[^"]*">(.*?)</ul>', there.page("functions.html"), re.DOTALL)
    assert foot is not None
    assert re.findall(r'href="([^"]+)"[^>]*>(?:<[^>]+>)*([^<]+)', foot[1]) == [
        ("https://async.example/ko/generator.html", "Next - 제너레이터"),
        ("index.html", "Previous - Python from the Start"),
    ]


def test_a_missing_link_back_is_reported_on_both_sides(chapters: Project, larger: Project) -> None:
    """The project that leads over says it at its key; the one that does not lead back says it at its page."""
    larger.write("part/projects.md", "# Projects\n")
    here, there = build_both(chapters, larger)
    assert warnings(here) == [
        (
            "metaclass.md",
            3,
            "one_sided",
            "next is larger:part/projects, but the previous page there is larger:functions",
        )
    ]
    by_toctree = "by the toctree part/projects leads here: set `previous` in part/projects as well"
    assert warnings(there) == [
        ("functions.rst", 1, "one_sided", f"next is async:generator, but {by_toctree}"),
        (
            "projects.md",
            1,
            "one_sided",
            "next of async:metaclass is this page, but the previous page here is functions (by the toctree)",
        ),
    ]
    assert "course_nav.one_sided" not in larger.build("-E", "-D", "suppress_warnings=course_nav.one_sided").err


def test_addresses_of_each_other_count_where_they_are_known(chapters: Project, larger: Project) -> None:
    """With ``html_baseurl`` a link by address leads back, too; without, nothing is said of it."""
    address = "previous: 메타클래스 <https://async.example/ko/metaclass.html>"
    larger.write("part/projects.md", larger.read("part/projects.md").replace("previous: async:metaclass", address))
    here, there = build_both(chapters, larger)
    assert warnings(here) + warnings(there) == []
    base = ("-D", "html_baseurl=https://async.example/ko/")
    assert warnings(chapters.build(*base)) == []
    larger.write("part/projects.md", larger.read("part/projects.md").replace("ko/metaclass", "ko/asyncio"))
    assert [subtype for _, _, subtype, _ in warnings(larger.build())] == ["one_sided"]
    found = {(file, line) for file, line, _, _ in warnings(chapters.build(*base))}
    assert found == {("asyncio.md", 3), ("metaclass.md", 3)}


def test_the_inventory_and_the_links_come_from_an_address(chapters: Project, larger: Project) -> None:
    """What is published beside an inventory is read from where the inventory is."""
    larger.write("part/projects.md", "# Projects\n")
    build_both(chapters, larger)
    with served(larger.folder / "build" / "html") as (base, asked):
        chapters.write("conf.py", f'{chapters.read("conf.py")}\nintersphinx_mapping = {{"larger": ("{base}", None)}}\n')
        built = chapters.build()
    assert page(built, "generator").rel("prev") == f"{base}functions.html"
    assert [(file, line, subtype) for file, line, subtype, _ in warnings(built)] == [("metaclass.md", 3, "one_sided")]
    assert "/course-nav.json" in asked


def test_a_project_without_the_file_is_not_judged(chapters: Project, larger: Project) -> None:
    """Other projects need not have this extension; an invalid file is reported."""
    larger.build()
    published = larger.folder / "build" / "html" / "course-nav.json"
    published.unlink()
    assert warnings(chapters.build()) == []
    published.write_text(json.dumps({"version": 2}), encoding="utf-8")
    assert "course-nav.json: its version is 2, not 1 [course_nav.published]" in chapters.build().err


def test_the_wheel_alone_serves_another_project(chapters: Project, larger: Project, tmp_path: Path) -> None:
    """As the README says: what is installed from the folder is the package, and it needs no sphinx_await."""
    build_both(chapters, larger)
    made = run_python(
        *("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", tmp_path),
        PROJECT / "extensions" / "course_nav",
        environment={"PYTHONWARNINGS": ""},  # pip's own are not ours to mend
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = tmp_path.glob("course_nav-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    # Only here is course_nav found, and importing sphinx_await fails.
    head = f"import sys\nsys.path.insert(0, {str(installed)!r})\nsys.modules['sphinx_await'] = None\n"
    tail = f"import course_nav\nassert course_nav.__file__.startswith({str(installed)!r})\n"
    larger.write("conf.py", head + tail + larger.read("conf.py"))
    built = larger.build(folder="alone")
    assert built.status == 0, built.err
    assert page(built, "functions").rel("next") == "https://async.example/ko/generator.html"
    assert "course-nav.js" in built.page("functions.html")
    assert (built.folder / "_static" / "course-nav.js").is_file()
    assert warnings(built) == []
