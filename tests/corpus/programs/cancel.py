import asyncio


async def work():
    try:
        await asyncio.sleep(1)
    finally:
        print("tidy up")


async def stubborn():
    while True:
        try:
            await asyncio.sleep(0.03)
            return "done"
        except asyncio.CancelledError:
            print("not now")


async def main():
    task = asyncio.create_task(work(), name="work")
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("it was cancelled")
    task = asyncio.create_task(stubborn(), name="stubborn")
    await asyncio.sleep(0.01)
    task.cancel()
    print(await task)
    task = asyncio.create_task(work(), name="never begun")
    task.cancel()
    await asyncio.wait([task])


asyncio.run(main())
