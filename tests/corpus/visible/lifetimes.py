import asyncio
import gc
import sys
import weakref


class Thing:
    pass


async def holds(thing, seconds):
    await asyncio.sleep(seconds)


async def main():
    gc.disable()
    thing = Thing()
    weakref.finalize(thing, print, "the thing is gone")
    task = asyncio.create_task(holds(thing, 0.001), name="holder")
    weakref.finalize(task, print, "the task is gone")
    weakref.finalize(task.get_coro(), print, "the coroutine is gone")
    del thing
    print(sys.getrefcount(task))
    await task
    print("awaited", sys.getrefcount(task))
    del task
    print("deleted")
    futures = [asyncio.get_running_loop().create_future() for _ in range(2)]
    for future in futures:
        weakref.finalize(future, print, "a future is gone")
        future.set_result(None)
        await future
    del future, futures
    print("futures deleted")
    await asyncio.gather(*(holds(Thing(), 0) for _ in range(3)))
    print(sum(isinstance(one, Thing) for one in gc.get_objects()), sum(isinstance(one, asyncio.Task) for one in gc.get_objects()))


asyncio.run(main())
