"""The chapter that this project began with, as its readers and its maintainer find it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..conftest import PROJECT, SEED, seed_programs

if TYPE_CHECKING:
    from .conftest import Project


def runs(page: str) -> dict[str, float]:
    """Names and wall times of a page's runs."""
    found = re.findall(r'<figure class="await-run" data-name="([^"]+)" data-wall="([^"]+)"', page)
    return {name: float(wall) for name, wall in found}


def output(page: str, name: str) -> list[str]:
    """The lines of output of one run."""
    figure = page.partition(f'data-name="{name}"')[2].partition("</figure>")[0]
    return re.findall(r'<span class="await-text">(.*)$', figure.replace("</span>\n", "\n"), re.MULTILINE)


def test_the_page_shows_both_programs_real_output_and_time(seed: Project) -> None:
    """Task B finishes before Task A in two seconds; three requests overlap."""
    built = seed.build("-W")
    assert built.status == 0, built.err
    page = built.page("asyncio.html")
    walls = runs(page)
    assert list(walls) == ["asyncio-1", "asyncio-2"]
    assert 0.30 <= walls["asyncio-1"] < 0.55
    assert 2.0 <= walls["asyncio-2"] < 2.1
    lines = output(page, "asyncio-2")
    assert lines[:4] == ["Task A: 시작", "Task B: 시작", "Task B: 완료", "Task A: 완료"]
    moments = [float(moment) for moment in re.findall(r'<span class="await-time">(?:<a[^>]*>)?([\d.]+)', page)]
    assert len(moments) == 9
    assert "www.python.org(0.30초 뒤)" in page


def test_the_seeds_own_links_agree_with_the_order_of_chapters(seed: Project) -> None:
    """Generators come before, metaclasses after, in the seed's links and in the head of the page."""
    page = seed.build().page("asyncio.html")
    assert '<link rel="next" title="메타클래스" href="metaclass.html"' in page
    assert '<link rel="prev" title="제너레이터" href="generator.html"' in page
    assert re.search(r'href="metaclass.html"[^>]*><span[^>]*>다음 - 메타클래스', page)
    assert re.search(r'href="generator.html"[^>]*><span[^>]*>이전 - 제너레이터', page)


def test_a_second_build_runs_nothing_and_writes_the_same(seed: Project) -> None:
    """With the cache and without the build folder: no program, every file the same, in parallel too."""
    first = seed.build()
    files = first.files()
    seed.clean()
    second = seed.build("-v")
    assert second.ran == []
    assert second.files() == files
    seed.clean()
    parallel = seed.build("-j", "2")
    assert parallel.ran == []
    assert parallel.files() == files


def test_an_unchanged_build_writes_no_page(seed: Project) -> None:
    """When nothing changed nothing is read, run or written."""
    seed.build()
    again = seed.build()
    assert again.ran == []
    assert "no targets are out of date" in again.out


def test_editing_prose_runs_none_and_editing_a_program_runs_one(seed: Project) -> None:
    """A recording belongs to its program, not to its page."""
    assert sorted(seed.build().ran) == ["asyncio-1", "asyncio-2"]
    seed.write("asyncio.md", seed.read("asyncio.md").replace("## 주요 개념", "## 중요한 개념\n\n문단 하나."))
    prose = seed.build()
    assert prose.ran == []
    assert "중요한 개념" in prose.page("asyncio.html")
    seed.write("asyncio.md", seed.read("asyncio.md").replace('task("A", 2)', 'task("A", 1.99)'))
    assert seed.build().ran == ["asyncio-2"]


def test_a_wrong_comment_of_expected_output_fails_the_build(seed: Project) -> None:
    """The seed's comment holds; one that says otherwise is named with file and line, and shown in the page."""
    seed.write("asyncio.md", seed.read("asyncio.md").replace("# Task B: 완료", "# Task C: 완료"))
    line = seed.read("asyncio.md").split("\n").index("# Task C: 완료") + 1
    built = seed.build()
    assert built.status == 1
    assert f"{seed.folder / 'asyncio.md'}:{line}: ERROR: asyncio-2: printed something else" in built.err
    assert "- Task C: 완료" in built.err
    assert "+ Task B: 완료" in built.err
    assert 'class="await-run await-failed" data-name="asyncio-2"' in built.page("asyncio.html")


def test_the_other_forms_show_code_output_and_time(seed: Project) -> None:
    """Text, LaTeX and EPUB say the same as HTML, without a warning."""
    text = seed.build("-W", "-j", "2", builder="text")
    assert text.status == 0, text.err
    page = text.page("asyncio.txt")
    assert re.search(r"await asyncio.sleep\(delay\)", page)
    assert re.search(r"1\.\d{3}\s+Task B: 완료", page)
    assert re.search(r"2\.0\d\d초 · CPython", page)
    latex = seed.build("-W", builder="latex")
    assert latex.status == 0, latex.err
    source = "".join(path.read_text(encoding="utf-8") for path in latex.folder.glob("*.tex"))
    assert re.search(r"1\.\d{3}\s+Task B: 완료", source)
    epub = seed.build("-W", builder="epub")
    assert epub.status == 0, epub.err
    assert seed.build("-W", builder="epub").status == 0
    assert "await-written" not in epub.page("content.opf")
    assert "Task B: 완료" in epub.page("asyncio.xhtml")
    for built in (latex, epub):
        assert built.ran == []


def test_the_courses_chapter_holds_all_the_seed_says() -> None:
    """Every line of the seed is in the course's chapter, in its order."""
    chapter = iter((PROJECT / "source" / "asyncio.md").read_text(encoding="utf-8").splitlines())
    missing = [line for line in SEED.read_text(encoding="utf-8").splitlines() if line.strip() and line not in chapter]
    assert missing == []


def test_the_example_files_are_the_chapters_programs() -> None:
    """``examples/`` has the seed's two programs, and the course's chapter has them too."""
    chapter = (PROJECT / "source" / "asyncio.md").read_text(encoding="utf-8")
    for file, program in zip(("fetch_sites.py", "sleep_and_gather.py"), seed_programs(), strict=True):
        assert Path(PROJECT, "examples", file).read_text(encoding="utf-8") == program
        assert f"```python\n{program}```\n" in chapter
