import asyncio


async def consumer(condition, items):
    async with condition:
        await condition.wait_for(lambda: items)
        print("took", items.pop())


async def main():
    condition, items = asyncio.Condition(), []
    task = asyncio.create_task(consumer(condition, items), name="consumer")
    await asyncio.sleep(0.01)
    async with condition:
        items.append(1)
        condition.notify()
    await task


asyncio.run(main())
