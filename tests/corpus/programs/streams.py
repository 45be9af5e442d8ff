# not in the browser: it has no sockets
import asyncio


async def serve(reader, writer):
    line = await reader.readline()
    writer.write(line.upper())
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 8888)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", 8888)
        await asyncio.sleep(0.02)
        writer.write(b"hello\n")
        print((await reader.readline()).decode().strip())
        writer.close()
        await asyncio.sleep(0.02)


asyncio.run(main())
