import asyncio


async def work(delay):
    await asyncio.sleep(delay)


async def main():
    tasks = [asyncio.create_task(work(delay), name=f"{delay}") for delay in (0.01, 0.03)]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    print(len(done), len(rest))
    done, rest = await asyncio.wait(rest, timeout=0.005)
    print(len(done), len(rest))
    await asyncio.wait(rest)


asyncio.run(main())
