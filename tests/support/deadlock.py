"""A program that never ends: two tasks, each of which holds the lock that the other waits for."""

DEADLOCK = """\
import asyncio

first, second = asyncio.Lock(), asyncio.Lock()
async def left():
    async with first:
        await asyncio.sleep(0)
        async with second:
            print("left")
async def right():
    async with second:
        await asyncio.sleep(0)
        async with first:
            print("right")
async def main():
    await asyncio.gather(left(), right())
asyncio.run(main())
"""
