# not in the browser: it has no threads
import asyncio
import time


def slow(seconds):
    time.sleep(seconds)
    return seconds


async def main():
    ticker = asyncio.create_task(asyncio.sleep(0.01), name="ticker")
    print(await asyncio.to_thread(slow, 0.04))
    await ticker


asyncio.run(main())
