import asyncio
import gc


async def boom():
    raise ValueError("lost")


async def main():
    task = asyncio.create_task(boom(), name="boom")
    await asyncio.sleep(0.01)
    del task
    gc.collect()
    print("on we go")


asyncio.run(main())
