import asyncio


async def patient():
    try:
        await asyncio.sleep(1)
    except asyncio.CancelledError:
        print("cancelled")
        raise


async def bad():
    await asyncio.sleep(0.01)
    raise ValueError("no")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(patient(), name="patient")
            group.create_task(bad(), name="bad")
    except* ValueError as group_error:
        print(group_error.exceptions)


asyncio.run(main())
