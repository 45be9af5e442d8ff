# The process ends in the middle of a step; what was recorded until then is there.
import asyncio
import os


async def other():
    await asyncio.sleep(1)


async def main():
    task = asyncio.create_task(other(), name="other")
    await asyncio.sleep(0.01)
    print("the last words")
    os._exit(3)


asyncio.run(main())
