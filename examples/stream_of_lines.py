import asyncio


async def radio(reader, writer):
    for song in ("봄날", "소나기"):
        await asyncio.sleep(0.2)  # 다음 곡을 고름
        writer.write(f"{song}\n".encode())
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def listen(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async for line in reader:  # 한 줄이 올 때까지 기다림
        print("들음:", line.decode().strip())
    print("방송 끝")
    writer.close()
    await writer.wait_closed()


async def main():
    async with await asyncio.start_server(radio, "127.0.0.1", 0) as server:
        await listen(server.sockets[0].getsockname()[1])


asyncio.run(main())
# 예상 출력:
# 들음: 봄날
# 들음: 소나기
# 방송 끝
