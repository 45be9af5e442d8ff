import asyncio


async def setter(future):
    await asyncio.sleep(0.01)
    future.set_result("set")


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(setter(future), name="setter")
    print(await future)
    await task


asyncio.run(main())
