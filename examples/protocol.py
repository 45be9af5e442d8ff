import asyncio


class Listener(asyncio.Protocol):
    def __init__(self, ended):
        self.ended = ended

    def connection_made(self, transport):
        print("연결됨")

    def data_received(self, data):
        print("받음:", data.decode().strip())

    def connection_lost(self, error):
        print("끊김")
        self.ended.set_result(None)


async def radio(reader, writer):
    for piece in ("봄", "날\n"):
        await asyncio.sleep(0.2)
        writer.write(piece.encode())
        await writer.drain()
    await asyncio.sleep(0.2)
    writer.close()


async def main():
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    async with await asyncio.start_server(radio, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await loop.create_connection(lambda: Listener(ended), "127.0.0.1", port)
        await ended


asyncio.run(main())
# 예상 출력:
# 연결됨
# 받음: 봄
# 받음: 날
# 끊김
