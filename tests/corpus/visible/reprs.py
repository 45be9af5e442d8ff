import asyncio
import sys


async def inner():
    await asyncio.sleep(0.01)


async def outer():
    await inner()


async def main():
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(outer(), name="outer")
    print(repr(task), task.get_name(), task.get_coro(), task.get_stack())
    await asyncio.sleep(0)
    print(repr(task), [(frame.f_code.co_name, frame.f_lineno) for frame in task.get_stack()])
    task.print_stack(file=sys.stdout)
    print(sorted(repr(one) for one in asyncio.all_tasks()))
    print(loop.call_soon(print, "soon"), loop.call_later(0, print, "later"), loop.call_later(1, task.cancel))
    print(asyncio.gather(task), asyncio.shield(task), asyncio.ensure_future(task) is task)
    await task
    print(repr(task), task.get_stack(), loop)
    unnamed = [asyncio.create_task(inner()) for _ in range(3)]
    print([one.get_name() for one in unnamed], asyncio.current_task().get_name())
    await asyncio.wait(unnamed)


asyncio.run(main())
