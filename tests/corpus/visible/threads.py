import asyncio
import threading
import traceback


def fails():
    raise ValueError("in a thread")


async def main():
    try:
        await asyncio.to_thread(fails)
    except ValueError:
        traceback.print_exc()
    thread = threading.Thread(target=fails, name="own")
    thread.start()
    thread.join()
    print(threading.active_count(), thread)


asyncio.run(main())
