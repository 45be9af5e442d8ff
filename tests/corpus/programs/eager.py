# Differs before 3.12, which had no eager tasks; 3.13.0 calls those without a name "None".
import asyncio


async def at_once():
    print("at once")
    return 1


async def later():
    print("first step")
    await asyncio.sleep(0.01)
    return 2


async def main():
    if hasattr(asyncio, "eager_task_factory"):
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    first = asyncio.create_task(at_once(), name="at once")
    second = asyncio.create_task(later(), name="later")
    print("both are made")
    print(await first, await second)


asyncio.run(main())
