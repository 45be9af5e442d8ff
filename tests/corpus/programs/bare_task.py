# Tasks that no loop was asked for: `Task(...)` itself, and `ensure_future`.
import asyncio


async def work():
    await asyncio.sleep(0.01)


async def main():
    direct = asyncio.Task(work(), name="direct")
    ensured = asyncio.ensure_future(work())
    await direct
    await ensured


asyncio.run(main())
