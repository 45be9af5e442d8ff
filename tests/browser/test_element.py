"""What a reader does with a program: run it, stop it, edit it, take it along. A stub replaces the runtime."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ..support.figures import AXE, FINDINGS, SIDEWAYS, edit, go, status
from .reader import LIVE, NARROW, figure

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

    from .reader import Reader

#: From now on the programs that the stub is given are kept.
LISTEN = "() => { window.ran = []; addEventListener('stub-run', event => window.ran.push(event.detail)); }"
RAN = "() => window.ran.map(program => program.parts.join('\\0'))"
#: Scripts without which no program runs.
FOR_A_RUN = ("workbench.js", "live-runner.js", "output-log.js", "safe-picture.js")
#: At most so many bytes of script and style, compressed, before the first press.
MOST_BYTES = 6_000
#: Go to a link, and wait as long as it takes to unpack one.
FOLLOW = """async hash => {
    const followed = new Promise(resolve => addEventListener('hashchange', resolve, {once: true}));
    location.hash = hash;
    await followed;
    const packed = new Blob([hash]).stream().pipeThrough(new CompressionStream('deflate-raw'));
    await new Response(packed.pipeThrough(new DecompressionStream('deflate-raw'))).text();
}"""
#: Load all files but one that scripts ask for, so that nothing else is late.
HAVE_OTHERS = """async (name) => {
    const tag = document.querySelector("script[data-await-live]");
    const { files } = JSON.parse(tag.dataset.awaitLive);
    const others = Object.keys(files).filter((other) => other !== name);
    await Promise.all(others.map((other) => {
        const url = new URL(files[other], tag.src).href;
        return other.endsWith(".js") ? import(url) : fetch(url).then((answer) => answer.text());
    }));
}"""
#: From now on it is counted how often the text of an output is set.
WATCH = """() => {
    window.texts = 0;
    new MutationObserver(records => {
        window.texts += records.filter(({target}) => target.className === 'await-text').length;
    }).observe(document.body, {childList: true, subtree: true});
}"""


def refuse(route: Route) -> None:
    """Answer with a module that fails."""
    route.fulfill(body="throw new Error('no')", content_type="text/javascript")


def hold(page: Page, name: str) -> list[Route]:
    """Leave the next request for a live file unanswered; it is in the list when it has come."""
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.route(f"**/{name}*", keep, times=1)
    return held


def linked(page: Page, name: str, text: str) -> str:
    """What a link to a figure with a program of its own has after the page's address."""
    element = page.evaluate("name => document.querySelector(`[data-name=${name}] await-live`).program.name", name)
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(text.encode()) + packer.flush()
    return f"#await-live={element}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def loaded(reader: Reader) -> set[str]:
    """The names of the live files that were asked for."""
    return {
        answer.url.rpartition("/")[2].partition("?")[0] for answer in reader.answers if "/await-live/" in answer.url
    }


def test_before_the_first_press_only_a_little_script_and_style_is_loaded(reader: Reader) -> None:
    """No byte of the runtime, of the editor or of what programs share."""
    reader.open(LIVE)
    assert loaded(reader) == {"element.js", "element.css"}
    live = [answer for answer in reader.answers if "/await-live/" in answer.url]
    assert sum(len(gzip.compress(answer.body())) for answer in live) <= MOST_BYTES


