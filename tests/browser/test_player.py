"""Stepping through a run: the page's own, and the reader's."""

from __future__ import annotations

import re
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..support.figures import AXE, FINDINGS
from .reader import NARROW, WIDE, figure

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from .reader import Reader

PAGE = "course/asyncio.html"
#: Milliseconds that the runtime's first start may take.
PATIENCE = 60_000
#: Of a mark in the code: its names, and whether its middle is at a line with a text.
MARKS = """([figure, text]) => [...figure.querySelectorAll(".await-mark-line")].filter((mark) => {
  const box = mark.getBoundingClientRect();
  const shown = figure.querySelector(".cm-editor") ?? figure.querySelector(".await-code");
  const walker = document.createTreeWalker(shown, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const own = range.getBoundingClientRect();
    if (node.nodeValue.includes(text) && Math.abs(own.top + own.height / 2 - box.top - box.height / 2) < 4) return true;
  }
  return false;
}).map((mark) => mark.textContent)"""

#: The width that a control would have if there was room.
NATURAL_WIDTH = """(control) => {
  const copy = control.cloneNode(true);
  Object.assign(copy.style, { position: "absolute", width: "max-content", maxWidth: "none", flex: "none" });
  control.after(copy);
  const { width } = copy.getBoundingClientRect();
  copy.remove();
  return width;
}"""
#: The height of a control's middle.
MIDDLE = "(control) => { const box = control.getBoundingClientRect(); return (box.top + box.bottom) / 2; }"

#: Puts code into a table beside its numbers, as Pygments writes one.
IN_TABLE = """(code) => {
  const table = document.createElement("table");
  const row = `<tr><td class="linenos"><div class="linenodiv"><pre></pre></div></td><td class="code"></td></tr>`;
  table.innerHTML = `<tbody>${row}</tbody>`;
  const [numbers, place] = table.querySelectorAll("pre, td.code");
  numbers.textContent = code.textContent.trimEnd().split("\\n").map((_, index) => index + 1).join("\\n");
  code.replaceWith(table);
  place.append(code);
}"""


def gathering(page: Page) -> Locator:
    """The figure of the course's program that sleeps and gathers."""
    return page.locator("figure.await-run", has_text="async def main_tasks").first


def opened(run: Locator) -> Locator:
    """The player of a figure, after a press of its button."""
    run.locator(".await-step:visible").click()
    player = run.locator(".await-player:visible")
    player.wait_for()
    return player


def sentence(player: Locator) -> Locator:
    """What is said at the step."""
    return player.get_by_role("status")


def go(player: Locator, words: str) -> None:
    """Step forward until a sentence has some words."""
    player.get_by_role("slider").press("Home")
    for _ in range(int(player.get_by_role("slider").get_attribute("max") or 0)):
        if words in sentence(player).inner_text():
            return
        player.get_by_role("button", name="한 걸음 앞으로").click()
    raise AssertionError(f"no step says {words!r}")


def marked(run: Locator, text: str) -> list[str]:
    """The names at a line of the code."""
    return list(run.evaluate("(figure, [find, text]) => (0, eval)(find)([figure, text])", [MARKS, text]))


def test_a_press_loads_what_steps_and_nothing_that_runs(reader: Reader) -> None:
    """Before it, not a byte of that; after it, the script, its style and the steps."""
    page = reader.open(PAGE)

    def names() -> set[str]:
        files = {answer.url.rpartition("/")[2].partition("?")[0] for answer in reader.answers}
        return {name for name in files if "player" in name or "steps" in name or name.endswith(".bin")}

    assert names() == set()
    opened(gathering(page))
    script, style, steps = sorted(names(), key=lambda name: ("steps" in name, name.endswith(".css")))
    assert (script, style) == ("sphinx-await-player.js", "sphinx-await-player.css")
    assert steps.endswith(".steps.json")


