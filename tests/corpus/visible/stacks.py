import asyncio
import inspect
import sys
import traceback


def show(where):
    print(where, [(frame.function, frame.lineno) for frame in inspect.stack()])
    traceback.print_stack(file=sys.stdout)


async def inner():
    show("in a task")
    await asyncio.sleep(0)
    show("in a later step")


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(show, "in a callback")
    loop.call_later(0.01, show, "in a timer")
    await asyncio.create_task(inner())
    await asyncio.sleep(0.02)
    if hasattr(asyncio, "eager_task_factory"):
        loop.set_task_factory(asyncio.eager_task_factory)
        await asyncio.create_task(inner())
    await asyncio.to_thread(show, "in a thread")


asyncio.run(main())