def test_a_run_shows_its_output_picture_and_time_in_the_place_of_the_built_one(reader: Reader) -> None:
    """Which is one press away."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    hello = figure(page, "hello")
    go(hello)
    expect(hello.get_by_role("log")).to_have_text(re.compile("안녕하세요.*조심하세요", re.DOTALL))
    expect(hello.locator("await-live")).to_have_attribute("state", "ended")
    expect(status(hello)).to_have_text("0.125초 만에 끝났습니다")
    assert hello.locator(".await-mine svg rect").is_visible()
    assert hello.locator(".await-mine .await-mark").count() == 1
    assert hello.locator(".await-mine .await-facts").inner_text() == "0.125초 · Stub 1.0, browser"
    assert hello.locator(".await-drawing").get_attribute("aria-label") == "hello: 내 실행"
    built = hello.locator("> .await-outputs")
    assert not built.is_visible()
    hello.get_by_role("button", name="책의 실행").press("Enter")
    assert built.is_visible()
    assert not hello.locator(".await-mine").is_visible()
    (program,) = page.evaluate("() => window.ran")
    assert program["hosts"]["www.python.org"]["delay"] == pytest.approx(0.3)
    assert program["labels"]["line"] == "{line}행"
    assert 'print("안녕하세요")' in program["parts"][0]


def test_loading_says_how_much_and_can_be_stopped(reader: Reader) -> None:
    """In words and as a bar; the button that started it stops it, and keeps the focus."""
    page = reader.open(LIVE)
    slow = figure(page, "slow")
    slow.locator(".await-go").press("Enter")
    expect(status(slow)).to_have_text("파이썬을 내려받습니다: 7.2MB 중 3MB")
    assert slow.get_by_role("progressbar").get_attribute("value") == "3100000"
    button = slow.locator(".await-go")
    expect(button).to_have_text("멈춤")
    expect(button).to_have_attribute("title", "멈춤: Ctrl+Enter")
    expect(button).to_be_focused()
    button.press("Enter")
    expect(status(slow)).to_have_text("멈췄습니다")
    assert slow.locator("> .await-outputs").is_visible()
    expect(button).to_have_text("실행")
    expect(button).to_have_attribute("title", "실행: Ctrl+Enter")
    assert not slow.get_by_role("progressbar").is_visible()


@pytest.mark.parametrize("name", [*FOR_A_RUN, "course.json"])
def test_what_does_not_come_can_be_stopped_and_is_asked_for_anew(reader: Reader, name: str) -> None:
    """A request that is never answered keeps nobody from the next run."""
    page = reader.open(LIVE)
    held = hold(page, name)
    hello = figure(page, "hello")
    with page.expect_request(f"**/{name}*"):
        go(hello)
    go(hello)
    expect(status(hello)).to_have_text("멈췄습니다")
    go(hello)
    expect(hello.get_by_role("log")).to_contain_text("안녕하세요")
    assert held


def test_a_program_that_waits_for_ever_is_reported_and_stopped(reader: Reader) -> None:
    """And another that is started meanwhile stops it too."""
    page = reader.open(LIVE)
    waiting = figure(page, "waiting")
    go(waiting)
    expect(status(waiting)).to_contain_text("멈춤을 누르면 끝납니다")
    go(waiting)
    expect(status(waiting)).to_have_text("0.125초에 멈췄습니다")
    go(waiting)
    expect(status(waiting)).to_contain_text("멈춤을 누르면 끝납니다")
    go(figure(page, "hello"))
    expect(status(waiting)).to_have_text("0.125초에 멈췄습니다")
    expect(figure(page, "hello").get_by_role("log")).to_contain_text("안녕하세요")


def test_an_error_is_said_with_its_line_which_is_marked(reader: Reader) -> None:
    """In the program of the page and in the editor."""
    page = reader.open(LIVE)
    failing = figure(page, "failing")
    go(failing)
    expect(status(failing)).to_have_text("3행: ValueError: wrong")
    marked = "() => [...CSS.highlights.get('await-wrong')].map(range => range.toString())"
    assert page.evaluate(marked) == ['raise ValueError("wrong")']
    failing.locator(".await-edit").click()
    expect(failing.get_by_role("textbox")).to_be_focused()
    go(failing)
    expect(failing.locator(".cm-line.await-wrong")).to_have_text('raise ValueError("wrong")')


def test_each_figure_marks_its_own_line(reader: Reader) -> None:
    """As long as it is on the page, whatever other figures do."""
    page = reader.open(LIVE)
    failing, hello = figure(page, "failing"), figure(page, "hello")
    go(failing)
    expect(status(failing)).to_have_text("3행: ValueError: wrong")
    go(hello)
    expect(hello.locator("await-live")).to_have_attribute("state", "ended")
    marked = "() => [...CSS.highlights.get('await-wrong')].map(range => range.toString())"
    assert page.evaluate(marked) == ['raise ValueError("wrong")']
    failing.evaluate("figure => figure.remove()")
    assert page.evaluate(marked) == []


def test_what_was_taken_out_of_a_page_or_stopped_leaves_nothing_behind(reader: Reader) -> None:
    """No program runs on, no link opens it, and no runtime is made that nobody lets go of."""
    page = reader.open(LIVE)
    page.evaluate("() => { window.made = 0; addEventListener('stub-made', () => { window.made += 1; }); }")
    held = hold(page, "course.json")
    waiting = figure(page, "waiting")
    with page.expect_request("**/course.json*"):
        go(waiting)
    go(waiting)
    expect(status(waiting)).to_have_text("멈췄습니다")
    held[0].fulfill(body="{}")
    go(waiting)
    expect(status(waiting)).to_contain_text("멈춤을 누르면 끝납니다")
    assert page.evaluate("() => window.made") == 1
    link = linked(page, "waiting", "#: print 받은 것")
    page.evaluate("() => { window.taken = document.querySelector('[data-name=waiting]'); window.taken.remove(); }")
    page.evaluate(FOLLOW, link)
    page.evaluate("() => new Promise(done => setTimeout(done, 100))")
    state = "() => [taken.querySelector('await-live').state, taken.querySelectorAll('[role=textbox]').length]"
    assert page.evaluate(state) == ["ended", 0]
    page.evaluate("() => document.querySelector('main, body').append(window.taken)")
    expect(figure(page, "waiting").get_by_role("textbox")).to_have_text("#: print 받은 것")
    assert waiting.locator(".await-go").count() == 1


def test_an_edited_program_runs_and_is_kept_until_it_is_reset(reader: Reader) -> None:
    """On the reader's device; the page itself stays as it was built."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    hello = figure(page, "hello")
    edit(page, hello, "#: print 고쳤습니다\n")
    page.keyboard.press("Control+Enter")
    expect(hello.get_by_role("log")).to_contain_text("고쳤습니다")
    assert page.evaluate(RAN) == ["#: print 고쳤습니다\n"]
    page.reload()
    hello = figure(page, "hello")
    assert "안녕하세요" in hello.locator(".await-code").inner_text()
    hello.locator(".await-edit").click()
    expect(hello.get_by_role("textbox")).to_have_text("#: print 고쳤습니다")
    hello.get_by_role("button", name="처음 코드로").click()
    assert hello.locator(".await-code").is_visible()
    assert not hello.get_by_role("textbox").count()
    page.reload()
    figure(page, "hello").locator(".await-edit").click()
    expect(figure(page, "hello").get_by_role("textbox")).to_contain_text('print("안녕하세요")')


