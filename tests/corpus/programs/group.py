import asyncio


async def work(delay):
    await asyncio.sleep(delay)
    return delay


async def main():
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(work(0.04), name="slow")
        fast = group.create_task(work(0.02), name="fast")
    print(slow.result(), fast.result())


asyncio.run(main())
