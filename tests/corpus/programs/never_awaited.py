import asyncio
import gc


async def work():
    print("nobody sees this")


async def main():
    work()
    gc.collect()
    await asyncio.sleep(0.01)


asyncio.run(main())
