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


def ring(done):
    show("in a timer")
    done.set_result(None)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(show, "in a callback")
    await asyncio.create_task(inner())
    done = loop.create_future()
    loop.call_later(0.01, ring, done)
    await done
    if hasattr(asyncio, "eager_task_factory"):
        loop.set_task_factory(asyncio.eager_task_factory)
        await asyncio.create_task(inner())
    await asyncio.to_thread(show, "in a thread")


asyncio.run(main())
