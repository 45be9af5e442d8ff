import asyncio
import time


async def bad():
    time.sleep(0.06)
    print("blocked")


async def tick():
    for _ in range(2):
        print("tick")
        await asyncio.sleep(0.01)


async def main():
    await asyncio.gather(tick(), bad())


asyncio.run(main())
