# `main` ends first: `asyncio.run` cancels what is left.
import asyncio


async def work():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        print("left behind")
        raise


async def main():
    asyncio.create_task(work(), name="work")
    await asyncio.sleep(0.01)


asyncio.run(main())
