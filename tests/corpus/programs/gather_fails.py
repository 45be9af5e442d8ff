import asyncio


async def good():
    await asyncio.sleep(0.04)
    print("good ends all the same")


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("no")


async def main():
    try:
        await asyncio.gather(good(), bad())
    except ValueError as error:
        print("caught", error)
    await asyncio.sleep(0.06)
    print(await asyncio.gather(bad(), return_exceptions=True))


asyncio.run(main())
