# 500 tasks.
import asyncio


async def work(number):
    await asyncio.sleep(0.01 if number % 2 else 0)


async def main():
    await asyncio.gather(*(work(number) for number in range(500)))


asyncio.run(main())
