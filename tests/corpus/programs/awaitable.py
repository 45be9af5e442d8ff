import asyncio


class Later:
    def __await__(self):
        return self.wait().__await__()

    async def wait(self):
        await asyncio.sleep(0.01)
        return "later"


class Twice:
    def __await__(self):
        yield from asyncio.sleep(0.01).__await__()
        yield
        return "twice"


async def main():
    print(await Later())
    print(await Twice())


asyncio.run(main())
