"""The page on benchmarks in Korean: its texts, and the words of its tables."""

from __future__ import annotations

import re
from functools import partial

from .page_texts import PageTexts

_HEAD = """\
---
lang: ko
description: 강좌를 빌드하는 데 걸리는 시간을 Sphinx만 쓸 때, 그리고 프로그램을 실행하는 다른 도구를 쓸 때와 견줍니다.
---

# 벤치마크

이 페이지는 강좌를 빌드하는 데 걸리는 시간을 견줍니다. sphinx-await를 쓸 때와 Sphinx만 쓸 때, 그리고 페이지의 프로그램을 실행하는 다른 도구를 쓸 때입니다. 페이지에 나온 시간이 맞는지도 확인합니다. 여기 있는 것은 모두 {date}에 `nox -s bench`를 한 번 실행해서 얻었고({repetitions}), `python tests/bench/report.py`가 적었습니다.
{quick}
## 목표와 잰 값

`floor`는 같은 페이지를 Sphinx와 myst-parser만으로 빌드한 것입니다. 아무것도 실행하지 않습니다.

{targets}

{small}## 강좌

시간은 실제로 흐른 초이고, 여러 번 잰 값의 중앙값입니다. "실행한 프로그램"에는 네 가지 빌드의 수가 차례로 있습니다. sphinx-await가 알린 것이고, 다른 도구는 알리지 않습니다. "MiB"는 처음 빌드에서 가장 컸던 상주 메모리입니다. 빌드하는 프로세스와 그것이 기다린 프로세스 가운데 가장 큰 하나의 것입니다. 표에 없는 도구는 그 강좌에서 재지 않았습니다. 그래프는 처음 빌드를 보여 줍니다. 막대는 중앙값이고, 그 안의 선은 가장 빨랐던 빌드에서 가장 느렸던 빌드까지 이어집니다.

"""

_SMALL = """\
## 작은 프로그램

1ms를 쉬고 한 줄을 출력하는 프로그램 하나에 드는 것입니다. Sphinx 없이, 프로그램 {programs}개씩 {rounds}번을 번갈아 쟀습니다. *맨 포크*는 asyncio를 임포트한 파이썬을 포크한 것입니다. 프로그램을 실행하고 뒷정리 없이 나가며, 코어의 수만큼 한꺼번에 실행합니다. 엔진은 그 밖에 프로그램을 저마다 떼어 놓고, 기록하고, 그 기록을 읽고, 출력마다 시각을 답니다. 프로세서 시간은 빌드하는 프로세스, 프로그램을 시작하는 서버, 프로그램의 것을 더한 것입니다.

{table}

"""

_QUICK = """
```{warning}
이것은 `--quick`으로 잰 것입니다. 강좌가 작아서 숫자에 뜻이 없습니다.
```
"""

_TAIL = """\
## 어떻게 쟀나

강좌는 모두 만들어 낸 것이고, 글이 언제나 같습니다. 도구마다 그 도구의 마크업으로 적습니다. 글과 프로그램, 테마(alabaster), 빌더(HTML)는 같습니다. 프로그램은 어느 도구에도 없는 것을 쓰지 않습니다. `time.sleep`을 호출하거나 계산할 뿐입니다. `tiny-asyncio`의 프로그램은 이 강좌의 장처럼 `asyncio.run`을 호출합니다. `course`라는 강좌는 이 저장소의 것이고 테마도 이 저장소의 것입니다. 그 페이지가 쓰는 이 프로젝트의 디렉티브를 Sphinx만으로는 알지 못합니다.

도구는 다음과 같습니다.

{tools}

빌드는 네 가지이고, 다음 차례로 합니다.

- *처음*: 출력 폴더도 캐시도 없습니다.
- *그대로*: 아무것도 바뀌지 않았습니다. `sleepy`와 `tiny`에서는 3%까지 견주어야 하므로, Sphinx만 쓸 때와 이 프로젝트를 쓸 때를 반복마다 25번 빌드합니다.
- *프로그램 고침*: 강좌 가운데에 있는 프로그램 하나에서 한 줄이 바뀌었습니다.
- *글 고침*: 같은 장의 문단에 한 문장이 늘었습니다.

반복마다 모든 도구가 첫째 빌드를 하고, 그다음 모든 도구가 둘째 빌드를 합니다. 반복마다 다른 도구부터 시작합니다. 그 전에 도구마다 프로그램이 하나인 강좌를 빌드하는데, 이것은 세지 않습니다. `sphinx-build` 프로세스를 시작부터 끝까지 잽니다. 프로그램을 실행하는 도구가 만들어 낸 강좌를 빌드하고 나면, 모든 프로그램이 출력했어야 하는 것을 페이지에서 찾습니다(고친 프로그램은 이제 출력하는 것). 하나라도 없거나 종료 상태가 0이 아니면 실패한 빌드입니다.

*보여 준 시간과 혼자 걸린 시간*: 처음 빌드 뒤에 프로그램을 하나씩 `python -m sphinx_await run`으로 혼자 다시 실행합니다. 페이지에 나온 시간을 그 시간과 견줍니다.

## 컴퓨터

{machine}

## 숫자가 말하지 않는 것

- 코어가 적은 컴퓨터 한 대에서 잰 것입니다. 코어가 많으면 계산하는 프로그램은 빨라지고, 쉬는 프로그램은 거의 그대로입니다.
- 프로그램이 짧고 서로 비슷합니다. 진짜 장은 더 많이 임포트하고 출력하며, 프로그램마다 글도 더 많습니다. 임포트에 드는 시간은 도구마다 다릅니다. 프로그램마다 인터프리터를 시작하면 매번 들고, 커널이나 포크 서버는 한 번만 듭니다.
- 도구마다 하는 일이 다릅니다. 커널은 한 페이지의 셀을 프로세스 하나에서 실행하므로, 셀은 다른 셀이 정의한 것을 쓸 수 있습니다. sphinx-gallery도 스크립트를 그렇게 실행합니다. sphinx-exec-code와 sphinx-await는 프로그램마다 프로세스를 하나씩 줍니다. 프로그램을 떼어 놓지 않는 도구는 그만큼 시간이 덜 들고, 더 많은 일을 하는 도구는 더 들 수 있습니다.
- sphinx-gallery는 내려받을 노트북과 압축 파일도 스크립트마다 만들고, 그 시간도 들어 있습니다.
- 메모리는 프로세스 하나의 것입니다. 프로그램이 쓴 메모리는 들어 있지 않습니다.
- 네트워크에 대해서는 아무것도 말하지 않습니다. 여기 있는 프로그램은 아무 곳에도 연결하지 않습니다.
- 백분의 몇 초쯤의 차이는 잡음입니다. 반복 사이의 가장 큰 차이를 표마다 그 아래에 적었습니다.

영어로는 [Benchmarks](../benchmarks.md)에 같은 것이 있습니다.
"""