def test_a_step_shows_lines_tasks_output_and_a_moment(reader: Reader) -> None:
    """Who runs and who waits where, with names; what is printed so far; what awaits what; where in the picture."""
    run = gathering(reader.open(PAGE))
    player = opened(run)
    go(player, "Task A: 시작")
    assert marked(run, "gather") == ["○Task-1"]
    tasks = player.get_by_role("listitem")
    expect(tasks.nth(0)).to_have_text(re.compile(r"Task-1 대기 main_tasks\(\) → asyncio\.gather\(\) → Task-2, Task-3"))
    expect(tasks.nth(1)).to_have_text(re.compile(r"Task-2 실행 task\(\) \d+행"))
    expect(tasks.nth(2)).to_have_text(re.compile(r"Task-3 실행 전"))
    later = run.locator(":scope > .await-outputs .await-later")
    printed = run.locator(":scope > .await-outputs .await-output")
    assert later.count() == printed.count() - 1
    go(player, "asyncio.sleep(1)")
    assert sorted(marked(run, "sleep")[0].split("○")) == ["", "Task-2", "Task-3"]
    assert run.locator(".at-cursor line").count() == 1
    player.get_by_role("slider").press("End")
    assert later.count() == 0
    assert marked(run, "gather") == []
    expect(sentence(player)).to_have_text("프로그램이 끝납니다")


def test_lines_are_marked_where_their_numbers_are_in_a_table(reader: Reader) -> None:
    """With `html_codeblock_linenos_style = "table"`: the code is not the first block then."""
    run = gathering(reader.open(PAGE))
    run.locator(":scope > .await-code pre").evaluate(IN_TABLE)
    player = opened(run)
    go(player, "Task A: 시작")
    assert marked(run, "gather") == ["○Task-1"]


def test_the_picture_has_a_scale_of_steps(reader: Reader) -> None:
    """Where steps are too near in time to be told apart it comes first: each moves the cursor by the same width."""
    run = gathering(reader.open(PAGE))
    marks = run.locator(".at-plot > g:not(.at-steps, .at-cursor)").first
    player = opened(run)
    scale = player.get_by_role("button", name="걸음 눈금")
    expect(scale).to_have_attribute("aria-pressed", "true")
    expect(marks).to_be_hidden()
    expect(run.locator(".at-steps .at-run").first).to_be_visible()
    expect(run.locator(".at-steps .at-label").first).to_have_text("Task-2, Task-3")
    places = []
    for _ in range(4):
        places.append(run.locator(".at-cursor line").evaluate("line => line.getBoundingClientRect().x"))
        player.get_by_role("button", name="한 걸음 앞으로").click()
    widths = [after - before for before, after in pairwise(places)]
    assert min(widths) > 5
    assert max(widths) - min(widths) < 1
    scale.click()
    expect(marks).to_be_visible()
    expect(run.locator(".at-steps")).to_have_count(0)
    scale.click()
    run.locator(".await-step:visible").click()
    expect(marks).to_be_visible()
    expect(run.locator(".at-steps")).to_have_count(0)


def test_two_steps_at_one_time_are_two(reader: Reader) -> None:
    """Stepping is by order: in the picture the cursor goes from lane to lane, also where it cannot go on."""
    run = gathering(reader.open(PAGE))
    player = opened(run)
    seen = []
    for words in ('Task-2 task("A", …): 처음으로 실행됩니다', 'Task-3 task("B", …): 처음으로 실행됩니다'):
        go(player, words)
        seen.append(run.locator(".at-cursor circle").get_attribute("cy"))
    assert seen[0] != seen[1]


def test_the_keyboard_steps_and_plays(reader: Reader) -> None:
    """Arrows, Home and End; space plays and pauses; the slider has the focus at once, and hears the same."""
    page = reader.open(PAGE)
    player = opened(gathering(page))
    slider = player.get_by_role("slider")
    expect(slider).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"걸음 중 3번째"))
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_value("1")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_value(slider.get_attribute("max") or "")
    page.keyboard.press("Home")
    player.get_by_role("combobox").select_option("by_step_fast")
    slider.press("Space")
    expect(player.get_by_role("button", name="일시 정지")).to_be_visible()
    expect(slider).not_to_have_value("0")
    slider.press("Space")
    expect(player.get_by_role("button", name="재생")).to_be_visible()


