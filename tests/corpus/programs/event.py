import asyncio


async def waiter(event):
    await event.wait()
    print("go")


async def main():
    event = asyncio.Event()
    task = asyncio.create_task(waiter(event), name="waiter")
    await asyncio.sleep(0.01)
    event.set()
    await task


asyncio.run(main())
