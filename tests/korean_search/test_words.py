"""What a Korean text is found by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from korean_search.analysis import KiwiAnalyser, RuleAnalyser, other_words
from korean_search.endings import is_rest
from korean_search.synonyms import SynonymsError, read_synonyms

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def kiwi() -> KiwiAnalyser:
    """Give the analyser, loaded once."""
    pytest.importorskip("kiwipiepy", reason="the analyser of korean_search is not installed: pip install kiwipiepy")
    return KiwiAnalyser(["코루틴"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("실행 순서를 관리합니다", {"순서", "관리"}),
        ("비동기 작업의 시간제한", {"비동기", "시간", "제한", "시간제한"}),
        ("락을 쥐고", {"락", "쥐다"}),
        ("친구를 도왔습니다", {"친구", "돕다"}),
        ("막혔습니다", {"막히다"}),
        ("asyncio로 코루틴을", {"asyncio", "코루틴"}),
    ],
)
def test_inflected_words_have_the_form_of_dictionaries(kiwi: KiwiAnalyser, text: str, words: set[str]) -> None:
    """Nouns without particles, verbs with 다, compounds whole and in parts."""
    assert words <= set(kiwi.words(text))


def test_letters_of_macos_are_syllables(kiwi: KiwiAnalyser) -> None:
    """A text whose syllables are taken apart has the words of one whose are not."""
    assert "순서" in kiwi.words("\u1109\u116e\u11ab\u1109\u1165\u1105\u1173\u11af")
    assert "순서" in RuleAnalyser().words("\u1109\u116e\u11ab\u1109\u1165\u1105\u1173\u11af")


@pytest.mark.parametrize(
    ("text", "inflected"),
    [
        ("기다리는", "기다리다 기다렸어요 기다립니다 기다려 기다린 기다림"),
        ("서로 돕는 친구", "돕다 도왔다 도우면 돕는"),
        ("소리를 만드는 사람", "만들다 만듭니다 만든 만들어"),
        ("흘러서", "흐르다 흘렀다 흐르는"),
        ("물을 부었다", "붓다 부으면 부어"),
        ("어려운", "어렵다 어려웠어요 어려움"),
    ],
)
def test_every_inflected_form_begins_with_a_form_of_the_index(kiwi: KiwiAnalyser, text: str, inflected: str) -> None:
    """So a page can know the verb of what a reader types without an analyser."""
    verb = inflected.split(maxsplit=1)[0]
    assert verb in kiwi.words(text)
    forms = kiwi.forms(verb)
    for word in inflected.split():
        assert any(word.startswith(form) and is_rest(word[len(form) :]) for form in forms), (word, forms)


def test_only_verbs_and_adjectives_have_forms(kiwi: KiwiAnalyser) -> None:
    """A noun that ends with 다 is none."""
    kiwi.words("바다에서 기다리다")
    assert kiwi.forms("바다") == []


def test_rules_take_off_particles_and_endings() -> None:
    """Without an analyser the beginnings of a word stand for its noun."""
    words = set(RuleAnalyser().words("순서대로 관리합니다. asyncio로"))
    assert {"순서", "관리", "asyncio"} <= words
    assert RuleAnalyser().forms("기다리다") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__aenter__", ["__aenter__", "aenter"]),
        ("asyncio.TaskGroup", ["asyncio", "taskgroup", "task", "group"]),
        ("create_task", ["create_task", "create", "task"]),
        ("코루틴", []),
    ],
)
def test_identifiers_are_found_whole_and_by_their_parts(text: str, words: list[str]) -> None:
    """Underscores and capitals part them."""
    assert list(other_words(text)) == words


@pytest.mark.parametrize("rest", ["", "는", "에서는", "입니다", "하고", "되었습니다", "들의", "이란", "했는데요"])
def test_particles_and_endings_may_follow(rest: str) -> None:
    """Several in a row, too."""
    assert is_rest(rest)


@pytest.mark.parametrize("rest", ["턴", "너레이터", "력"])
def test_other_syllables_may_not_follow(rest: str) -> None:
    """They are another word."""
    assert not is_rest(rest)


def test_a_list_of_synonyms_has_a_group_on_each_line(tmp_path: Path) -> None:
    """In lower case, with single spaces, each word once."""
    path = tmp_path / "synonyms.txt"
    path.write_text("\ufeff# comment\n타임아웃 = 시간  제한 = Timeout = timeout # why\n\n", encoding="utf-8")
    assert read_synonyms(path) == (("타임아웃", "시간 제한", "timeout"),)


@pytest.mark.parametrize("line", ["타임아웃", "락 =", "= Lock", "락 == Lock"])
def test_a_line_that_is_no_group_is_an_error_with_file_and_line(tmp_path: Path, line: str) -> None:
    """And says how one is written."""
    path = tmp_path / "synonyms.txt"
    path.write_text(f"# first\n{line}\n", encoding="utf-8")
    with pytest.raises(SynonymsError, match=r"synonyms\.txt:2: write words with the same meaning"):
        read_synonyms(path)


def test_a_list_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """It is not there, or is not UTF-8."""
    with pytest.raises(SynonymsError, match="cannot be read"):
        read_synonyms(tmp_path / "none.txt")
    (tmp_path / "latin.txt").write_bytes(b"\xff = a\n")
    with pytest.raises(SynonymsError, match="cannot be read"):
        read_synonyms(tmp_path / "latin.txt")
