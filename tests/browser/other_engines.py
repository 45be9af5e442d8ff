"""What engines other than Chromium's are asked on a page, and how their answers are judged."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..conftest import HERE, PROJECT
from ..support.course_programs import ONLY_BUILT, prints_the_same
from .searches import SEARCHES, is_found

if TYPE_CHECKING:
    from .reader import Reader


def _function(name: str, file: str) -> str:
    """A function of a figure, from a script that exports it."""
    text = (HERE / "browser" / file).read_text(encoding="utf-8").replace("export function", "function")
    return f"(figure) => {{ {text}; return {name}(figure); }}"


#: What a player shows at a step, and what came of a program: functions of a figure.
SHOWN = _function("playerState", "player_state.mjs")
CAME_OF = _function("runState", "run_state.mjs")
#: A run that readers can run and step through.
STEPPED_RUN = "figure.await-run:has(> .await-outputs):has(.await-step):has(.await-go)"
#: A run of each is stepped through: tasks that wait for each other, and a loop that is held.
STEPPED = ("course/asyncio.html", "course/asyncio/blocking.html")
#: The page where readers edit a program and solve an exercise, and where they begin to search.
PAGE, START = "course/asyncio.html", "course/index.html"
#: What is typed at the end of a program, and the line that it then prints last.
TYPED, TYPED_PRINTS = 'print("mine", 1 + 1)', "mine 2"
#: The lines that a reader's run of a figure has printed.
MINE = ".await-mine .await-stdout .await-text"
#: The exercise, the figure where it is solved, and the sentences for an answer that is wrong and for one that is right.
EXERCISE = '[data-await-exercise="two-orders"]'
ANSWERED = 'figure[data-name="two-orders"]'
TOLD = "커피를 준비하는 시간이 줄었습니다."
SOLVED = "모두 해냈습니다. 이 프로그램은 문제를 풉니다."
#: What readers look for: a noun, a verb, a compound, Latin, a message, a typing error.
SEARCHED = ("순서", "기다렸습니다", "시간제한", "TaskGroup", "Event loop is closed", "제너래이터")
#: Whether all results are written: the dots that stand for waiting have gone.
IS_SEARCHED = "() => typeof Search !== 'undefined' && Boolean(Search.title) && !Search.title.contains(Search.dots)"
RESULTS = "#search-results ul.search > li > a"


def answers() -> tuple[str, str]:
    """A wrong answer to the exercise, whose coffee is ready too early, and the course's own."""
    text = (PROJECT / "source" / "asyncio.md").read_text(encoding="utf-8")
    solution = text.partition("{exec_solution}\n")[2].partition("```")[0]
    return solution.replace("0.3", "0.1"), solution


def judge_searches(links: dict[str, list[str]]) -> None:
    """The first three results of each search must lead to the pages that it is looking for.

    :raises AssertionError: one does not.
    """
    assert [query for query in SEARCHED if not is_found(SEARCHES[query], links[query])] == []


def steps_of(reader: Reader, name: str) -> list[Any]:
    """What Chromium shows at each step of the first run of a page that readers can run and step through."""
    page = reader.open(name)
    run = page.locator(STEPPED_RUN).first
    run.locator(".await-step").first.click()
    player = run.locator(".await-player:visible")
    player.wait_for()
    shown = [run.evaluate(SHOWN)]
    for _ in range(int(player.get_by_role("slider").get_attribute("max") or 0)):
        player.get_by_role("button", name="한 걸음 앞으로").click()
        shown.append(run.evaluate(SHOWN))
    return shown


def judge_programs(runs: list[dict[str, Any]]) -> None:
    """What came of the programs of some pages must be what the pages say, drawn where they draw it.

    :raises AssertionError: something else came of one.
    """
    assert {run["title"] for run in runs if run["only"]} == {run["title"] for run in runs} & set(ONLY_BUILT) != set()
    for run in runs:
        if run["only"]:
            assert ONLY_BUILT[run["title"]] in run["only"]
        elif run["newer"]:  # it is for newer Pythons than the one that built the page
            assert run["mine"], run
        else:
            assert prints_the_same(run["title"], run["built"], run["mine"]), run
            # Before 3.12 no turns of generators are recorded, and the browser has a newer Python.
            is_turned = sys.version_info < (3, 12) and run["page"] == "course/generator.html"
            assert run["drawn"] == run["pictured"] or (is_turned and run["drawn"]), run
