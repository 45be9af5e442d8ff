# Two tasks of the same name, and one that is renamed while it runs.
import asyncio


async def work():
    await asyncio.sleep(0.01)


async def renamed():
    await asyncio.sleep(0.02)
    asyncio.current_task().set_name("new name")


async def main():
    await asyncio.gather(*(asyncio.create_task(work(), name="일꾼") for _ in range(2)))
    await asyncio.create_task(renamed(), name="old name")


asyncio.run(main())
