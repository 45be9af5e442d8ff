import asyncio


async def work():
    await asyncio.sleep(0.01)
    raise ValueError("no")


async def main():
    await work()


asyncio.run(main())
