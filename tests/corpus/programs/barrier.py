import asyncio


async def runner(barrier, delay):
    await asyncio.sleep(delay)
    await barrier.wait()
    print(asyncio.current_task().get_name(), "starts")


async def main():
    barrier = asyncio.Barrier(2)
    async with asyncio.TaskGroup() as group:
        group.create_task(runner(barrier, 0.01), name="early")
        group.create_task(runner(barrier, 0.03), name="late")


asyncio.run(main())
