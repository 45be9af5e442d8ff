"""What readers of the course look for, and the pages that must be among the first three results.

``python -m tests.browser.searches FOLDER`` says how many a built site finds, and which it does not.
"""

from __future__ import annotations

import functools
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from playwright.sync_api import sync_playwright

from .chromium import launch

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Each line: a query, and the pages.
_LINES = """
# nouns
순서 = asyncio/turns asyncio
관리 = asyncio
동시 = asyncio
경고 = asyncio
호출 = asyncio generator
요청 = asyncio/time-limits
인자 = metaclass
루프 = asyncio asyncio/blocking
예외 = asyncio/nothing-happens asyncio/together
취소 = asyncio/cancellation
시간 = asyncio/time-limits
태스크 = asyncio/task-life asyncio
코루틴 = asyncio generator
이벤트 루프 = asyncio asyncio/blocking
시간 제한 = asyncio/time-limits
제어권 = asyncio
스케줄러 = generator asyncio
스레드 = asyncio/blocking
상속 = metaclass
평균 = generator
식탁 = asyncio
# one syllable
락 = asyncio/shared-values
큐 = asyncio/how-many
값 = asyncio/shared-values
줄 = asyncio
# inflected
관리합니다 = asyncio
순서는 = asyncio/turns asyncio
순서대로 = asyncio/turns asyncio
기다리다 = asyncio/together
기다리는 = asyncio/together
기다렸습니다 = asyncio/together
기다려야 = asyncio/together
멈추다 = generator asyncio
멈춥니다 = asyncio generator
멈췄어요 = generator asyncio
막히다 = asyncio/blocking
막혔을 때 = asyncio/blocking
막힘 = asyncio/blocking
잊다 = asyncio
잊었어요 = asyncio
취소하는 방법 = asyncio/cancellation
취소되었습니다 = asyncio/cancellation
닫기 = generator
닫는 = generator
보내기 = generator
넘겨주다 = asyncio
돌려받기 = asyncio
번갈아 = generator
걸린 시간 = asyncio asyncio/time-limits
태스크들을 = asyncio/task-life
코루틴이란 = asyncio generator
비동기란 무엇인가 = asyncio
제너레이터란? = generator
메타클래스는 언제 쓰나요 = metaclass
# parts, compounds, spaces
예외그룹 = asyncio/together
시간제한 = asyncio/time-limits
이벤트루프 = asyncio asyncio/blocking
동시실행 = asyncio
약한참조 = asyncio/task-life
파이프 라인 = generator
제너레이터표현식 = generator
예외처리 = asyncio/nothing-happens
데코 레이터 = metaclass
# Latin, and Latin in Korean
asyncio로 = asyncio
await를 = asyncio
await 잊음 = asyncio
time.sleep = asyncio
asyncio.sleep() = asyncio
asyncio.gather = asyncio asyncio/together
gather = asyncio asyncio/together
TaskGroup = asyncio/together
task group = asyncio/together
create_task = asyncio/task-life
Lock = asyncio/shared-values
aiohttp = asyncio
ClientSession = asyncio
client session = asyncio
async with = asyncio/with-and-for
async for = asyncio/with-and-for
비동기 제너레이터 = asyncio/with-and-for
aclosing = asyncio/with-and-for
Unclosed client session = asyncio/with-and-for
Ctrl+C = asyncio/cancellation
KeyboardInterrupt = asyncio/cancellation
일정한 간격 = asyncio/time-limits
__aenter__ = asyncio/with-and-for
컨텍스트 매니저 = asyncio/with-and-for
yield from = generator
yield = generator
send = generator
__init_subclass__ = metaclass
init_subclass = metaclass
__set_name__ = metaclass
to_thread = asyncio/blocking
StopIteration = generator
generators = generator
coroutine = asyncio generator
cancelled = asyncio/cancellation
Ａｓｙｎｃｉｏ = asyncio
타임아웃 = asyncio/time-limits
세마포어 = asyncio/how-many
뮤텍스 = asyncio/shared-values
데드락 = asyncio/shared-values
경쟁 상태 = asyncio/shared-values
이벤트 루프 막는 코드 = asyncio/blocking
병렬 = asyncio/blocking
# error messages, printed output
coroutine was never awaited = asyncio/nothing-happens
RuntimeWarning: coroutine 'fetch' was never awaited = asyncio/nothing-happens
never awaited = asyncio/nothing-happens
'await' outside async function = asyncio/nothing-happens
asyncio.run() cannot be called from a running event loop = asyncio/nothing-happens
object NoneType can't be used in 'await' expression = asyncio/nothing-happens
'coroutine' object is not subscriptable = asyncio/nothing-happens
attached to a different loop = asyncio/nothing-happens
Event loop is closed = asyncio/nothing-happens
Task exception was never retrieved = asyncio/nothing-happens
CancelledError = asyncio/cancellation
shield = asyncio/cancellation
as_completed = asyncio/together
재시도 = asyncio/time-limits
배압 = asyncio/how-many
속도 제한 = asyncio/how-many
task_done = asyncio/how-many
BoundedSemaphore = asyncio/how-many
subprocess = asyncio/blocking
FastAPI = asyncio/blocking
Barrier = asyncio/shared-values
raise_for_status = asyncio/time-limits
unittest = asyncio/nothing-happens
start_server = asyncio/with-and-for
스트림 = asyncio/with-and-for
GeneratorExit = generator
주소가 잘못됨 = asyncio/together
라면 한 그릇 = asyncio
꽥꽥 = metaclass
물이 끓었습니다 = index
# typing errors
제너래이터 = generator
코루팀 = asyncio generator
테스크 = asyncio/task-life asyncio
메타클레스 = metaclass
asycnio = asyncio
세마포아 = asyncio/how-many
이밴트 루프 = asyncio asyncio/blocking
ghcnf = asyncio generator
"""
SEARCHES = {
    query.strip(): pages.split()
    for query, _, pages in (line.partition(" = ") for line in _LINES.splitlines() if line and line[0] != "#")
}


def results(page: Page, address: str, query: str, search: str = "search") -> list[str]:
    """The links of all results in order, as their pages have them."""
    page.goto(f"{address}/{search}.html?q={quote(query)}")
    # The dots that stand for waiting go when all results are written.
    page.wait_for_function("Search.title && !Search.title.contains(Search.dots)")
    links = page.locator("#search-results ul.search > li > a").evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    return [unquote(link) for link in links]


def first_pages(links: list[str], number: int = 3) -> list[str]:
    """The pages that the first links lead to."""
    return [link.partition("#")[0].removesuffix(".html") for link in links[:number]]


def main(folder: str) -> None:
    """Print what is not found, and how many are."""
    handler = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    good = 0
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        for query, wanted in SEARCHES.items():
            found = first_pages(results(page, f"http://127.0.0.1:{server.server_port}", query))
            if set(wanted) <= set(found):
                good += 1
            else:
                print(f"{query}: {' '.join(found) or '-'}; wanted {' '.join(wanted)}")
        browser.close()
    server.shutdown()
    print(f"{good} of {len(SEARCHES)} searches find all their pages among the first three")


if __name__ == "__main__":
    main(sys.argv[1])