def test_edits_are_opened_again_by_a_button_that_is_there_after_a_reload(reader: Reader) -> None:
    """Nothing more is loaded before it is pressed: the page shows its own program, and its own output."""
    page = reader.open(LIVE)
    edit(page, figure(page, "hello"), "#: print 내 것")
    reader.answers.clear()
    page.reload()
    hello = figure(page, "hello")
    opening = hello.get_by_role("button", name="내 프로그램 열기")
    assert opening.is_visible()
    assert loaded(reader) <= {"element.js", "element.css"}
    assert hello.locator(".await-code").is_visible()
    assert not figure(page, "waiting").get_by_role("button", name="내 프로그램 열기").is_visible()
    opening.click()
    expect(hello.get_by_role("textbox")).to_have_text("#: print 내 것")
    expect(status(hello)).to_have_text("고쳐 두신 프로그램입니다")
    assert not opening.is_visible()
    hello.locator(".await-edit").click()
    assert opening.is_visible()


#: The key of a program: a digest of it, and its name if it has one.
KEY_OF = """(name) => {
    const script = document.querySelector(`[data-name=${name}] await-live > script`);
    return JSON.parse(script.textContent).key;
}"""
#: What an earlier version stored: programs by their digests, and for each place the digest of its program.
STORE_AS_BEFORE = """([place, digest, code]) => {
    localStorage.clear();
    const store = (name, value) => localStorage.setItem(`sphinx-await-program-${name}`, value);
    store(digest, code);
    if (place) store(`${location.pathname.replace("index.html", "")}#${place}`, digest);
}"""
#: Leave no room for another character.
FILL = """() => {
    for (let size = 1 << 24; size >= 1; size >>= 1) {
        for (;;) {
            try {
                localStorage.setItem("filling", (localStorage.getItem("filling") ?? "") + "x".repeat(size));
            } catch {
                break;
            }
        }
    }
}"""


def equal_programs(page: Page) -> list[Locator]:
    """The figures of the two programs that are equal."""
    names = page.evaluate("""() => [...document.querySelectorAll("await-live")]
        .filter(({ program }) => program?.code.includes("같습니다")).map(({ program }) => program.title)""")
    assert len(names) == 2
    return [figure(page, name) for name in names]


def kept(run: Locator) -> Locator:
    """The button that opens what the reader has edited."""
    return run.get_by_role("button", name="내 프로그램 열기")


def test_equal_programs_have_edits_of_their_own(reader: Reader) -> None:
    """On a page, on two pages of a site, and on two sites of a server."""
    page = reader.open(LIVE)
    first, second = equal_programs(page)
    edit(page, first, "#: print 첫째")
    first.locator(".await-edit").click()
    edit(page, second, "#: print 둘째")
    page.reload()
    for run, text in zip(equal_programs(page), ("첫째", "둘째"), strict=True):
        kept(run).click()
        expect(run.get_by_role("textbox")).to_have_text(f"#: print {text}")

    def answer(route: Route) -> None:
        url = route.request.url.replace("/other/", "/live/").replace("again.html", "index.html")
        route.fulfill(response=route.fetch(url=url))

    page.route(re.compile("/other/|again.html"), answer)
    for name in ("live/again.html", "other/index.html"):
        page.goto(f"{reader.address}/{name}")
        first, second = equal_programs(page)
        expect(first.locator(".await-go")).to_be_visible()
        assert not kept(first).is_visible()
        assert not kept(second).is_visible()


@pytest.mark.parametrize("has_place", [True, False])
def test_edits_that_an_earlier_version_kept_are_found(reader: Reader, *, has_place: bool) -> None:
    """In one place, and nothing of that version is left over."""
    page = reader.open(LIVE)
    run = equal_programs(page)[0]
    program = run.locator("await-live").evaluate("({ program }) => program")
    page.evaluate(
        STORE_AS_BEFORE, [program["name"] if has_place else "", program["key"].split(":")[0], "#: print 옛것"]
    )
    page.reload()
    first, second = equal_programs(page)
    kept(first).click()
    expect(first.get_by_role("textbox")).to_have_text("#: print 옛것")
    assert not kept(second).is_visible()
    assert page.evaluate("() => Object.keys(localStorage).filter(name => name.includes('program-'))") == []