def test_it_can_be_slid_and_played_to_the_end(reader: Reader) -> None:
    """As fast as it ran; at the end it stops by itself."""
    player = opened(gathering(reader.open(PAGE)))
    slider = player.get_by_role("slider")
    slider.fill("4")
    first = sentence(player).inner_text()
    slider.fill("7")
    assert sentence(player).inner_text() != first
    player.get_by_role("combobox").select_option("by_time")
    player.get_by_role("button", name="재생").click()
    expect(sentence(player)).to_have_text("프로그램이 끝납니다", timeout=30_000)
    expect(player.get_by_role("button", name="재생")).to_be_visible()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_it_stays_in_view_beside_the_code_and_can_be_touched(reader: Reader, width: int) -> None:
    """At the foot of the window while the figure is there; each control is 44 pixels high or more."""
    page = reader.open(PAGE, width=width)
    run = gathering(page)
    player = opened(run)
    run.evaluate("figure => figure.scrollIntoView({ block: 'start' })")
    box, code = player.bounding_box(), run.locator(".await-code pre").first.bounding_box()
    assert box
    assert code
    assert box["y"] + box["height"] <= 901
    assert code["y"] < box["y"]
    controls = player.locator("button, input, select").all()
    assert len(controls) == 6
    assert all((control.bounding_box() or {"height": 0})["height"] >= 44 for control in controls)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_nothing_of_a_control_is_cut_off_in_a_question_on_a_small_phone(reader: Reader) -> None:
    """There is least room for the player: each control is as wide as its words, in two rows."""
    page = reader.open("course/asyncio/shared-values.html", width=360)
    question = figure(page, "values-deadlock")
    question.locator(".await-pick").first.click()
    question.locator(".await-check").click()
    player = opened(question)
    for control in player.locator("button, select").all():
        assert control.evaluate(NATURAL_WIDTH) <= (control.bounding_box() or {"width": 0})["width"] + 1
    assert len({round(one.evaluate(MIDDLE)) for one in player.locator("button, input, select").all()}) == 2
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_line_of_a_step_stays_in_view_for_who_looks_at_the_code(reader: Reader) -> None:
    """Above the player, on a phone too; who looks at the picture is not taken away from it."""
    page = reader.open(PAGE, width=NARROW)
    run = gathering(page)
    player = opened(run)
    page.set_viewport_size({"width": NARROW, "height": 640})
    run.evaluate("figure => figure.scrollIntoView({ block: 'start' })")
    for words in ("결과: [", "Task A: 시작"):
        go(player, words)
        line, foot = run.locator(".await-mark-r").bounding_box(), player.bounding_box()
        assert line
        assert foot
        assert line["y"] > 0
        assert line["y"] + line["height"] <= foot["y"]
    slider = player.get_by_role("slider")
    slider.press("Home")
    picture = run.locator(".await-picture svg").first
    picture.evaluate("svg => svg.scrollIntoView({ block: 'start', behavior: 'instant' })")
    before = page.evaluate("scrollY")
    slider.press("End")
    for _ in range(4):  # back to a line that is out of view
        slider.press("ArrowLeft")
    expect(sentence(player)).to_contain_text("총 소요 시간")
    assert page.evaluate("scrollY") == before


