import asyncio


async def ticks():
    for number in range(2):
        await asyncio.sleep(0.01)
        yield number


async def nested():
    async for number in ticks():
        yield number * 10


async def main():
    async for number in ticks():
        print(number)
    print([number async for number in nested()])


asyncio.run(main())
