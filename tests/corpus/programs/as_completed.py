import asyncio


async def work(delay):
    await asyncio.sleep(delay)
    return delay


async def main():
    tasks = [asyncio.create_task(work(delay)) for delay in (0.03, 0.01)]
    for done in asyncio.as_completed(tasks):
        print(await done)


asyncio.run(main())