def test_edits_for_which_a_browser_has_no_room_are_said_not_to_be_kept(reader: Reader) -> None:
    """Until there is room again."""
    page = reader.open(LIVE)
    page.evaluate(FILL)
    hello = figure(page, "hello")
    edit(page, hello, "#: print 길어진 것")
    expect(status(hello)).to_contain_text("보관하지 못했습니다")
    page.evaluate("() => localStorage.removeItem('filling')")
    page.keyboard.type("!")
    expect(status(hello)).to_have_text("고쳐 두신 프로그램입니다")
    page.reload()
    kept(figure(page, "hello")).click()
    expect(figure(page, "hello").get_by_role("textbox")).to_have_text("#: print 길어진 것!")


def test_edits_outlast_a_change_of_the_program_by_its_author(reader: Reader) -> None:
    """The reader hears of the change, and the next edit is one of the new program."""
    page = reader.open(LIVE)
    edit(page, figure(page, "hello"), "#: print 내 것")
    key = page.evaluate(KEY_OF, "hello")

    def mend(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(key, "0" * len(key)))

    page.route("**/live/index.html", mend)
    for expected in ("그 뒤에 책의 프로그램이 바뀌었습니다.", "고쳐 두신 프로그램입니다"):
        page.reload()
        hello = figure(page, "hello")
        hello.get_by_role("button", name="내 프로그램 열기").click()
        expect(hello.get_by_role("textbox")).to_contain_text("#: print 내 것")
        expect(status(hello)).to_contain_text(expected)
        page.keyboard.insert_text("!")
    hello.get_by_role("button", name="처음 코드로").click()
    page.unroute("**/live/index.html")
    page.reload()
    assert not figure(page, "hello").get_by_role("button", name="내 프로그램 열기").is_visible()


def test_edits_of_a_program_that_moved_are_not_shown_in_its_old_place(reader: Reader) -> None:
    """They follow it."""
    page = reader.open(LIVE)
    edit(page, figure(page, "hello"), "#: print 내 것")
    keys = {name: page.evaluate(KEY_OF, name) for name in ("hello", "waiting")}

    def swap(route: Route) -> None:
        answer = route.fetch()
        text = answer.text().replace(keys["waiting"], "swapped").replace(keys["hello"], keys["waiting"])
        route.fulfill(response=answer, body=text.replace("swapped", keys["hello"]))

    page.route("**/live/index.html", swap)
    page.reload()
    expect(kept(figure(page, "waiting"))).to_be_visible()
    assert not figure(page, "hello").get_by_role("button", name="내 프로그램 열기").is_visible()


