"""Readers who look for something."""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ..sphinxext.conftest import Project
from .searches import SEARCHES, first_pages, is_found, results

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from .reader import Reader

#: The share of searches that must find their pages: with the analyser, and by rules alone.
ANALYSED, BY_RULES = 0.95, 0.9


@pytest.fixture
def page(reader: Reader) -> Page:
    """Give a page whose errors the reader notes."""
    return reader.open("course/search.html")


def test_searches_find_their_pages_among_the_first_three(page: Page, address: str) -> None:
    """Nouns, inflected words, parts, English, error messages, typing errors."""
    missing = [
        query for query, wanted in SEARCHES.items() if not is_found(wanted, results(page, f"{address}/course", query))
    ]
    analysed = importlib.util.find_spec("kiwipiepy") is not None
    assert len(SEARCHES) >= 80
    assert 1 - len(missing) / len(SEARCHES) >= (ANALYSED if analysed else BY_RULES), missing


def test_a_result_leads_to_its_section_with_the_word_lit(page: Page, address: str) -> None:
    """And the excerpt has prose and code, but nothing of a picture."""
    links = results(page, f"{address}/course", "코루틴 태스크 차이")
    assert links[0] == "asyncio.html#코루틴-vs-태스크"
    excerpts = page.locator("#search-results p.context").all_inner_texts()
    assert excerpts
    assert not [text for text in excerpts if re.search(r"\d행 · |CPython", text)]
    assert page.locator("#search-results .highlighted").count() > 1
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("span.highlighted")
    assert page.evaluate("decodeURIComponent(location.hash)") == "#코루틴-vs-태스크"
    assert page.locator("section:has(> #코루틴-vs-태스크) span.highlighted").count() > 1


def test_a_word_of_one_syllable_lights_no_other_word(page: Page, address: str) -> None:
    """락 is not in 연락."""
    results(page, f"{address}/course", "락")
    lit = page.locator("#search-results .highlighted").all_inner_texts()
    assert lit
    assert "연락" not in page.evaluate("localStorage.getItem('korean_search_words')")


def test_no_part_of_another_word_is_lit_on_a_page(browser: Browser, tmp_path: Path) -> None:
    """락 is not in 연락, nor its synonym lock in blocking."""
    project = Project(tmp_path / "project")
    project.write(
        "conf.py",
        'extensions = ["korean_search"]\nlanguage = "ko_KR"\nkorean_search_analyser = "rules"\n'
        'korean_search_synonyms = "words.txt"\n',
    )
    project.write("words.txt", "락 = lock")
    project.write("index.rst", "홈\n==\n\n연락, 락 하나, 락을, 락커, blocking, lock, Lock(), async_lock\n")
    built = project.build()
    assert built.status == 0, built.err
    page = browser.new_page()
    page.goto(f"{(built.folder / 'search.html').as_uri()}?q={quote('락')}")
    page.locator("#search-results li a").first.click()
    page.wait_for_selector("span.highlighted")
    page.evaluate("document.querySelectorAll('span.highlighted').forEach(one => one.prepend('*'))")
    text = page.locator("[role=main] p").inner_text()
    assert text == "연락, *락 하나, *락을, 락커, blocking, *lock, *Lock(), async_*lock"
    page.close()


def test_each_book_is_searched_from_its_own_pages(page: Page, reader: Reader, address: str) -> None:
    """A learner finds nothing of the guide, and an author nothing of the course."""
    for query in ("Benchmarks", "await_cache_url", "time.sleep", "코루틴"):
        books = (("index", "search"), ("guide/recording", "search-guide"), ("guide/ko/recording", "search-guide-ko"))
        for name, search in books:
            start = reader.open(f"course/{name}.html")
            start.locator(".sidebar-search").fill(query)
            start.locator(".sidebar-search").press("Enter")
            start.wait_for_url(f"**/{search}.html?*")
            found = results(page, f"{address}/course", query, search)
            assert [link for link in found if link.startswith(("guide/", "design/")) != (name != "index")] == []
    assert first_pages(results(page, f"{address}/course", "Benchmarks", "search-guide"))[0] == "guide/benchmarks"
    found = results(page, f"{address}/course", "시간 제한", "search-guide-ko")
    assert found
    assert all(link.startswith("guide/ko/") for link in found)


def test_the_search_of_an_english_book_speaks_english(page: Page, address: str) -> None:
    """Though the site is Korean."""
    assert results(page, f"{address}/course", "recording", "search-guide")
    assert not re.search("[가-힣]", page.locator("[role=main]").inner_text())
    assert page.title() == "Search - sphinx-await"
    assert results(page, f"{address}/course", "qqqqqqqq", "search-guide") == []
    assert page.locator(".search-summary").inner_text() == "Nothing was found. Try other words."


def test_what_was_typed_wrongly_is_said(page: Page, address: str) -> None:
    """So that nobody wonders at the results."""
    results(page, f"{address}/course", "제너래이터")
    assert "제너래이터 → 제너레이터" in page.locator(".search-summary").inner_text()


def test_nothing_found_is_said_in_a_sentence(page: Page, address: str) -> None:
    """One that speaks of nothing that is not there."""
    assert results(page, f"{address}/course", "쀍쀍쀍쀍") == []
    assert page.locator(".search-summary").inner_text() == "찾은 곳이 없습니다. 다른 낱말로 찾아보세요."


