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


class Own(threading.Thread):
    def run(self):
        print(threading.current_thread() is self, self.name)


def say():
    print(threading.current_thread().name, sorted(thread.name for thread in threading.enumerate()))


for make in (Own, Own, lambda: threading.Thread(target=say), lambda: threading.Thread(target=say)):
    thread = make()
    thread.start()
    thread.join()
timer = threading.Timer(0, say)
timer.start()
timer.join()
