import asyncio

lock = asyncio.Lock()


async def work(delay):
    async with lock:
        await asyncio.sleep(delay)


async def main():
    first = asyncio.create_task(work(0.02), name="first")
    second = asyncio.create_task(work(0.01), name="second")
    await first
    await second
    await lock.acquire()
    lock.release()


asyncio.run(main())
