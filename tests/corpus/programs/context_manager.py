import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def opened():
    await asyncio.sleep(0.01)
    yield "open"
    await asyncio.sleep(0.02)


async def main():
    async with opened() as state:
        print(state)
    print("closed")


asyncio.run(main())
