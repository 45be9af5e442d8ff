import asyncio


async def work(name, delay):
    print(name, "begins")
    await asyncio.sleep(delay)
    print(name, "ends")
    return name


async def main():
    print(await asyncio.gather(work("A", 0.04), work("B", 0.02)))


asyncio.run(main())
