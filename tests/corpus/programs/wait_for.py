# Differs before 3.12: `wait_for` made a task of what it waits for, and waited for a plain future itself.
import asyncio


async def slow():
    await asyncio.sleep(1)


async def main():
    try:
        await asyncio.wait_for(slow(), 0.01)
    except TimeoutError:
        print("too late")
    await asyncio.wait_for(asyncio.sleep(0.01), 1)
    print("in time")


asyncio.run(main())
