# A step that wakes others and then only yields.
import asyncio


async def waiter(event):
    await event.wait()


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(event), name=name) for name in "AB"]
    await asyncio.sleep(0.01)
    event.set()
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(waiter(event), name="C"))
    await asyncio.sleep(0)
    await asyncio.gather(*tasks)


asyncio.run(main())
