# not in the browser: it has no processes
import asyncio
import sys


async def main():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(0.05)"
    )
    print("exit status", await process.wait())


asyncio.run(main())
