"""Where a reader sees the result of their run: on a phone, in a wide window, and when something is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..support.figures import AXE, FINDINGS, SIDEWAYS, edit, go, status
from .reader import LIVE, figure

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .reader import Reader

LISTEN = "() => { window.ran = []; addEventListener('stub-run', event => window.ran.push(event.detail)); }"
HEIGHT = "element => element.getBoundingClientRect().height"
TOP = "element => element.getBoundingClientRect().top"
PHONE, LAPTOP = 360, 1280


def at_top(page: Page, name: str) -> Locator:
    """A figure whose head is at the top of the window."""
    found = figure(page, name)
    found.evaluate("element => element.scrollIntoView()")
    return found


@pytest.mark.parametrize("name", ["long", "waiting"])
def test_the_first_output_comes_into_view_and_the_code_again(reader: Reader, name: str) -> None:
    """On a phone, whose window the code fills: by itself, and by a press."""
    page = reader.open(LIVE, width=PHONE)
    page.set_viewport_size({"width": PHONE, "height": 400})
    run = at_top(page, name)
    go(run)
    expect(run.locator(".await-mine .await-output").first).to_be_in_viewport()
    expect(status(run)).to_be_in_viewport()
    if name == "long":
        back = run.get_by_role("button", name="코드로 돌아가기")
        expect(back).to_be_visible()
        height = run.locator(".await-bar").evaluate(HEIGHT)
        back.click()
        expect(run.locator(".await-go")).to_be_in_viewport()
        expect(run.locator(".await-go")).to_be_focused()
        expect(back).to_be_hidden()
        assert run.locator(".await-bar").evaluate(HEIGHT) == height  # nothing below it moves
    assert page.evaluate(SIDEWAYS) <= 0


def test_the_status_is_beside_the_button_while_the_result_is_out_of_sight(reader: Reader) -> None:
    """And leads there. A reader who has scrolled away is left where they are."""
    page = reader.open(LIVE, width=PHONE)
    page.set_viewport_size({"width": PHONE, "height": 400})
    run = at_top(page, "long")
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    run.get_by_role("button", name="코드로 돌아가기").click()
    jump = run.locator(".await-jump")
    expect(jump).to_have_text("0.125초 만에 끝났습니다")
    expect(jump).to_have_accessible_name("0.125초 만에 끝났습니다: 결과 보기 long")
    edit_button = run.locator(".await-edit")
    height = edit_button.evaluate(HEIGHT)
    words = jump.evaluate("one => { const said = one.textContent; one.textContent = said.repeat(9); return said; }")
    assert edit_button.evaluate(HEIGHT) == height  # its word is not broken, however long the status is
    jump.evaluate("(one, said) => { one.textContent = said; }", words)
    jump.click()
    expect(status(run)).to_be_in_viewport()
    expect(jump).to_be_hidden()


def test_code_and_result_stand_side_by_side_where_there_is_room(reader: Reader) -> None:
    """The result begins beside the code, and nothing scrolls sideways; what the page ran stands below as before."""
    page = reader.open(LIVE, width=LAPTOP)
    run = at_top(page, "long")
    built = run.evaluate("element => element.offsetWidth")
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    code, mine = run.locator("> .await-code").bounding_box(), run.locator(".await-mine").bounding_box()
    assert code
    assert mine
    assert mine["x"] >= code["x"] + code["width"] - 1
    assert mine["y"] < code["y"] + 100
    assert page.evaluate(SIDEWAYS) <= 0
    page.add_script_tag(path=AXE)
    assert page.evaluate(FINDINGS) == []
    run.get_by_role("button", name=re.compile("^책의 실행 ")).click()
    assert run.evaluate("element => element.offsetWidth") == built
    page.set_viewport_size({"width": 1100, "height": 900})
    run.get_by_role("button", name="내 실행").click()
    assert run.evaluate("element => element.offsetWidth") <= built


def test_a_failure_looks_different_and_says_what_it_means(reader: Reader) -> None:
    """By a colour and a sign, and by a sentence in the language of the page."""
    page = reader.open(LIVE)
    background = "element => getComputedStyle(element).backgroundColor"
    wrong, right = figure(page, "raising"), figure(page, "hello")
    go(wrong)
    expect(wrong.locator("await-live")).to_have_attribute("outcome", "failed")
    expect(wrong.locator(".await-means")).to_contain_text("이벤트 루프가 이미 실행되고 있습니다")
    go(right)
    expect(right.locator("await-live")).to_have_attribute("outcome", "ended")
    assert right.locator(".await-means").count() == 0
    bars = [one.locator(".await-bar").evaluate(background) for one in (wrong, right)]
    assert bars[0] != bars[1]
    page.add_script_tag(path=AXE)
    assert page.evaluate(FINDINGS) == []


def test_a_program_that_reads_has_a_field_for_its_input(reader: Reader) -> None:
    """With what its author gives to it; each line has its end."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    run = figure(page, "reading")
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    field = run.get_by_role("textbox", name="input()이 읽을 내용")
    expect(field).to_have_value("민지")
    field.fill("준호\n서연")
    go(run)
    page.wait_for_function("() => window.ran.length === 2")
    assert page.evaluate("() => window.ran.map(program => program.input)") == ["민지\n", "준호\n서연\n"]


