import asyncio


async def main(text):
    await asyncio.sleep(0.01)
    print(text)


asyncio.run(main("first"))
asyncio.run(main("second"))
