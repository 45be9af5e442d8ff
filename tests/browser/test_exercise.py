"""What a reader does with an exercise: try, read a hint, see the solution, come back. A stub replaces the runtime."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..support.figures import AXE, FINDINGS, edit, go, status
from .reader import LIVE, NARROW, figure

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator, Page

    from .reader import Reader

NAME = "two"
LIST = "live/progress.html"
#: Passes both checks in the stub, which looks for their texts.
SOLVES = "# printed('둘') returned\n".replace("'", '"')
FILES, LIST_SCRIPT = "sphinx-await-exercise", "sphinx-await-progress.js"
#: At most so many bytes of script and style, compressed.
MOST_BYTES = 3_400
#: On a phone, a finger needs so many CSS pixels.
FINGER = 44
TITLE = "둘을 출력하기"


def exercise(page: Page) -> Locator:
    """The exercise of a page."""
    return page.locator(f'[data-await-exercise="{NAME}"]')


def hints(page: Page) -> list[bool]:
    """Which hints are to be seen."""
    return [one.is_visible() for one in exercise(page).locator('[data-await-part="hint"]').all()]


def solution(page: Page) -> Locator:
    """The fold of the solution."""
    return exercise(page).locator('[data-await-part="solution"]')


def request(page: Page) -> Locator:
    """The button that shows the solution before a try."""
    return exercise(page).get_by_role("button", name="해 보기 전에 풀이 보기")


def attempt(page: Page, text: str) -> Locator:
    """Run a program of one's own; gives its figure when the run has ended."""
    run = figure(page, NAME)
    edit(page, run, text)
    go(run)
    expect(run.locator("await-live")).to_have_attribute("state", "ended")
    return run


def told(run: Locator) -> Locator:
    """What is said of a wrong answer."""
    return run.locator(".await-told")


def test_hints_open_one_by_one(reader: Reader) -> None:
    """An opened one leads to the next, and is left open or closed as the reader likes."""
    page = reader.open(LIVE)
    assert hints(page) == [True, False, False]
    first, second = (exercise(page).locator('[data-await-part="hint"] > summary').nth(index) for index in (0, 1))
    first.press("Enter")
    expect(second).to_be_visible()
    assert hints(page) == [True, True, False]
    first.press("Enter")
    second.click()
    expect(exercise(page).get_by_text("마지막 힌트")).to_be_visible()


def test_the_solution_comes_on_request(reader: Reader) -> None:
    """By keyboard, too; the focus goes to it."""
    page = reader.open(LIVE)
    assert not solution(page).is_visible()
    request(page).press("Enter")
    expect(solution(page).locator("figure")).to_be_visible()
    expect(solution(page).locator("> summary")).to_be_focused()
    assert not request(page).count()


def test_the_solution_comes_after_a_try(reader: Reader) -> None:
    """To run the program as it is, is none; it stays there after a reload."""
    page = reader.open(LIVE)
    go(figure(page, NAME))
    expect(status(figure(page, NAME))).to_have_text("0.125초 만에 끝났습니다")
    assert not solution(page).is_visible()
    attempt(page, "# 해 봄")
    assert solution(page).is_visible()
    assert not request(page).is_visible()
    page.reload()
    expect(solution(page)).to_be_visible()
    assert not exercise(page).get_by_text("해냄").count()


def test_without_a_script_all_hints_and_the_solution_are_folds(reader: Reader) -> None:
    """And no sentence for a wrong answer is to be seen."""
    page = reader.open(LIVE, script=False)
    assert hints(page) == [True, True, True]
    assert solution(page).is_visible()
    assert not exercise(page).locator(".await-feedback").first.is_visible()


def test_paper_has_hints_and_solution_and_no_buttons(reader: Reader) -> None:
    """Whatever the reader has opened."""
    page = reader.open(LIVE)
    page.emulate_media(media="print")
    assert hints(page) == [True, True, True]
    assert exercise(page).get_by_text("따옴표 안을 고칩니다.").is_visible()
    assert not request(page).is_visible()


