import asyncio
import traceback


class Own(BaseException):
    pass


async def fails(error):
    await asyncio.sleep(0)
    raise error


def bad_callback():
    raise ValueError("in a callback")


async def main():
    loop = asyncio.get_running_loop()
    for attempt in (lambda: asyncio.create_task(5), lambda: loop.create_task(None), lambda: loop.call_soon(5)):
        try:
            attempt()
            await asyncio.sleep(0)
        except Exception:
            traceback.print_exc()
    loop.call_soon(bad_callback)
    loop.call_later(0.001, bad_callback)
    await asyncio.sleep(0.01)
    for way in (asyncio.gather, asyncio.create_task, asyncio.shield):
        try:
            await way(fails(ValueError("no")))
        except ValueError:
            traceback.print_exc()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails(KeyError("one")))
            group.create_task(fails(OSError("two")))
    except* Exception:
        traceback.print_exc()
    try:
        await asyncio.wait_for(asyncio.sleep(1), 0.01)
    except TimeoutError:
        traceback.print_exc()


asyncio.run(main())
for error in (SystemExit(3), KeyboardInterrupt(), Own("own"), GeneratorExit()):
    try:
        asyncio.run(fails(error))
    except BaseException:
        traceback.print_exc()
