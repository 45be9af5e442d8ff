# The functions that are compiled again look as they did.
import asyncio
import inspect
import threading
from concurrent.futures.thread import _WorkItem

for function in (
    asyncio.Handle._run,
    asyncio.BaseEventLoop.create_task,
    asyncio.BaseEventLoop.run_forever,
    threading.Thread.start,
    threading.Thread._bootstrap_inner,
    _WorkItem.__init__,
    _WorkItem.run,
):
    code = function.__code__
    print(function.__qualname__, function.__module__, function.__doc__, inspect.signature(function))
    print(code.co_name, code.co_qualname, code.co_filename, code.co_firstlineno, code.co_argcount, code.co_flags)
    print(inspect.getsource(function))
    print(sorted(vars(asyncio.Handle)), sorted(vars(asyncio.BaseEventLoop)), sorted(vars(asyncio.events)))
