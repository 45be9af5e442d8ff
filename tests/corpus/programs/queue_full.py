import asyncio


async def produce(queue):
    for number in range(2):
        await queue.put(number)
        print("put", number)


async def main():
    queue = asyncio.Queue(1)
    producer = asyncio.create_task(produce(queue), name="producer")
    await asyncio.sleep(0.02)
    print("got", await queue.get())
    await producer
    print("got", await queue.get())


asyncio.run(main())