def test_a_program_with_nothing_to_read_asks_for_it_once(reader: Reader) -> None:
    """Before it runs: the field has the focus. Pressed again, it runs, and finds nothing."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    run = figure(page, "hello")
    edit(page, run, "print(input())")
    go(run)
    expect(status(run)).to_contain_text("input()이 읽을 내용을 적고")
    expect(run.get_by_role("textbox", name="input()이 읽을 내용")).to_be_focused()
    assert page.evaluate("() => window.ran") == []
    go(run)
    page.wait_for_function("() => window.ran.length === 1")
    run.locator(".await-reset").click()
    expect(run.get_by_role("textbox")).to_have_count(0)


def test_what_was_reset_can_be_brought_back(reader: Reader) -> None:
    """Until the reader edits anew; also after a reload it is what they had."""
    page = reader.open(LIVE)
    run = figure(page, "hello")
    edit(page, run, "print(42)")
    run.get_by_role("button", name="처음 코드로").click()
    expect(status(run)).to_have_text("처음 코드로 돌아왔습니다.")
    run.get_by_role("button", name="내 코드 되살리기").click()
    expect(run.get_by_role("textbox")).to_have_text("print(42)")
    expect(run.locator(".await-undo")).to_be_hidden()
    page.reload()
    expect(figure(page, "hello").locator("await-live")).to_have_attribute("edited", "")


def test_what_a_program_displays_is_between_the_lines_of_its_output(reader: Reader) -> None:
    """An image with its words and its size; one of another address is not asked for, and a text has its lines."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    run = figure(page, "displaying")
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    rows = run.locator(".await-mine pre > *")
    assert [row.inner_text().split("\n")[0][5:] for row in rows.all()] == [
        "보세요",
        "",
        "다른 곳의 그림",
        "끝",
        "두 줄인",
        "글",
    ]
    (image,) = run.locator(".await-mine img").all()
    expect(image).to_have_accessible_name("초록 네모")
    assert image.evaluate("image => image.complete && image.naturalWidth") == 9
    box = image.bounding_box()
    assert box
    assert box["width"] == 30
    assert [answer.url for answer in reader.answers if "example.org" in answer.url] == []
    assert page.evaluate("() => window.ran.map(program => program.alt)") == [["초록 네모", "다른 곳의 그림"]]
    edit(page, run, "print(1)")
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    assert page.evaluate("() => window.ran.map(program => program.alt ?? null)")[1] is None
    page.add_script_tag(path=AXE)
    assert page.evaluate(FINDINGS) == []
