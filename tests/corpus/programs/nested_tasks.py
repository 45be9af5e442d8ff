import asyncio


async def leaf(delay):
    await asyncio.sleep(delay)
    return 1


async def branch():
    return sum(await asyncio.gather(leaf(0.01), leaf(0.02)))


async def main():
    first = asyncio.create_task(branch())
    print(await first)
    print(await asyncio.gather(branch()))


asyncio.run(main())