def test_what_is_copied_while_an_editor_is_open_is_the_edited_program(reader: Reader) -> None:
    """What is seen is what is taken along."""
    page = reader.open(LIVE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hello = figure(page, "hello")
    edit(page, hello, "print(1)")
    hello.locator(".await-copy").click()
    expect(hello.locator(".await-status")).not_to_be_empty()
    assert page.evaluate("() => navigator.clipboard.readText()") == "print(1)"


def test_tab_leaves_the_editor(reader: Reader) -> None:
    """Nobody is held in it."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    hello.locator(".await-edit").press("Enter")
    field = hello.get_by_role("textbox")
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(field).not_to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(field).to_be_focused()


def test_hangul_is_composed_in_the_editor(reader: Reader) -> None:
    """As an input method does it: syllable by syllable, each written over the one that is being made."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    edit(page, hello, "")
    session = page.context.new_cdp_session(page)
    for syllable in ("ㅎ", "하", "한"):
        session.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
    session.send("Input.insertText", {"text": "한"})
    for syllable in ("ㄱ", "그", "글"):
        session.send("Input.imeSetComposition", {"text": syllable, "selectionStart": 1, "selectionEnd": 1})
    session.send("Input.insertText", {"text": "글"})
    expect(hello.get_by_role("textbox")).to_have_text("한글")


@pytest.mark.parametrize(
    ("text", "escapes"),
    [
        ("if is_admin: #\u202e \u2066begin", ["\\u202e", "\\u2066"]),
        ("user\u200b = 1; x\u3164 = 2; y = '\xa0'", ["\\u200b", "\\u3164", "\\xa0"]),
        ("\u0441\u043eunt = pr\u0456nt = \uff41b", ["\\u0441", "\\u043e", "\\u0456", "\\uff41"]),
        ("tag = '\U000e0041'", ["\\U000e0041"]),
        ("이름 = '안녕' # привет, αβγ, 日本, café ❤️ 👨\u200d👩\u200d👧", []),
    ],
)
def test_a_program_of_a_link_is_what_it_looks_like(reader: Reader, text: str, escapes: list[str]) -> None:
    """What hides, turns around or looks like something else is shown as an escape; other languages are left alone."""
    page = reader.open(LIVE)
    page.evaluate(FOLLOW, linked(page, "hello", text))
    hello = figure(page, "hello")
    expect(hello.get_by_role("textbox")).to_be_visible()
    assert hello.locator(".await-escape").all_text_contents() == escapes
    assert hello.locator("await-live").evaluate("({ editor }) => editor.code") == text


def test_where_the_editor_cannot_be_loaded_there_is_a_plain_field(reader: Reader) -> None:
    """And everything else is as before."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    page.route("**/codemirror.js*", refuse)
    hello = figure(page, "hello")
    hello.locator(".await-edit").click()
    field = hello.locator("textarea")
    expect(field).to_be_focused()
    field.fill("#: print 글상자\n#: fail 2\n")
    go(hello)
    expect(status(hello)).to_have_text("2행: ValueError: wrong")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert page.evaluate(RAN) == ["#: print 글상자\n#: fail 2\n"]


def test_a_marked_line_of_the_plain_field_is_not_selected(reader: Reader) -> None:
    """What is written next is where the cursor was, and the field is no longer called wrong."""
    page = reader.open(LIVE)
    page.route("**/codemirror.js*", refuse)
    hello = figure(page, "hello")
    edit(page, hello, "a = 1\n#: fail 2\nb = 2")
    field = hello.locator("textarea")
    page.keyboard.press("Control+Enter")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("3")
    expect(field).to_have_value("a = 1\n#: fail 2\nb = 23")
    expect(field).not_to_have_attribute("aria-invalid", "true")
    go(hello)
    expect(field).to_have_attribute("aria-invalid", "true")
    field.focus()
    page.keyboard.type("#")
    expect(field).to_have_value("a = 1\n##: fail 2\nb = 23")


def test_a_link_leaves_alone_what_its_reader_has_written(reader: Reader) -> None:
    """Edits and a reset of it touch nothing that is kept."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    edit(page, hello, "#: print 내 것")
    address = page.url
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 받은 것"))
    field = hello.get_by_role("textbox")
    expect(field).to_have_text("#: print 받은 것")
    expect(status(hello)).to_contain_text("고쳐 두신 프로그램은 그대로 있고")
    field.press("x")
    expect(field).to_have_text("x#: print 받은 것")
    assert page.url != address
    hello.get_by_role("button", name="처음 코드로").click()
    assert page.url == address
    hello.locator(".await-edit").click()
    expect(field).to_have_text("#: print 내 것")
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 또 받은 것"))
    expect(field).to_have_text("#: print 또 받은 것")
    field.press("x")
    page.reload()
    expect(field).to_have_text("#: print 또 받은 것")
    hello.locator(".await-edit").click()
    page.reload()
    hello.locator(".await-edit").click()
    expect(hello.get_by_role("textbox")).to_have_text("#: print 내 것")


def test_the_program_of_a_link_outlives_a_reload_until_it_is_edited(reader: Reader) -> None:
    """The address is that of the link as long as its program is shown, and leads to it by way of the history."""
    page = reader.open(LIVE)
    address = page.url
    link = linked(page, "hello", "#: print 받은 것")
    page.evaluate(FOLLOW, link)
    hello = figure(page, "hello")
    field = hello.get_by_role("textbox")
    for _ in range(2):
        expect(field).to_have_text("#: print 받은 것")
        assert page.url == address + link
        page.reload()
    page.evaluate(
        "() => { const { parentNode, nextSibling } = document.querySelector('[data-name=hello]');"
        " parentNode.insertBefore(document.querySelector('[data-name=hello]'), nextSibling); }"
    )
    expect(field).to_have_text("#: print 받은 것")
    assert page.url == address + link
    field.press("x")
    expect(page).to_have_url(address)
    page.reload()
    hello.locator(".await-edit").click()
    expect(field).to_have_text("x#: print 받은 것")


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_what_a_link_shows_is_not_below_the_header_of_the_theme(reader: Reader, width: int) -> None:
    """The buttons of its figure can be pressed where it is scrolled to."""
    page = reader.open(LIVE, width=width)
    page.add_style_tag(
        content="body::before { content: ''; position: fixed; inset: 0 0 auto; height: 4rem; z-index: 9 }"
    )
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 받은 것"))
    hello = figure(page, "hello")
    expect(hello.get_by_role("textbox")).to_have_text("#: print 받은 것")
    expect(status(hello)).to_contain_text("실행을 눌러야 실행됩니다")
    box = hello.locator(".await-go").bounding_box()
    assert box is not None
    assert box["y"] >= 64


def test_an_edited_program_of_a_link_is_kept_where_nothing_was(reader: Reader) -> None:
    """Then it is the reader's own."""
    page = reader.open(LIVE)
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 받은 것"))
    field = figure(page, "hello").get_by_role("textbox")
    expect(field).to_have_text("#: print 받은 것")
    field.press("x")
    page.reload()
    figure(page, "hello").locator(".await-edit").click()
    expect(figure(page, "hello").get_by_role("textbox")).to_have_text("x#: print 받은 것")


def test_a_link_that_comes_while_an_editor_opens_takes_its_place(reader: Reader) -> None:
    """There are never two editors in a figure."""
    page = reader.open(LIVE)
    held = hold(page, "codemirror.js")
    hello = figure(page, "hello")
    with page.expect_request("**/codemirror.js*"):
        hello.locator(".await-edit").click()
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 받은 것"))
    held[0].continue_()
    expect(hello.get_by_role("textbox")).to_have_text("#: print 받은 것")
    expect(hello.locator(".await-desk > *")).to_have_count(1)
    expect(hello.locator(".await-edit")).to_be_enabled()


def test_a_program_that_is_too_long_for_a_link_gets_none(reader: Reader) -> None:
    """And it is said."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    edit(page, hello, "#" * 100_001)
    hello.get_by_role("button", name="링크").click()
    expect(status(hello)).to_have_text("프로그램이 길어서 링크에 담을 수 없습니다")


def test_a_link_carries_an_edited_program_which_runs_only_when_it_is_pressed(reader: Reader) -> None:
    """Those who open it see the program first."""
    page = reader.open(LIVE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    hello = figure(page, "hello")
    edit(page, hello, "#: print 받은 프로그램\n")
    hello.get_by_role("button", name="링크").click()
    expect(status(hello)).to_have_text("이 프로그램이 담긴 링크를 복사했습니다")
    link = page.evaluate("() => navigator.clipboard.readText()")
    other = reader.open(link.removeprefix(f"{reader.address}/"))
    hello = figure(other, "hello")
    expect(hello.get_by_role("textbox")).to_have_text("#: print 받은 프로그램")
    expect(status(hello)).to_contain_text("실행을 눌러야 실행됩니다")
    assert "live-runner.js" not in loaded(reader)
    assert hello.locator("await-live").get_attribute("state") == "idle"
    assert other.evaluate("() => localStorage.length") == 0
    go(hello)
    expect(hello.get_by_role("log")).to_contain_text("받은 프로그램")


def test_a_broken_link_breaks_nothing(reader: Reader) -> None:
    """It is said, and the page is as it was."""
    page = reader.open(LIVE)
    name = page.evaluate("() => document.querySelector('await-live').program.name")
    broken = reader.open(f"{LIVE}#await-live={name}.AAAA")
    expect(status(figure(broken, "hello"))).to_have_text("링크에 담긴 프로그램을 읽을 수 없습니다")


def test_a_forged_picture_does_nothing(reader: Reader) -> None:
    """A program that came with a link may hand back what it likes; only what pictures are made of is taken."""
    page = reader.open(LIVE)
    page.on("dialog", lambda dialog: reader.troubles.append(dialog.message))
    forged = figure(page, "forged")
    go(forged)
    expect(forged.locator("await-live")).to_have_attribute("state", "ended")
    made = forged.locator(".await-mine .await-picture").inner_html()
    assert "x</text>" in made
    for evil in (
        "script",
        "onload",
        "onclick",
        "style",
        "javascript",
        "foreign",
        "iframe",
        "image",
        "example.org",
        "theirs",
    ):
        assert evil not in made


def test_output_of_a_running_program_has_no_escape_sequences(reader: Reader) -> None:
    """And a carriage return lets text overwrite. When it has ended, the lines are those that the build would show."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    pieces = ("10 %\r", "100 %\r", "9", "\n", "\x1b[1;3", "1mred\x1b[0m\n", "bell\x07 tab\t\n", "🚀🚀x\r🚀")
    edit(page, hello, "\n".join(f"#: write {json.dumps(piece)}" for piece in pieces))
    go(hello)
    expect(hello.locator("await-live")).to_have_attribute("state", "ended")
    assert hello.locator(".await-mine .await-text").all_text_contents() == ["900 %", "red", "bell␇ tab\t", "🚀🚀x"]


def test_a_line_in_many_pieces_is_set_a_few_times(reader: Reader) -> None:
    """However many they are, it costs no more than what it shows."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    edit(page, hello, '#: write "."\n' * 500)
    page.evaluate(WATCH)
    go(hello)
    expect(hello.locator("await-live")).to_have_attribute("state", "ended")
    expect(hello.locator(".await-mine .await-text")).to_have_text("." * 500)
    assert page.evaluate("() => window.texts") < 5


def test_a_flood_of_output_is_cut_and_said(reader: Reader) -> None:
    """Between its first and its last lines."""
    page = reader.open(LIVE)
    flooding = figure(page, "flooding")
    go(flooding)
    expect(flooding.locator(".await-mine .await-gap")).to_have_text("500줄을 생략했습니다.\n")
    shown = flooding.locator(".await-mine .await-text").all_text_contents()
    assert shown == [*map(str, range(500)), *map(str, range(1000, 1500))]


def test_a_runtime_that_fails_is_said(reader: Reader) -> None:
    """The built run stays in its place."""
    page = reader.open(LIVE)
    broken = figure(page, "broken")
    go(broken)
    expect(status(broken)).to_have_text("실행할 수 없습니다: no runtime here")
    assert broken.locator("> .await-outputs").is_visible()


def test_a_runtime_that_is_blocked_is_said(reader: Reader) -> None:
    """And another press tries again."""
    page = reader.open(LIVE)
    page.route("**/course.json*", lambda route: route.fulfill(body="blocked"))
    hello = figure(page, "hello")
    go(hello)
    expect(status(hello)).to_contain_text("실행할 수 없습니다")
    page.unroute("**/course.json*")
    go(hello)
    expect(hello.get_by_role("log")).to_contain_text("안녕하세요")


@pytest.mark.parametrize("name", [*FOR_A_RUN, "editor.js", "codemirror.js"])
def test_a_module_that_failed_is_asked_for_again(reader: Reader, name: str) -> None:
    """By another press; a browser would else keep its failure as long as the page is open."""
    page = reader.open(LIVE)
    page.route(f"**/{name}*", refuse, times=1)
    hello = figure(page, "hello")
    button = hello.locator(".await-go" if name in FOR_A_RUN else ".await-edit")
    button.click()
    if name == "codemirror.js":
        expect(hello.locator("textarea")).to_be_focused()
        button.click()
    else:
        expect(status(hello)).to_contain_text("실행할 수 없습니다")
    button.click()
    expect(hello.get_by_role("log") if name in FOR_A_RUN else hello.locator(".cm-editor")).to_be_visible()


@pytest.mark.parametrize("name", [*FOR_A_RUN, "course.json", "editor.js", "codemirror.js"])
def test_what_never_comes_is_given_up_after_half_a_minute(reader: Reader, name: str) -> None:
    """And said, or done without; the button may be pressed again."""
    page = reader.open(LIVE)
    page.clock.install()
    held = hold(page, name)
    is_for_editing = name in {"editor.js", "codemirror.js"}
    page.evaluate(HAVE_OTHERS, name)
    hello = figure(page, "hello")
    button = hello.locator(".await-edit" if is_for_editing else ".await-go")
    with page.expect_request(f"**/{name}*"):
        button.click()
    page.clock.fast_forward("00:31")
    if name == "codemirror.js":
        expect(hello.locator("textarea")).to_be_focused()
    else:
        expect(status(hello)).to_have_text(f"실행할 수 없습니다: {name} did not load in time")
    expect(button).to_be_enabled()
    button.click()
    if name == "codemirror.js":
        button.click()
    expect(hello.get_by_role("textbox" if is_for_editing else "log")).to_be_visible()
    assert held


def test_an_editor_that_a_link_asks_for_and_that_does_not_come_is_said(reader: Reader) -> None:
    """The link stays in the address, to be tried again."""
    page = reader.open(LIVE)
    page.route("**/editor.js*", lambda route: route.abort("aborted"), times=1)
    hello = figure(page, "hello")
    page.evaluate(FOLLOW, linked(page, "hello", "#: print 받은 것"))
    expect(status(hello)).to_contain_text("실행할 수 없습니다")
    page.reload()
    expect(figure(page, "hello").get_by_role("textbox")).to_have_text("#: print 받은 것")


def test_a_program_of_a_session_runs_after_those_before_it(reader: Reader) -> None:
    """And says so."""
    page = reader.open(LIVE)
    page.evaluate(LISTEN)
    second = figure(page, "second")
    go(second)
    expect(second.locator(".await-mine > .await-note")).to_have_text("앞에서 이어지는 프로그램 1개를 먼저 실행합니다.")
    (code,) = page.evaluate(RAN)
    assert [part.strip() for part in code.split("\0")] == ["numbers = [1, 2, 3]", "#: print [1, 2, 3]\nprint(numbers)"]
    (program,) = page.evaluate("() => window.ran")
    assert program["shown"][:2] == [1, 2]
    edit(page, second, "#: fail 1\n")
    go(second)
    expect(status(second)).to_have_text("1행: ValueError: wrong")


def test_what_a_browser_cannot_run_says_why_and_has_no_button(reader: Reader) -> None:
    """Unless its author says that it can; and none where the author wants none, or shows no code."""
    page = reader.open(LIVE)
    only = figure(page, "only-built")
    expect(only.locator(".await-only")).to_have_text("브라우저에서는 실행할 수 없습니다 (subprocess)")
    buttons = {
        name: figure(page, name).locator(".await-go").count()
        for name in ("only-built", "overridden", "not-offered", "hidden-code")
    }
    assert buttons == {"only-built": 0, "overridden": 1, "not-offered": 0, "hidden-code": 0}


def test_without_scripts_the_page_is_whole(reader: Reader) -> None:
    """Code and output are there, and nothing that would do nothing."""
    page = reader.open(LIVE, script=False)
    hello = figure(page, "hello")
    assert hello.locator(".await-code").is_visible()
    assert hello.locator(".await-outputs").is_visible()
    assert not hello.locator("await-live").is_visible()
    assert page.locator("figure button").count() == 0


@pytest.mark.parametrize("width", [320, NARROW])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_an_edited_figure_that_ran(reader: Reader, width: int, *, dark: bool) -> None:
    """And nothing overflows to the side."""
    page = reader.open(LIVE, width=width, dark=dark)
    failing = figure(page, "failing")
    edit(
        page,
        failing,
        "import asyncio\n\nasync def main(): # 주석\n    return 'a', 1\n#: fail 3\n#: print 안녕\n#: error 조심\n"
        "# 창보다 긴 줄" + " 입니다" * 30,
    )
    page.keyboard.press("Control+Enter")
    expect(failing.locator("await-live")).to_have_attribute("state", "ended")
    go(figure(page, "waiting"))
    expect(status(figure(page, "waiting"))).to_contain_text("멈춤을")
    assert page.evaluate(SIDEWAYS) <= 0
    page.evaluate("() => scrollTo(0, 0)")  # else the theme offers to do so, outside of all landmarks
    expect(page.locator(".back-to-top")).not_to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    findings = page.evaluate(FINDINGS)
    assert not findings, "\n".join(findings)


def test_an_exercise_says_what_is_done_and_what_is_not(reader: Reader) -> None:
    """Of the reader's own program, check by check; the stub finds a check done that the program holds."""
    page = reader.open(LIVE)
    two = figure(page, "two")
    edit(page, two, '# printed("둘")\n')
    go(two)
    goals = two.get_by_role("listitem")
    expect(goals).to_have_text(["해냄: 둘을 출력해야 합니다.", "아직: 예외 없이 끝나야 합니다."])
    two.locator(".await-edit").click()
    edit(page, two, '# printed("둘") returned\n')
    go(two)
    expect(status(two)).to_have_text("모두 해냈습니다. 이 프로그램은 문제를 풉니다.")


def test_a_program_that_an_exception_ended_has_not_solved_an_exercise(reader: Reader) -> None:
    """The error is said, with its line, and its checks are not judged."""
    page = reader.open(LIVE)
    two = figure(page, "two")
    edit(page, two, '# printed("둘") returned\n#: fail 2\n')
    go(two)
    expect(status(two)).to_have_text("2행: ValueError: wrong")
    hints = ["판단하지 않음: 둘을 출력해야 합니다.", "판단하지 않음: 예외 없이 끝나야 합니다."]
    expect(two.get_by_role("listitem")).to_have_text(hints)


def test_a_run_of_another_program_than_the_one_shown_is_said_to_be_one(reader: Reader) -> None:
    """Whether it is the page's or the reader's, after an edit, a reload, a link, or when the editor is closed."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    note = hello.locator(".await-stale")
    edit(page, hello, "#: print 하나")
    expect(note).to_contain_text("원래 프로그램의 출력")
    page.keyboard.press("Control+Enter")
    expect(hello.get_by_role("log")).to_contain_text("하나")
    expect(note).not_to_be_visible()
    page.keyboard.type("2")
    expect(note).to_contain_text("다른 판의 출력")
    page.keyboard.press("Backspace")
    expect(note).not_to_be_visible()
    hello.locator(".await-edit").click()
    assert hello.locator("> .await-outputs").is_visible()
    expect(note).not_to_be_visible()
    hello.get_by_role("button", name="내 실행").click()
    expect(note).to_contain_text("다른 판의 출력")
    page.reload()
    expect(status(hello)).to_have_text("책의 프로그램입니다. 고쳐 두신 프로그램은 따로 보관되어 있습니다.")
    hello.locator(".await-edit").click()
    expect(note).to_contain_text("원래 프로그램의 출력")
    other = reader.open(f"{LIVE}{linked(page, 'hello', '#: print 받은 것')}")
    expect(figure(other, "hello").locator(".await-stale")).to_contain_text("원래 프로그램의 출력")


def test_a_page_is_printed_as_it_was_built(reader: Reader) -> None:
    """After a run and while an editor is open, too."""
    page = reader.open(LIVE)
    hello = figure(page, "hello")
    edit(page, hello, "#: print 하나")
    page.keyboard.press("Control+Enter")
    expect(hello.get_by_role("log")).to_contain_text("하나")
    page.emulate_media(media="print")
    for part in ("> .await-code", "> .await-outputs", "> .await-facts"):
        assert hello.locator(part).first.is_visible(), part
    assert not hello.locator("await-live").is_visible()


def test_the_sign_of_the_run_button_is_a_triangle_in_high_contrast(reader: Reader) -> None:
    """Which replaces colours of borders and backgrounds; the sign for Stop is a square."""
    page = reader.open(LIVE)
    page.emulate_media(forced_colors="active")
    sign = "button => { const { borderStyle, clipPath, forcedColorAdjust } = getComputedStyle(button, '::before');"
    sign += " return [borderStyle, clipPath.startsWith('polygon'), forcedColorAdjust]; }"
    waiting = figure(page, "waiting")
    assert waiting.locator(".await-go").evaluate(sign) == ["none", True, "none"]
    go(waiting)
    expect(status(waiting)).to_contain_text("멈춤을")
    assert waiting.locator(".await-go").evaluate(sign) == ["none", False, "none"]


def test_hints_and_solution_are_folded_and_open_without_scripts(reader: Reader) -> None:
    """The task is there to read at once."""
    page = reader.open(LIVE, script=False)
    exercise = page.get_by_role("group", name="둘을 출력하기")
    assert exercise.get_by_text("무엇이든 둘을 출력하세요.").is_visible()
    solution = figure(page, "two-solution")
    assert not solution.is_visible()
    exercise.get_by_text("풀이").click()
    assert solution.is_visible()