_PHASES = {"cold": "처음", "unchanged": "그대로", "snippet edited": "프로그램 고침", "prose edited": "글 고침"}
_BUILD = "|".join(_PHASES)
_KINDS = {"wall": "실제로 흐른", "processor": "프로세서"}
_COLUMNS = {
    "tool": "도구",
    "programs run": "실행한 프로그램",
    "what": "무엇",
    "target": "목표",
    "measured": "잰 값",
    "met?": "이루었나",
    "yes": "예",
    "NO": "아니요",
    "failed": "실패",
    "course": "강좌",
    "phase": "빌드",
    "times": "횟수",
    "why": "까닭",
    "ms a program": "프로그램마다 ms",
    "wall": "실제로 흐른 시간",
    "processor": "프로세서",
    "builder": "빌드",
    "server": "서버",
    "programs": "프로그램",
    "n/a": "없음",
    "wall, times bare": "실제로 흐른 시간, 맨 포크의 몇 배",
    "processor, times bare": "프로세서, 맨 포크의 몇 배",
    "Targets": "목표",
    "Small programs": "작은 프로그램",
    "Failed builds": "실패한 빌드",
    **_PHASES,
}
_NUMBER = r"([\d.]+)"
#: What cells, titles and notes say, in the order in which it is replaced; what is left is names and numbers.
_PHRASES: tuple[tuple[str, str], ...] = (
    # titles of courses
    (r"(\d+) programs on (\d+) pages, ", r"페이지 \2개에 프로그램 \1개, "),
    (rf"; {_NUMBER} s in all", r"; 모두 \1초"),
    (rf"sleep {_NUMBER} to {_NUMBER} s each", r"저마다 \1초에서 \2초까지 쉼"),
    (rf"sleep {_NUMBER} ms each", r"저마다 \1ms 쉼"),
    (rf"compute {_NUMBER} s each", r"저마다 \1초 계산"),
    (r", under `asyncio\.run`", ", `asyncio.run`으로"),
    (r"this repository's own chapters, conf\.py and theme", "이 저장소의 장과 conf.py와 테마"),
    (
        rf"Slowest over fastest repetition: at worst (\S+) \((.+), ({_BUILD})\)\.",
        r"가장 느린 반복과 가장 빠른 반복의 차이: 커도 \1 (\2, \3).",
    ),
    (r"These are small courses.*", "벤치마크를 해 보기 위한 작은 강좌입니다. 목표는 이런 강좌의 것이 아닙니다."),
    (r" \(some failed\)", " (일부 실패)"),
    # promises
    (r": faster than exec-code", ": exec-code보다 빠른 정도"),
    (r"by the loop's best speed", "반복문이 가장 빨랐을 때의 속도로"),
    (r"by what its programs took alone", "프로그램이 혼자 걸린 시간으로"),
    (r"one program edited", "프로그램 하나를 고침"),
    (r": programs that run", ": 실행되는 프로그램"),
    (r"(wide-\d+) to (wide-\d+)", r"\1에서 \2까지"),
    (r"a program's time, plain Sphinx", "프로그램마다 걸린 시간, Sphinx만"),
    (r"a program's time", "프로그램마다 걸린 시간"),
    (r"the builder's memory at its peak", "빌드하는 프로세스가 가장 많이 쓴 메모리"),
    (r"a small (\w+) program, (wall|processor) time", r"작은 \1 프로그램, \2 시간"),
    (r"median of times shown, against alone", "보여 준 시간의 중앙값과 혼자 걸린 시간"),
    (r"times shown, against alone", "보여 준 시간과 혼자 걸린 시간"),
    (r"waited for a core", "코어를 기다린 시간"),
    # limits
    (r"floor \+ longest", "floor + 가장 긴 것"),
    (rf"{_NUMBER} s computing / cores", r"계산 \1 s / 코어"),
    (r"floor \+ its time", "floor + 걸리는 시간"),
    (r"95 % within (max\(.+\))", r"95 %가 \1 안"),
    (r"95 % at most 10 ms", "95 %가 10 ms 이하"),
    (r"^within 5 %", "5 % 안"),
    (r"a bare fork", "맨 포크"),
    (r"\(for information\)", "(참고)"),
    # what was measured
    (rf"{_NUMBER} of it \({_NUMBER} to {_NUMBER}\)", r"그 \1배 (\2에서 \3까지)"),
    (rf"; {_NUMBER} programs ran again, for {_NUMBER} s of it", r"; 그 가운데 \2 s는 프로그램 \1개를 다시 실행"),
    (r"; none ran again", "; 다시 실행한 것 없음"),
    (rf"; of processor time {_NUMBER} × floor", r"; 프로세서 시간은 \1 × floor"),
    (r"(\d+) in each of (\d+) builds", r"빌드 \2번에서 모두 \1"),
    (r"(\d+) in ([\w-]+)", r"\2에서 \1"),
    (rf"{_NUMBER} and {_NUMBER} ms a program", r"프로그램마다 \1 ms와 \2 ms"),
    (rf"{_NUMBER} and {_NUMBER} KiB of the builder's memory", r"빌드하는 프로세스의 메모리 \1 KiB와 \2 KiB"),
    (rf"× \({_NUMBER} to {_NUMBER}\)", r"× (\1에서 \2까지)"),
    (rf"{_NUMBER}% of (\d+); at worst (.+) apart", r"\2개의 \1%; 커도 \3 차이"),
    (rf"{_NUMBER}% of (\d+); at worst ", r"\2개의 \1%; 길어도 "),
    # ways to run a small program
    (r", bare fork$", ", 맨 포크"),
    (r", engine, no sandbox$", ", 샌드박스 없는 엔진"),
    (r", engine$", ", 엔진"),
    (r"^plain(?=,)", "보통"),
    # tools
    (r"plain Sphinx and myst-parser: nothing runs", "Sphinx와 myst-parser만: 아무것도 실행하지 않음"),
    (r"a fresh process a program, all at once", "프로그램마다 새 프로세스, 모두 한꺼번에"),
    (r"the same, `sphinx-build -j 2`", "같은 것을 `sphinx-build -j 2`로"),
    (r"a fresh interpreter a program, one after another", "프로그램마다 새 인터프리터, 하나씩 차례로"),
    (r"myst-nb, execution mode (`\w+`): a kernel a chapter", r"myst-nb, 실행 방식 \1: 장마다 커널 하나"),
    (
        r"myst-nb, execution mode (`\w+`): the same, with jupyter-cache",
        r"myst-nb, 실행 방식 \1: 같은 것을 jupyter-cache와 함께",
    ),
    (r"a script a chapter, its programs are cells", "장마다 스크립트 하나, 프로그램은 그 셀"),
    # the machine
    (r", commit (\w+\+?)$", r", 커밋 \1"),
    (r", (\d+) cores, ", r", 코어 \1개, "),
    (
        rf"system load (.+) and (.+), computing loop {_NUMBER} and {_NUMBER} million turns a second .+",
        r"시스템 부하 \1, \2, 계산하는 반복문은 1초에 \3백만 번과 \4백만 번 (재기 시작할 때와 끝났을 때)",
    ),
    # a name of a course or of a build, and which build it was
    (rf"(?<=, )({_BUILD})(?=[,:)]|$)", r"\1"),
    (rf"^({_BUILD})(?=: )", r"\1"),
)
_WORDS = {**_PHASES, **_KINDS}


def korean(text: str) -> str:
    """A cell, a title or a note of a table, or a line on the machine or a tool; names stay as they are."""
    if text in _COLUMNS:
        return _COLUMNS[text]
    for pattern, written in _PHRASES:
        text = re.sub(pattern, partial(_filled, written=written), text)
    return text


def _filled(found: re.Match[str], written: str) -> str:
    """What is written for a phrase, with its parts, which may be a build or a kind of time."""
    return re.sub(r"\\(\d)", lambda number: _WORDS.get(found[int(number[1])], found[int(number[1])]), written)


KOREAN = PageTexts(
    _HEAD,
    _SMALL,
    _QUICK,
    _TAIL,
    "빌드마다 한 번",
    "빌드마다 {}번",
    (":data: ../benchmarks.json", ":label: 처음 빌드"),
    korean,
)
