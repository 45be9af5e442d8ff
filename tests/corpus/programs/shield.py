# Differs before 3.12: `wait_for` waited for a plain future itself.
import asyncio


async def work():
    await asyncio.sleep(0.05)
    return "saved"


async def main():
    task = asyncio.create_task(work(), name="work")
    try:
        await asyncio.wait_for(asyncio.shield(task), 0.01)
    except TimeoutError:
        print("too late, and still at work:", not task.done())
    print(await asyncio.shield(task))


asyncio.run(main())