@pytest.mark.parametrize(
    ("command", "html"),
    [
        ("sentence 0", "<p>셋이 아니라 <strong>둘</strong>입니다.</p>"),
        (
            "sentence 1",
            (
                '<p><code class="docutils literal notranslate whole"><span class="pre">넷</span></code>'
                "은 너무 많습니다.</p>"
            ),
        ),
        (
            "words `await`를 <b>빠뜨렸습니다</b>",
            '<p class=""><code class="">await</code>를 &lt;b&gt;빠뜨렸습니다&lt;/b&gt;</p>',
        ),
    ],
)
def test_a_wrong_answer_gets_a_sentence(reader: Reader, command: str, html: str) -> None:
    """The author's with its markup, or a general one, in which only code is marked; below the checks."""
    run = attempt(reader.open(LIVE), f"#: {command}")
    expect(told(run)).to_have_attribute("aria-live", "polite")
    expect(told(run)).not_to_be_empty()
    assert told(run).inner_html().strip().replace("\u2060", "") == html  # which keeps a particle on its line
    assert run.locator(".await-checks + .await-told").count() == 1


def test_a_time_that_a_busy_device_missed_is_tried_again(reader: Reader) -> None:
    """Before it is said that it is not done; and if that does not help, it is said why."""
    page = reader.open(LIVE)
    page.evaluate("() => { window.ran = 0; addEventListener('stub-run', () => { window.ran += 1; }); }")
    run = attempt(page, "#: late 2")
    assert page.evaluate("window.ran") == len(["missed", "missed", "judged"])
    assert not run.get_by_text("한가한 기기에서는").count()
    run.locator(".await-edit").click()
    again = attempt(page, "#: late 99")
    assert page.evaluate("window.ran") == len(["missed", "missed", "judged", "missed", "missed", "missed"])
    assert again.locator(".await-checks li.await-missed").count()
    expect(again.get_by_text("한가한 기기에서는 통과할 수도 있습니다.")).to_be_visible()


def test_solved_stays_solved(reader: Reader) -> None:
    """After a reload, after a wrong answer, and on the page that lists exercises; nothing else is kept."""
    page = reader.open(LIVE)
    run = attempt(page, SOLVES)
    expect(status(run)).to_have_text("모두 해냈습니다. 이 프로그램은 문제를 풉니다.")
    expect(exercise(page).locator(".await-title")).to_have_text(f"{TITLE}해냄")
    expect(page.get_by_text("연습 1개 가운데 1개를 풀었습니다")).to_be_visible()
    page.reload()
    expect(exercise(page).locator(".await-title")).to_have_text(f"{TITLE}해냄")
    attempt(page, "# 틀림")
    page.reload()
    expect(exercise(page).locator(".await-title")).to_have_text(f"{TITLE}해냄")
    kept = page.evaluate("Object.entries(localStorage).filter(([name]) => name.includes('exercises'))")
    assert kept == [["sphinx-await-exercises:/live/#two", "solved"]]
    page.goto(f"{reader.address}/{LIST}")
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 1개를 풀었습니다")


def test_what_is_kept_can_be_saved_and_cleared(reader: Reader, tmp_path: Path) -> None:
    """On the page that lists exercises; clearing asks once more. Other things and other courses stay."""
    page = reader.open(LIST)
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 0개를 풀었습니다")
    foreign = ["else", "sphinx-await-exercises:/other/#two"]
    names = ["sphinx-await-exercises:/live/#two", *foreign]
    page.evaluate("names => { for (const name of names) localStorage.setItem(name, 'solved'); }", names)
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="파일로 저장").press("Enter")
    download.value.save_as(tmp_path / "saved")
    assert json.loads((tmp_path / "saved").read_text("utf-8")) == {
        "exercises": {"/live/#two": "solved"},
        "predictions": {},
    }
    clear = page.locator(".await-kept-solved button").nth(1)
    clear.press("Enter")
    expect(clear).to_have_text("모두 지울까요? 한 번 더 누르세요.")
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 1개를 풀었습니다")
    clear.press("Enter")
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 0개를 풀었습니다")
    expect(page.get_by_role("status")).to_have_text("지웠습니다. 이제 푼 것으로 남은 연습이 없습니다.")
    assert page.evaluate("Object.keys(localStorage).sort()") == foreign


