import asyncio


async def main():
    print("before")
    await asyncio.sleep(0.01)
    print("after")
    await asyncio.sleep(0)


asyncio.run(main())
