"""One page of advice for the console."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ...core.model.snippet import Snippet
    from .causes import Cause
    from .trials import Advice

_PLACES, _DETAILS = 3, 6
_LONGEST = 40


def advice_page(advice: Sequence[Advice], start: str) -> Iterator[str]:
    """What ran, what failed and the likely option for each, grouped.

    :param start: the folder from which places are named.
    """
    pages = len({one.page.file for one in advice})
    running = [one for one in advice if one.runs]
    total = f"{_counted(len(advice), 'program')} on {_counted(pages, 'page')}"
    yield f"{total}: {len(running)} can run, {len(advice) - len(running)} cannot."
    yield ""
    by_words = Counter(" ".join(one.words) for one in running)
    plain = by_words.pop("", 0)
    yield f"{plain:5}  run as they are"
    for words, count in by_words.most_common():
        yield f"{count:5}  run with {words}"
        yield from _places([one.snippet for one in running if " ".join(one.words) == words], start)
    causes: dict[Cause, list[tuple[Snippet, str]]] = {}
    for one in advice:
        if not one.runs and one.diagnosis is not None:
            causes.setdefault(one.diagnosis.cause, []).append((one.snippet, one.diagnosis.detail))
    for cause, found in sorted(causes.items(), key=lambda item: -len(item[1])):
        yield from group_lines(cause, found, start)


def group_lines(cause: Cause, found: Sequence[tuple[Snippet, str]], start: str) -> Iterator[str]:
    """The programs that fail for one cause.

    :param found: each with what differs: a name, a module.
    """
    yield f"{len(found):5}  {cause.words}"
    yield f"       -> {cause.advice}"
    details = Counter(detail for _, detail in found if detail)
    if details:
        most = [f"{_short(detail)} ({count})" for detail, count in details.most_common(_DETAILS)]
        rest = len(details) - len(most)
        yield f"          {', '.join(most)}{f' and {rest} more' if rest else ''}"
    yield from _places([snippet for snippet, _ in found], start)


def _places(snippets: Sequence[Snippet], start: str) -> Iterator[str]:
    places = [f"{shown_path(one.file, start)}:{one.line_in_file(1)}" for one in snippets]
    rest = len(places) - _PLACES
    yield f"          {', '.join(places[:_PLACES])}{f' and {rest} more' if rest > 0 else ''}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
