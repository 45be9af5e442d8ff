# not in the browser: it has no threads
import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def slow():
    time.sleep(0.02)
    print("in a thread")


async def main():
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:
        await loop.run_in_executor(pool, slow)


asyncio.run(main())
