import asyncio


async def inner():
    await asyncio.sleep(1)


async def outer():
    await asyncio.create_task(inner(), name="inner")


async def main():
    task = asyncio.create_task(outer(), name="outer")
    await asyncio.sleep(0.01)
    task.cancel()
    print(await asyncio.gather(task, return_exceptions=True))


asyncio.run(main())