@pytest.mark.parametrize("query", ["(", "*", "\\", "[가", "a" * 300, "가" * 200, "<b>x</b>", "&quot;", "🦆", "ㅋㅋ"])
def test_odd_queries_break_nothing(page: Page, address: str, query: str) -> None:
    """Whatever is typed is text."""
    results(page, f"{address}/course", query)
    assert page.locator("#search-results b").count() == 0


def test_syllables_that_are_taken_apart_are_found(page: Page, address: str) -> None:
    """As macOS gives them."""
    assert results(page, f"{address}/course", unicodedata.normalize("NFD", "코루틴은")) == results(
        page, f"{address}/course", "코루틴은"
    )


def test_files_are_searched_without_a_server(browser: Browser, built: Path) -> None:
    """With excerpts, which Sphinx's own search cannot give there."""
    page = browser.new_page()
    page.goto(f"{(built / 'www' / 'course' / 'search.html').as_uri()}?q={quote('순서')}")
    page.wait_for_selector("#search-results li p.context .highlighted")
    assert page.locator("#search-results li a").first.get_attribute("href")
    page.close()


#: A small site in which each page is about one thing, and queries whose words no page has, with the page they mean, and
#: what the line above the results says of them.
SMALL = {
    "index": "홈\n==\n\n.. toctree::\n   :glob:\n\n   *\n",
    "queue": "줄\n==\n\n큐 하나에 작업 여럿을 넣습니다. asyncio.Queue 참고. full 확인.\n",
    "shield": "보호\n====\n\nasyncio.shield 함수로 감쌉니다.\n",
    "shared": "공유\n====\n\nshared 값과 큐 둘과 file 하나.\n",
    "group": "모임\n====\n\n태스크 그룹 안에서 기다립니다.\n",
    "speed": "빠르기\n======\n\n속도 제한 두기. 프레임워크마다 다름.\n",
}
UNKNOWN_WORDS = {
    "작업큐": ("queue", ""),
    "asyncio.queuefull": ("queue", ""),
    "asyncio.shielf": ("shield", "shielf → shield"),
    "asycnio.shield": ("shield", "asycnio → asyncio"),
    "쉴드로": ("shield", "쉴드로 → shield"),
    "frameworks": ("speed", "frameworks → 프레임워크"),
    "쓰로틀링두기": ("speed", ""),
    "타스크그릅": ("group", "타스크그릅 → 태스크 그룹"),
    "rate limiting": ("speed", ""),
    "fire": (None, ""),
    "모임 작업": ("group", ""),
}


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the address of the search page of a small site, built without the analyser."""
    project = Project(tmp_path_factory.mktemp("small") / "project")
    project.write(
        "conf.py",
        'extensions = ["korean_search"]\nlanguage = "ko"\nkorean_search_analyser = "rules"\n'
        'korean_search_synonyms = "words.txt"\n',
    )
    project.write("words.txt", "태스크 그룹 = TaskGroup\n속도 제한 = rate limit = 쓰로틀링\n")
    for name, text in SMALL.items():
        project.write(f"{name}.rst", text)
    built = project.build("-W")
    assert built.status == 0, built.err
    return built.folder.as_uri()


@pytest.mark.parametrize("query", UNKNOWN_WORDS)
def test_a_word_that_no_page_has_is_understood(browser: Browser, small_site: str, query: str) -> None:
    """By its parts, by its sound, by the word that it misspells; and if by nothing, nothing is found."""
    wanted, said = UNKNOWN_WORDS[query]
    page = browser.new_page()
    found = first_pages(results(page, small_site, query))
    assert (found[0] if found else None) == wanted
    if said:
        assert said in page.locator(".search-summary").inner_text()
    page.close()


def test_a_rare_word_hides_no_page_that_has_the_others(browser: Browser, small_site: str) -> None:
    """Of few pages none is left out because it lacks half of what is asked."""
    page = browser.new_page()
    assert set(first_pages(results(page, small_site, "감쌉니다 큐"))) == {"shield", "queue", "shared"}
    page.close()


@pytest.mark.parametrize(("theme", "builder"), [("alabaster", "html"), ("classic", "dirhtml")])
def test_other_themes_and_builders_have_it(browser: Browser, tmp_path: Path, theme: str, builder: str) -> None:
    """No template is needed; objects that are described are found, too."""
    project = Project(tmp_path / "project")
    project.write(
        "conf.py",
        f'extensions = ["korean_search"]\nlanguage = "ko"\nkorean_search_analyser = "rules"\nhtml_theme = "{theme}"\n',
    )
    project.write("index.rst", "홈\n==\n\n.. toctree::\n\n   part/one\n")
    project.write("part/one.rst", "하나\n====\n\n.. py:function:: fetch\n\n   순서를 지킵니다.\n")
    built = project.build("-W", builder=builder)
    assert built.status == 0, built.err
    search = built.folder / ("search.html" if builder == "html" else "search/index.html")
    page = browser.new_page()
    page.goto(f"{search.as_uri()}?q={quote('순서')}")
    page.wait_for_selector("#search-results li p.context .highlighted")
    link = page.locator("#search-results li a").first
    assert (link.get_attribute("href") or "").endswith("part/one.html" if builder == "html" else "part/one/")
    page.goto(f"{search.as_uri()}?q=fetch")
    page.wait_for_selector("#search-results li.kind-object")
    page.close()
