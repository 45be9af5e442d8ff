"""What a reader does with a question about a run: answer it, see the answer, try again."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from .reader import NARROW, figure

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .reader import Reader

PAGE = "figures/predict.html"
ORDER, TIME = "asked-order", "asked-time"
FIRST, SECOND, NEVER = "코루틴: 실행", "태스크: 실행", "아무것도 아님"
#: On a phone, a finger needs so many CSS pixels.
FINGER = 44
#: Files of a question.
FILES = "sphinx-await-predict"
#: At most so many bytes of them, compressed.
MOST_BYTES = 6_000


def pick(question: Locator, text: str) -> Locator:
    """The button of a choice."""
    return question.locator(".await-pick", has_text=text)


def choose(question: Locator, *texts: str) -> None:
    """Press choices, one after another."""
    for text in texts:
        pick(question, text).click()


def verdict(question: Locator) -> Locator:
    """Where it is said whether the answer is right."""
    return question.locator(".await-verdict[role=status]")


def output(question: Locator) -> Locator:
    """The output of the run."""
    return question.locator(".await-answer .await-outputs")


def check(question: Locator) -> None:
    """Press the button that checks, or that begins again."""
    question.locator(".await-check").click()


def test_a_right_answer_is_said_to_be_right_and_opens_the_output(reader: Reader) -> None:
    """Before it, output and picture are hidden, and there is nothing to check until something is chosen."""
    order = figure(reader.open(PAGE), ORDER)
    assert not output(order).is_visible()
    assert order.locator(".await-check").is_disabled()
    choose(order, SECOND, FIRST)
    choose(order, SECOND, SECOND)  # taken back, and chosen again
    assert pick(order, FIRST).get_attribute("aria-pressed") == "true"
    assert pick(order, SECOND).inner_text().split() == ["2", *SECOND.split()]
    check(order)
    expect(verdict(order)).to_have_text("맞았습니다.")
    assert output(order).is_visible()
    assert order.get_by_text("답과 함께 보이는 설명입니다.").is_visible()
    assert order.locator(".await-answer .await-picture svg").first.is_visible()


def test_a_wrong_answer_says_where_and_why(reader: Reader) -> None:
    """In words, and at each choice; the line that comes there is pointed out."""
    order = figure(reader.open(PAGE), ORDER)
    choose(order, SECOND, FIRST)
    check(order)
    expect(verdict(order)).to_contain_text("1번으로 고른 것은 실제로 2번째입니다.")
    expect(verdict(order)).to_contain_text("create_task()\u2060는 줄에 세우기만 합니다.")
    told = {text: pick(order, text).locator("+ .await-told").inner_text() for text in (FIRST, SECOND, NEVER)}
    assert told == {FIRST: "실제로 1번째", SECOND: "실제로 2번째", NEVER: ""}
    assert order.locator(".await-outputs .await-here .await-text").inner_text().strip() == FIRST
    check(order)
    assert not output(order).is_visible()
    choose(order, NEVER)
    check(order)
    expect(verdict(order)).to_contain_text("1번으로 고른 것은 출력되지 않습니다.")
    expect(verdict(order)).to_contain_text("다시 읽어 보세요.")


def test_a_question_with_one_answer_takes_one_choice(reader: Reader) -> None:
    """The choice that is pressed last; the right one is named."""
    time = figure(reader.open(PAGE), TIME)
    choose(time, "0.30", "0.80")
    assert time.locator("[aria-pressed=true]").count() == 1
    check(time)
    expect(verdict(time)).to_have_text("아쉽지만 아닙니다.")
    assert pick(time, "0.50").locator("+ .await-told").inner_text() == "이것이 답"
    assert "답: 0.50초" in time.locator(".await-answer").inner_text()


def test_all_of_it_works_by_keyboard(reader: Reader) -> None:
    """Arrow keys lead from choice to choice and around, Tab on to the check; the focus stays where it was pressed."""
    page = reader.open(PAGE)
    order = figure(page, ORDER)
    choices = order.locator(".await-pick")
    choices.first.focus()
    page.keyboard.press("ArrowUp")
    expect(choices.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(choices.first).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    expect(order.locator(".await-pick[aria-pressed=true]")).to_have_count(3)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "await-check"
    page.keyboard.press("Shift+Tab")
    expect(choices.first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(verdict(order)).to_contain_text("1번으로 고른 것은")
    assert output(order).is_visible()
    page.keyboard.press("Enter")
    assert not output(order).is_visible()
    assert "await-pick" in page.evaluate("document.activeElement.className")


def test_an_answer_is_kept_on_the_device(reader: Reader) -> None:
    """Until the reader tries again, and whatever happens to other questions; nothing else is kept."""
    page = reader.open(PAGE)
    choose(figure(page, TIME), "0.50")
    check(figure(page, TIME))
    page.reload()
    expect(verdict(figure(page, TIME))).to_have_text("맞았습니다.")
    assert output(figure(page, ORDER)).count()
    assert not output(figure(page, ORDER)).is_visible()
    (name,) = page.evaluate("Object.keys(localStorage).filter((name) => name.includes('predict'))")
    assert name.startswith("sphinx-await-predictions:/figures/predict#")
    assert json.loads(page.evaluate("name => localStorage.getItem(name)", name)) == [1]
    check(figure(page, TIME))
    page.reload()
    assert verdict(figure(page, TIME)).inner_text() == ""
    page.evaluate("name => localStorage.setItem(name, '[7, \"x\"]')", name)
    page.reload()  # what somebody else wrote there is ignored
    assert not page.locator(".await-pick[aria-pressed=true]").count()


def test_the_answer_can_be_seen_without_answering(reader: Reader) -> None:
    """By a press on its fold."""
    order = figure(reader.open(PAGE), ORDER)
    order.get_by_text("답 보기").click()
    assert output(order).is_visible()


def test_without_a_script_the_question_is_a_list_and_the_answer_folded(reader: Reader) -> None:
    """And the reasons are with the answer."""
    page = reader.open(PAGE, script=False)
    order = figure(page, ORDER)
    assert not order.locator("button").count()
    assert order.locator(".await-choices li").all_inner_texts()
    assert not output(order).is_visible()
    order.get_by_text("답 보기").click()
    assert output(order).is_visible()
    assert order.get_by_text("줄에 세우기만 합니다.").is_visible()


def test_paper_has_question_and_answer(reader: Reader) -> None:
    """And no buttons."""
    page = reader.open(PAGE)
    page.emulate_media(media="print")
    order = figure(page, ORDER)
    box = output(order).bounding_box()
    assert box is not None
    assert box["height"] > FINGER / 2
    assert not order.locator(".await-check").is_visible()
    assert order.get_by_text(NEVER, exact=True).is_visible()


@pytest.mark.parametrize("colours", ["none", "active"])
def test_buttons_are_large_enough_for_a_finger_and_their_state_is_no_matter_of_colour(
    reader: Reader, colours: str
) -> None:
    """On a phone; with the colours of the system too."""
    page = reader.open(PAGE, width=NARROW)
    page.emulate_media(forced_colors="active" if colours == "active" else "none")
    order = figure(page, ORDER)
    choose(order, FIRST)
    buttons = order.locator(".await-question button, .await-answer > summary").all()
    sizes = [box for button in buttons if (box := button.bounding_box())]
    assert len(sizes) == len(buttons)
    assert all(box["height"] >= FINGER and box["width"] >= FINGER for box in sizes)
    assert pick(order, FIRST).locator(".await-place").inner_text() == "1"
    assert pick(order, SECOND).locator(".await-place").inner_text() == ""


def test_a_page_without_questions_loads_nothing_for_them(reader: Reader) -> None:
    """Neither script nor style; and a page with questions loads little."""

    def loaded(page: Page) -> list[str]:
        names: list[str] = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
        return names

    assert not [url for url in loaded(reader.open("figures/index.html")) if FILES in url]
    reader.answers.clear()
    assert len([url for url in loaded(reader.open(PAGE)) if FILES in url]) == len(["style", "script"])
    sizes = [len(gzip.compress(answer.body())) for answer in reader.answers if FILES in answer.url]
    assert sum(sizes) <= MOST_BYTES
