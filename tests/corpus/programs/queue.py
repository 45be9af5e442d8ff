import asyncio


async def produce(queue):
    for number in range(3):
        await queue.put(number)
        print("put", number)
        await asyncio.sleep(0.02)
    await queue.put(None)


async def consume(queue):
    while (number := await queue.get()) is not None:
        print("got", number)


async def main():
    queue = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        group.create_task(consume(queue), name="consumer")
        group.create_task(produce(queue), name="producer")


asyncio.run(main())
