import asyncio


async def main():
    try:
        async with asyncio.timeout(0.02):
            await asyncio.sleep(1)
    except TimeoutError:
        print("too late")
    async with asyncio.timeout(1) as limit:
        await asyncio.sleep(0.01)
    print("in time", limit.expired())


asyncio.run(main())
