# not in the browser: it has no threads
import asyncio
import threading
import time


def helper(loop, future):
    time.sleep(0.02)
    loop.call_soon_threadsafe(future.set_result, "from a thread")


async def main():
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    thread = threading.Thread(target=helper, args=(loop, future))
    thread.start()
    print(await future)
    thread.join()


asyncio.run(main())
