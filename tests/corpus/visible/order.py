import asyncio


async def work(name, times):
    for number in range(times):
        print(name, number)
        await asyncio.sleep(0)


async def main():
    loop = asyncio.get_running_loop()
    for number in range(3):
        loop.call_soon(print, "soon", number)
        loop.call_later(0, print, "later", number)
    tasks = [asyncio.create_task(work(name, 3)) for name in "ABC"]
    tasks[0].add_done_callback(lambda _: print("A is done"))
    tasks[1].cancel()
    print(await asyncio.gather(*tasks, return_exceptions=True))
    event = asyncio.Event()
    waiting = [asyncio.create_task(event.wait(), name=f"w{number}") for number in range(3)]
    await asyncio.sleep(0)
    event.set()
    done, _ = await asyncio.wait(waiting)
    print(len(done))


asyncio.run(main())
