import asyncio


async def work():
    await asyncio.sleep(1)


async def main():
    task = asyncio.create_task(work(), name="work")
    asyncio.get_running_loop().call_later(0.01, task.cancel)
    print(await asyncio.gather(task, return_exceptions=True))


asyncio.run(main())