def test_a_list_counts_answered_questions_about_runs_too(reader: Reader) -> None:
    """At most as many as the page has: an answer to a question that is gone may be kept."""
    page = reader.open("course/index.html")
    count = page.locator(".await-count[data-await-questions]").first
    questions = int(count.get_attribute("data-await-questions") or 0)
    assert count.inner_text().startswith(f"맞혀 보기 {questions}개 가운데 0개에 답했습니다")
    path = count.evaluate("one => one.closest('li').querySelector('a').pathname.replace('.html', '')")
    for answers in (1, questions + 1):
        names = [f"sphinx-await-predictions:{path}#{number}" for number in range(answers)]
        page.evaluate("names => { for (const name of names) localStorage.setItem(name, '[0]'); }", names)
        page.reload()
        expect(count).to_contain_text(f"맞혀 보기 {questions}개 가운데 {min(answers, questions)}개에 답했습니다")


def test_a_list_that_a_reader_comes_back_to_is_counted_again(reader: Reader) -> None:
    """A browser shows it as it was left, with what was solved then."""
    page = reader.open(LIST)
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 0개를 풀었습니다")
    page.evaluate("localStorage.setItem('sphinx-await-exercises:/live/#two', 'solved')")
    page.evaluate("() => { dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })); }")
    expect(page.locator(".await-count")).to_have_text("연습 1개 가운데 1개를 풀었습니다")


def test_a_link_to_a_solution_shows_it(reader: Reader) -> None:
    """From another page and from the same one."""
    page = reader.open(LIVE)
    name = solution(page).locator("figure").get_attribute("id")
    assert not solution(page).is_visible()
    page.evaluate("name => { location.hash = name; }", name)
    expect(solution(page).locator("figure")).to_be_in_viewport()
    page.reload()
    expect(solution(page).locator("figure")).to_be_in_viewport()
    assert hints(page) == [True, False, False]


def test_a_link_into_a_hint_shows_it(reader: Reader) -> None:
    """And those before it, since they come one by one."""
    page = reader.open(LIVE)
    page.evaluate("() => { document.querySelectorAll('[data-await-part=hint] > :last-child')[1].id = '힌트'; }")
    page.evaluate("() => { location.hash = '힌트'; }")
    expect(page.locator("#힌트")).to_be_in_viewport()
    expect(exercise(page).locator('[data-await-part="hint"]').nth(2)).to_be_visible()
    assert not solution(page).is_visible()


def test_a_browser_that_keeps_nothing_forgets_when_the_page_is_left(reader: Reader) -> None:
    """And until then all works."""
    page = reader.open(LIVE)
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); }; }"
    )
    attempt(page, SOLVES)
    expect(exercise(page).locator(".await-title")).to_have_text(f"{TITLE}해냄")
    page.reload()
    expect(exercise(page).locator(".await-title")).to_have_text(TITLE)


def test_other_windows_follow(reader: Reader) -> None:
    """What is solved in one is solved in all."""
    page = reader.open(LIVE)
    other = page.context.new_page()
    other.goto(f"{reader.address}/{LIST}")
    attempt(page, SOLVES)
    expect(other.locator(".await-count")).to_have_text("연습 1개 가운데 1개를 풀었습니다")


@pytest.mark.parametrize("answer", ["#: sentence 0", SOLVES])
def test_axe_finds_nothing_in_an_exercise_with_an_answer(reader: Reader, answer: str) -> None:
    """Wide and narrow, light and dark; buttons are large enough for a finger."""
    for width, is_dark in ((1280, False), (NARROW, True)):
        page = reader.open(LIVE, width=width, dark=is_dark)
        box = request(page).bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
        attempt(page, answer)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(FINDINGS) == []


def test_a_page_without_exercises_loads_nothing_for_them(reader: Reader) -> None:
    """Neither script nor style; and a page with exercises loads little, and nothing for lists of them."""
    reader.open("figures/predict.html")
    assert not [answer.url for answer in reader.answers if FILES in answer.url]
    reader.answers.clear()
    reader.open(LIVE)
    sizes = [len(gzip.compress(answer.body())) for answer in reader.answers if FILES in answer.url]
    assert len(sizes) == len(["style", "script"])
    assert sum(sizes) <= MOST_BYTES
    assert not [answer.url for answer in reader.answers if LIST_SCRIPT in answer.url]
