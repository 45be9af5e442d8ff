import asyncio


async def work(name, semaphore):
    async with semaphore:
        print(name, "in")
        await asyncio.sleep(0.02)
    print(name, "out")


async def main():
    semaphore = asyncio.Semaphore(1)
    async with asyncio.TaskGroup() as group:
        for name in "AB":
            group.create_task(work(name, semaphore), name=name)


asyncio.run(main())