def test_a_comparison_plays_its_runs_on_one_clock(reader: Reader) -> None:
    """One cursor for all; each says what happened last, and when it ended. Nothing of it is loaded before the press."""
    page = reader.open(PAGE)
    assert not any("clock" in answer.url for answer in reader.answers)
    compared = page.locator("figure.await-compare").last
    button = compared.get_by_role("button", name="한 시계로 재생")
    button.click()
    clock = compared.get_by_role("group", name="여러 실행을 한 시계로 재생")
    slider = clock.get_by_role("slider")
    expect(clock.get_by_role("definition")).to_have_text(["프로그램이 시작됩니다", "프로그램이 시작됩니다"])
    cursor = compared.locator(".at-cursor line")
    first = cursor.evaluate("line => line.getBoundingClientRect().x")
    for _ in range(3):
        slider.press("PageUp")
    assert cursor.evaluate("line => line.getBoundingClientRect().x") > first + 10
    clock.get_by_role("button", name="재생").click()
    expect(clock.get_by_role("definition").last).to_have_text(re.compile(r"0\.\d\d초 만에 끝남"), timeout=20_000)
    expect(clock.get_by_role("button", name="재생")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(FINDINGS) == []
    button.click()
    expect(clock).to_have_count(0)
    expect(cursor).to_have_count(0)


def test_axe_finds_nothing_while_it_is_open(reader: Reader) -> None:
    """Wide and narrow, light and dark, with tasks that run and wait."""
    page = reader.open(PAGE)
    go(opened(gathering(page)), "Task B: 시작")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    findings = []
    for width, scheme in product((WIDE, NARROW), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of these
        findings += [f"{width} {scheme}: {finding}" for finding in page.evaluate(FINDINGS)]
    assert not findings, "\n".join(findings)


def test_it_is_not_printed_and_leaves_nothing_behind(reader: Reader) -> None:
    """On paper the page is as it was built; so it is when the button is pressed again."""
    page = reader.open(PAGE)
    run = gathering(page)
    opened(run)
    assert page.locator(".await-hint:visible").count() == 0  # who steps knows how to read
    page.emulate_media(media="print")
    for part in (".await-player", ".await-step", ".at-cursor", ".await-marks"):
        assert not run.locator(part).first.is_visible()
    page.emulate_media(media="screen")
    run.locator(".await-step:visible").click()
    for part in (".await-player", ".await-mark-line", ".at-cursor", ".await-later", ".at-named"):
        assert run.locator(part).count() == 0
    expect(run.locator(".await-step")).to_have_attribute("aria-expanded", "false")


def test_a_page_says_that_what_steps_could_not_be_loaded(reader: Reader) -> None:
    """And tries again at the next press."""
    page = reader.open(PAGE)
    page.route("**/*.steps.json*", lambda route: route.fulfill(status=503), times=1)
    run = gathering(page)
    run.locator(".await-step").click()
    expect(run.locator(".await-step")).to_have_text("한 걸음씩: 불러올 수 없습니다")
    opened(run)
    reader.troubles = [trouble for trouble in reader.troubles if "503" not in trouble]


def test_the_player_of_an_answer_is_not_confined_to_its_fold(reader: Reader) -> None:
    """It is a part of the figure, so that it stays in view beside the code."""
    page = reader.open("figures/predict.html")
    page.evaluate("() => document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
    player = opened(page.locator("figure.await-run:has(.await-step)").first)
    assert player.evaluate("player => player.parentElement.matches('figure.await-run')")


def test_the_readers_own_run_steps_in_the_editor(reader: Reader) -> None:
    """Until the program is edited; the page's own run has its own steps."""
    page = reader.open(PAGE)
    run = gathering(page)
    run.locator(".await-edit").click()
    run.locator(".cm-content").wait_for()
    run.locator(".await-go").click()
    expect(run.locator("await-live")).to_have_attribute("state", "ended", timeout=PATIENCE)
    player = opened(run)
    go(player, "asyncio.sleep(1)")
    assert marked(run, "gather") == ["○Task-1"]
    assert run.locator(".await-mine .await-later").count() > 0
    run.locator(".cm-content").press("Control+End")
    page.keyboard.type("#")
    expect(run.locator(".await-mark-line")).to_have_count(0)
    run.get_by_role("button", name=re.compile("^책의 실행 ")).click()
    assert not player.is_visible()
    run.locator(".await-reset").click()
    assert run.locator(".await-player").count() == 0
    opened(run)
    run.locator(".await-go").click()
    expect(run.locator(".await-mark-line")).to_have_count(0)


def test_the_readers_own_run_of_generators_steps_by_turns(reader: Reader) -> None:
    """Whose turn it is, who waits for it, and who stopped where; also on a site that Python 3.11 built."""
    page = reader.open("course/generator.html")
    run = page.locator("figure.await-run", has_text='run(cook("밥", 3), cook("국"').first
    run.locator(".await-go").click()
    expect(run.locator("await-live")).to_have_attribute("state", "ended", timeout=PATIENCE)
    player = opened(run)
    go(player, "cook('국', 1): 처음으로")
    assert marked(run, "next") == ["○프로그램"]
    assert marked(run, "# 다른 작업") == ["○cook('밥', 3)"]
    expect(player.get_by_role("listitem").nth(2)).to_have_text(re.compile(r"cook\('국', 1\) 실행"))
    go(player, "국: 1단계")
    player.get_by_role("button", name="한 걸음 앞으로").click()
    expect(sentence(player)).to_have_text(re.compile(r"cook\('국', 1\): yield에서 멈춥니다 · 18행"))
    player.get_by_role("slider").press("End")
    expect(sentence(player)).to_have_text("프로그램이 끝납니다")
    expect(run.locator(".await-mark-line")).to_have_count(0)
