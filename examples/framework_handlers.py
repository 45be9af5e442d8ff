import asyncio
import inspect
import time


def by_def():
    time.sleep(0.3)


async def by_async_def():
    time.sleep(0.3)


async def handle(function):  # 프레임워크가 하는 일
    if inspect.iscoroutinefunction(function):
        await function()
    else:
        await asyncio.to_thread(function)


async def main():
    for function in (by_def, by_async_def):
        start = time.perf_counter()
        await asyncio.gather(handle(function), handle(function))
        print(f"{function.__name__}: {time.perf_counter() - start:.2f}초")


asyncio.run(main())
# 예상 출력:
# by_def: 0.30초
# by_async_def: 0.60초
