import asyncio


async def work(name):
    print(name)
    await asyncio.sleep(0.01)


async def main():
    await work("A")
    await work("B")


asyncio.run(main())
