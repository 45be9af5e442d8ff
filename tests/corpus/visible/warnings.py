import asyncio
import gc


async def boom():
    raise ValueError("lost")


async def forever():
    await asyncio.get_running_loop().create_future()


async def main():
    task = asyncio.create_task(boom(), name="boom")
    await asyncio.sleep(0.001)
    del task
    gc.collect()
    boom()
    gc.collect()
    lost = asyncio.create_task(forever(), name="lost")
    await asyncio.sleep(0)
    del lost
    gc.collect()
    ended = asyncio.create_task(boom(), name="seen")
    await asyncio.wait([ended])
    print(ended.exception())


asyncio.run(main())
gc.collect()
