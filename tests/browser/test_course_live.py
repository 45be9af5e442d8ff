"""All programs of the course, run by the real runtime on the pages that were built."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..conftest import PROJECT
from ..support.course_programs import ONLY_BUILT, OTHERWISE, PAGES, is_not_for_this_python, printed, prints_the_same
from ..support.figures import edit, status
from .reader import figure

if TYPE_CHECKING:
    from pathlib import Path

    from .reader import Reader

pytestmark = pytest.mark.programs
#: Milliseconds that a program may take, the runtime's first start among them.
PATIENCE = 60_000
#: The first line of a program in the source of a page.
_PROGRAM = re.compile(r"^```(?:python|\{exec_(?:code|start|lines|solution)\})$", re.MULTILINE)


def test_what_is_printed_otherwise_differs_in_numbers_alone() -> None:
    """A program of which that is known is not let through with anything."""
    title = next(iter(OTHERWISE))
    assert prints_the_same(title, ["size: 200"], ["size: 112"])
    assert not prints_the_same(title, ["size: 200"], [])
    assert not prints_the_same(title, ["size: 200"], ["Traceback: 112"])
    assert not prints_the_same(title, ["size: 200"], ["size: 200"])


@pytest.mark.parametrize("name", PAGES)
def test_every_program_prints_in_the_browser_what_it_printed_when_the_page_was_built(reader: Reader, name: str) -> None:
    """In the same order, but for how long things took."""
    page = reader.open(f"course/{name}.html")
    page.emulate_media(reduced_motion="reduce")  # else a page that glides to a result takes a button from the mouse
    page.evaluate("() => document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    asks = page.get_by_role("button", name="해 보기 전에 풀이 보기")
    while asks.count():
        asks.first.click()
    seen = 0
    for run in page.locator("figure.await-run:has(.await-code)").all():
        title = run.get_attribute("data-name") or ""
        if run.locator(".await-to-order").count():  # nobody knows what shuffled lines print
            continue
        seen += 1
        if title in ONLY_BUILT:
            assert ONLY_BUILT[title] in run.locator(".await-only").inner_text()
            continue
        assert run.locator(".await-go").count(), "no runtime for the browser: `nox -s live` builds it"
        built = printed(run)
        run.locator(".await-go").click()
        run.locator("await-live[state=ended]").wait_for(state="attached", timeout=PATIENCE)
        mine = printed(run.locator(".await-mine"))
        if is_not_for_this_python(run):  # what it prints is compared where the site is built with a newer one
            assert mine, (title, status(run).inner_text())
            continue
        assert prints_the_same(title, built, mine), (title, status(run).inner_text(), built, mine)
    assert seen == len(_PROGRAM.findall(PROJECT.joinpath("source", f"{name}.md").read_text(encoding="utf-8"))) > 0


def test_the_exercise_is_solved_in_the_browser(reader: Reader) -> None:
    """The program to begin with misses a check, the solution none."""
    page = reader.open("course/asyncio.html")
    run = figure(page, "two-orders")
    run.locator(".await-go").click()
    expect(run.locator(".await-checks li.await-missed")).not_to_have_count(0, timeout=PATIENCE)
    text = PROJECT.joinpath("source", "asyncio.md").read_text(encoding="utf-8")
    solution = text.partition("{exec_solution}\n")[2].partition("```")[0]
    run.locator(".await-edit").click()
    expect(run.get_by_role("textbox")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(solution)
    page.keyboard.press("Control+Enter")
    expect(status(run)).to_have_text("모두 해냈습니다. 이 프로그램은 문제를 풉니다.", timeout=PATIENCE)


@pytest.mark.parametrize(
    ("text", "instead", "said"),
    [
        ("0.2))", "0.2)", "파이썬이 프로그램을 읽지 못해 한 줄도 실행되지 않았습니다."),
        ("await asyncio.gather(", "(", "prepare() 호출을 기다리지 않아 그 안의 코드는 실행되지 않았습니다."),
        ("0.3", "0.1", "커피를 준비하는 시간이 줄었습니다."),
        ("asyncio.run(main())", "import threading\nthreading.Thread(target=print).start()", "스레드가 없어도 됩니다."),
        ("asyncio.run(main())", "1 / 0", "프로그램이 예외로 끝나"),
    ],
)
def test_a_wrong_answer_is_told_what_is_wrong(reader: Reader, text: str, instead: str, said: str) -> None:
    """By the author's sentence, or by a general one where nothing else can be said."""
    page = reader.open("course/asyncio.html")
    run = figure(page, "two-orders")
    solution = PROJECT.joinpath("source", "asyncio.md").read_text(encoding="utf-8").partition("{exec_solution}\n")[2]
    assert text in solution
    edit(page, run, solution.partition("```")[0].replace(text, instead))
    run.locator(".await-go").click()
    expect(run.locator(".await-told")).to_contain_text(said, timeout=PATIENCE)
    if "판단하지 않" in run.locator(".await-checks").inner_text():
        assert not run.locator(".await-checks li.await-passed").count()


def test_the_readers_run_is_drawn_beside_the_pages(reader: Reader) -> None:
    """On one axis, on request, and put away by another press; while nothing runs."""
    page = reader.open("course/asyncio.html")
    run = page.locator("figure.await-run:has(> .await-picture):has(.await-go)").first
    run.locator(".await-go").click()
    beside = run.get_by_role("button", name="책의 실행과 나란히 보기")
    expect(beside).to_be_visible(timeout=PATIENCE)
    beside.click()
    drawn = run.locator(".await-beside .await-drawing")
    expect(drawn).to_be_visible(timeout=PATIENCE)
    expect(drawn).to_contain_text("책의 실행")
    expect(drawn).to_contain_text("내 실행")
    expect(beside).to_have_attribute("aria-expanded", "true")
    beside.click()
    expect(drawn).to_have_count(0)
    run.locator(".await-go").click()  # the worker that drew is the one of the next program
    run.locator("await-live[state=ended]").wait_for(state="attached", timeout=PATIENCE)
    expect(status(run)).to_contain_text("끝났습니다")


def test_the_readers_run_has_what_the_pages_run_has(reader: Reader, tmp_path: Path) -> None:
    """The table of its tasks, its recording to be saved, and who answered instead of the real hosts."""
    page = reader.open("course/asyncio.html")
    run = page.locator("figure.await-run:has(.await-code):has-text('aiohttp'):has(.await-go)").first
    run.locator(".await-go").click()
    mine = run.locator(".await-mine")
    expect(mine.locator(".await-note", has_text="www.python.org")).to_be_visible(timeout=PATIENCE)
    mine.locator(".await-words summary").click()
    expect(mine.locator(".await-words tbody th").first).to_contain_text("Task-1")
    with page.expect_download() as saved:
        mine.get_by_role("link", name="실행 기록 (JSON)").click()
    saved.value.save_as(tmp_path / "mine.json")
    assert json.loads((tmp_path / "mine.json").read_text("utf-8"))["stand_ins"]
