import asyncio
import time


def say(text):
    print(text)


def hold():
    time.sleep(0.02)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_later(0.02, say, "later")
    loop.call_soon(say, "soon")
    loop.call_later(0.04, time.sleep, 0.01)
    loop.call_later(0.07, hold)
    await asyncio.sleep(0.12)
    task = asyncio.create_task(asyncio.sleep(0), name="short")
    task.add_done_callback(lambda done: print(done.get_name(), "is done"))
    await task


asyncio.run(main())
