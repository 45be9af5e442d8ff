# ruff: noqa: E501 - programs are as long as they are
"""Some hundreds of small programs of many sorts, to be run by ``python`` and by the engine."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUSES = ["", "0", "1", "3", "255", "256", "-1", "None", "True", "'text'", "['a']", "1.5", "10 ** 3"]
EXCEPTIONS = [
    "ValueError('no')",
    "KeyError('key')",
    "OSError(2, 'No such file', 'x')",
    "ExceptionGroup('group', [ValueError(1), TypeError(2)])",
    "KeyboardInterrupt",
    "GeneratorExit",
    "StopIteration(3)",
    "UnicodeDecodeError('utf-8', b'x', 0, 1, 'bad')",
    "AssertionError",
    "RuntimeError('한글')",
    "SyntaxError('bad', ('file.py', 3, 2, 'x = '))",
    "ImportError('no', name='x')",
    "MemoryError",
    "type('Own', (Exception,), {'__str__': lambda self: 1 / 0})()",
]
PACKAGES = [
    "collections", "concurrent", "ctypes", "curses", "dbm", "email", "encodings", "html", "http", "importlib", "json",
    "logging", "multiprocessing", "os", "pydoc_data", "re", "sqlite3", "tomllib", "unittest", "urllib", "wsgiref", "xml",
    "xmlrpc", "zoneinfo", "asyncio",
]  # fmt: skip
MODULES = [
    "abc", "argparse", "array", "ast", "asyncio", "base64", "bisect", "calendar", "cmath", "cmd", "codecs", "collections",
    "concurrent.futures", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib", "dis", "enum",
    "fractions", "functools", "gc", "glob", "hashlib", "heapq", "http.client", "inspect", "io", "ipaddress", "itertools",
    "json", "locale", "logging", "math", "mmap", "multiprocessing", "numbers", "operator", "pathlib", "pickle", "pprint",
    "queue", "random", "re", "sched", "secrets", "selectors", "shlex", "shutil", "signal", "socket", "ssl", "statistics",
    "string", "struct", "subprocess", "tempfile", "textwrap", "threading", "time", "timeit", "tokenize", "traceback",
    "types", "typing", "unittest", "urllib.request", "uuid", "warnings", "weakref", "xml.dom.minidom", "zipfile",
]  # fmt: skip
SUBMODULES = [
    "collections.abc", "concurrent.futures", "email.message", "http.client", "http.cookies", "importlib.metadata",
    "importlib.util", "json.tool", "logging.handlers", "multiprocessing.pool", "os.path", "unittest.mock", "urllib.error",
    "urllib.parse", "urllib.request", "xml.dom", "xml.etree", "xml.sax", "asyncio.tasks", "asyncio.staggered",
]  # fmt: skip
OUTPUTS = [
    "print('out'); print('err', file=sys.stderr); print('out again')",
    "sys.stdout.write('no end of line')",
    "sys.stdout.write('a\\n'); sys.stderr.write('b\\n'); sys.stdout.write('c\\n')",
    "print('a', end=''); print('b', end='', flush=True); print('c')",
    "os.write(1, b'raw\\n'); print('print'); os.write(2, b'raw err\\n'); print('end')",
    "print('before', flush=True); subprocess.run(['echo', 'child']); print('after')",
    "print('before', flush=True); os.system('echo shell; echo err >&2'); print('after')",
    "sys.stdout.buffer.write(b'\\xff\\xfe bytes\\n'); sys.stdout.flush()",
    "print('한글 😀 é')",
    "print('\\udcff'.encode('utf-8', 'surrogateescape'))",
    "print('a\\rb\\tc\\x1b[31mred')",
    "sys.stdout.close()",
    "sys.stdout = open('own.txt', 'w'); print('hidden'); sys.stdout.close(); sys.stdout = sys.__stdout__; print('shown')",
    "print(sys.stdout.encoding, sys.stdout.errors, sys.stderr.errors, sys.stdout.isatty(), sys.stdout.fileno())",
    "for number in range(200): print(number, file=[sys.stdout, sys.stderr][number % 2])",
    "import contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()) as held: print('x')\nprint(repr(held.getvalue()))",
    "pid = os.fork()\nif not pid:\n    os.write(1, b'child\\n')\n    os._exit(3)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
]
ENDINGS = [
    "import atexit; atexit.register(print, 'first'); atexit.register(print, 'last')",
    "import atexit; atexit.register(lambda: 1 / 0); print('body')",
    "import threading, time; threading.Thread(target=lambda: (time.sleep(0.05), print('thread'))).start(); print('main')",
    "import threading; threading.Thread(target=lambda: 1 / 0, name='own').start()",
    "import threading, time; threading.Thread(target=time.sleep, args=(9,), daemon=True).start(); print('main')",
    "class A:\n    def __del__(self): print('deleted')\na = A()",
    "class A:\n    def __del__(self): 1 / 0\na = A()\ndel a",
    "sys.excepthook = lambda kind, error, _: print('hook', kind.__name__, error)\n1 / 0",
    "os._exit(7)",
    "os.kill(os.getpid(), 9)",
    "os.abort()",
    "import signal; signal.raise_signal(signal.SIGTERM)",
    "import signal; signal.signal(signal.SIGALRM, lambda *_: print('alarm')); signal.setitimer(0, 0.05); signal.pause()",
    "def f(n): return f(n + 1)\nf(0)",
    "raise SystemExit(4) from ValueError('x')",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    error.add_note('a note')\n    raise",
    "try:\n    1 / 0\nfinally:\n    print('finally')",
    "try:\n    {}['x']\nexcept KeyError as error:\n    raise ValueError('chained') from error",
    "try:\n    {}['x']\nexcept KeyError:\n    undefined_name",
    "x = (1,\ny = 2",
    "def f():\n  return 1\n    return 2",
    "print('\\N{no such name}')",
    "nonlocal x",
    "import nothing_of_this_name",
    "from os import nothing_of_this_name",
    "import os.nothing",
    "assert 1 == 2, 'message'",
    "input('question? ')",
    "print(repr(sys.stdin.read()))",
    "print(repr(sys.stdin.readline()))",
    "import sys; print(sys.stdin.fileno(), sys.stdin.isatty(), sys.stdin.mode, sys.stdin.name, sys.stdin is sys.__stdin__)",
    "import os, sys; print(os.read(0, 5), list(sys.stdin), sys.stdin.buffer.read(), divmod(os.fstat(0).st_rdev, 256))",
]
WARNINGS = [
    "import warnings; warnings.warn('user')",
    "import warnings; warnings.warn('old', DeprecationWarning)",
    "import warnings; warnings.simplefilter('error'); warnings.warn('raised')",
    "import warnings; warnings.warn('twice'); warnings.warn('twice')",
    "import warnings\nfor _ in range(3): warnings.warn('once at a place')",
    "x = 1\nprint(x is 1)",
    "print('\\d')",
    "async def f(): pass\nf()",
    "import warnings\nwarnings.simplefilter('default')\nopen('snippet.py')",
]
ASYNC = [
    "await asyncio.gather(*(asyncio.sleep(0.01 * n, print(n)) for n in range(3)))",
    "async with asyncio.TaskGroup() as g:\n        g.create_task(fail(1)); g.create_task(asyncio.sleep(1))",
    (
        "task = asyncio.create_task(asyncio.sleep(1)); await asyncio.sleep(0); task.cancel()\n    try:\n        await task\n"
        "    except asyncio.CancelledError: print('cancelled')"
    ),
    "async with asyncio.timeout(0.01): await asyncio.sleep(1)",
    "await asyncio.wait_for(asyncio.sleep(1), 0.01)",
    "asyncio.create_task(fail(2), name='lost'); await asyncio.sleep(0.01)",
    "print(await asyncio.to_thread(lambda: 'from a thread'))",
    "print(await asyncio.gather(fail(1), asyncio.sleep(0, 2), return_exceptions=True))",
    "await fail(3)",
    "print([task.get_name() for task in asyncio.all_tasks()])",
    "print(asyncio.current_task().get_coro().__qualname__)",
    "process = await asyncio.create_subprocess_exec('echo', 'child'); print(await process.wait())",
    "q = asyncio.Queue()\n    for n in range(3): q.put_nowait(n)\n    print([await q.get() for _ in range(3)])",
    "reader, writer = await server(); writer.write(b'x\\n'); print(await reader.readline())",
    "loop = asyncio.get_running_loop(); loop.call_soon(lambda: 1 / 0); await asyncio.sleep(0.01)",
    (
        "loop = asyncio.get_running_loop(); loop.set_exception_handler(lambda _, c: print(c['message']))\n"
        "    loop.call_soon(lambda: 1 / 0); await asyncio.sleep(0.01)"
    ),
    "raise KeyboardInterrupt",
    "sys.exit(5)",
    "import inspect; print([frame.function for frame in inspect.stack()])",
    "print(len(asyncio.current_task().get_stack()))",
    (
        "async def gen():\n        try:\n            yield 1\n        finally:\n            print('closed')\n"
        "    async for x in gen(): break"
    ),
]
INTROSPECTION = [
    "print(__name__, os.path.basename(__file__), __doc__, __package__, type(__builtins__).__name__)",
    "print(sorted(name for name in globals() if name not in ('__conditional_annotations__',)))",
    "import inspect\ndef f(a, b=1):\n    return a\nprint(inspect.getsource(f), inspect.signature(f))",
    "import inspect\nclass A:\n    x = 1\nprint(inspect.getsource(A), inspect.getsourcefile(A) == __file__)",
    "import linecache; print(repr(linecache.getline(__file__, 1)), repr(linecache.getline('snippet.py', 1)))",
    "import __main__; print(__main__.__dict__ is globals(), sys.modules['__main__'] is __main__)",
    "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
    "import typing\nclass A:\n    x: 'int' = 1\nprint(typing.get_type_hints(A))",
    "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: int\nprint(A(1))",
    "import enum\nclass E(enum.Enum):\n    A = 1\nprint(E.A, repr(E.A), E.__module__)",
    "print([type(finder).__name__ if not isinstance(finder, type) else finder.__name__ for finder in sys.meta_path])",
    "print(sys.path[0] == os.path.dirname(os.path.abspath(__file__)), os.getcwd() == sys.path[0])",
    "print(open(__file__, encoding='utf-8').read())",
    "print(sys.flags.optimize, sys.flags.dev_mode, sys.warnoptions, sys.gettrace(), sys.getprofile())",
    "import threading; print(threading.active_count(), threading.current_thread().name, threading.main_thread().name)",
    "import threading; t = threading.Thread(target=print); print(t.name); t.start()",
    "import gc; print(gc.isenabled(), gc.get_threshold())",
    "import random; random.seed(1); print(random.random())",
    "print(type(sys.stdout).__name__, sys.stdout.name, sys.stdout.mode, sys.stdout.line_buffering in (True, False))",
    "import os\nprint(sorted(os.listdir('.')))",
    "import logging; logging.warning('logged'); logging.getLogger('x').error('named')",
    "import locale; print(locale.getpreferredencoding(), sys.getfilesystemencoding())",
    "import tempfile\nwith tempfile.NamedTemporaryFile() as file: print(file.write(b'1'))",
    "import os; m, s = os.openpty(); os.write(s, b'hi'); print(os.read(m, 10))",
    "import concurrent.futures as c\nwith c.ThreadPoolExecutor(2) as pool: print(list(pool.map(abs, [-1, -2])))",
    "import multiprocessing as m\nif __name__ == '__main__':\n    with m.get_context('fork').Pool(2) as pool: print(pool.map(abs, [-1]))",
    (
        "import multiprocessing as m\ndef f(x): return x * 2\nif __name__ == '__main__':\n"
        "    with m.get_context('spawn').Pool(1) as pool: print(pool.map(f, [1, 2]))"
    ),
    "import traceback\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "import sqlite3; print(sqlite3.connect(':memory:').execute('select 1').fetchall())",
    "import time; print(time.tzname == time.tzname, time.localtime(0).tm_year)",
    "exec('import json'); print(json.dumps([1]))",
    "import importlib; json = importlib.import_module('json'); print(json.__spec__.name, json.__loader__ is not None)",
    "import json, importlib; print(importlib.reload(json) is json)",
    "import importlib.util; print(importlib.util.find_spec('xml.dom').origin == __import__('xml.dom').dom.__file__)",
    "import pkgutil, xml; print(sorted(one.name for one in pkgutil.iter_modules(xml.__path__)))",
    "import json; del sys.modules['json']; import json as again; print(json is again)",
    "import socket; a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))",
    "import decimal, fractions; print(isinstance(decimal.Decimal(1), __import__('numbers').Number))",
]
#: A profile function that finds frames that are neither Python's nor the program's.
_FOREIGN = """import asyncio, concurrent.futures.thread
found = []
mine = (os.path.dirname(os.__file__), '<', __file__, 'snippet.py')
def note(frame, *_):
    if not frame.f_code.co_filename.startswith(mine): found.append(frame.f_code.co_name)
async def main(): await asyncio.create_task(asyncio.sleep(0)); await asyncio.to_thread(print, 'in'); print('out')
"""
MORE = [
    "import cProfile, pstats\ndef f(): print('profiled')\np = cProfile.Profile(); p.runcall(f)\nprint(sorted((k[2], v[0]) for k, v in pstats.Stats(p).stats.items()))",
    "def look(frame, event, argument):\n    if event == 'call': print(frame.f_code.co_name, file=f)\nimport io; f = io.StringIO(); sys.settrace(look); print('traced'); sys.settrace(None); print(f.getvalue())",
    f"{_FOREIGN}sys.setprofile(note)\nasyncio.run(main())\nsys.setprofile(None); print(found)",
    f"{_FOREIGN}async def begin(): sys.setprofile(note); await main()\nasyncio.run(begin())\nsys.setprofile(None); print(found)",
    "out = os.fdopen(os.dup(1), 'w'); out.write('left in a buffer')",
    "out = sys.stdout.detach(); out.write(b'left in a buffer'); sys.stdout = out",
    "try:\n    try:\n        1 / 0\n    finally:\n        [][1]\nexcept IndexError as error:\n    raise KeyError('k') from error",
    "def a(): b()\ndef b(): raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [KeyError(2)])])\na()",
    "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    raise ValueError('x') from None",
    "lines = {'a': 1}\nprint(lines['a']['b']['c'])",
    "sys.unraisablehook = lambda u: print('unraisable', type(u.exc_value).__name__)\nclass A:\n    def __del__(self): 1 / 0\nA()",
    "import threading; threading.excepthook = lambda a: print('hook', a.exc_type.__name__)\nt = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()",
    "import faulthandler; print(faulthandler.is_enabled())",
    "import asyncio\nasync def main():\n    await asyncio.sleep(0.03)\n    import faulthandler\n    faulthandler.dump_traceback()\nasyncio.run(main())",
    "import asyncio, sys, _thread\nasync def main():\n    await asyncio.sleep(0.03)\n    print(len(sys._current_frames()), _thread._count())\nasyncio.run(main())",
    "import gc\nclass A:\n    def __del__(self): print('collected')\na = A(); a.me = a; del a; gc.collect(); print('end')",
    "class A:\n    def __del__(self): print('at exit')\na = A(); a.me = a",
    "import logging; logging.basicConfig(level='INFO', format='%(levelname)s %(name)s %(message)s'); logging.info('i'); logging.getLogger('a.b').error('e')",
    "import logging\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('failed')",
    "import warnings; warnings.showwarning = lambda *a, **k: print('shown', a[0]); warnings.warn('w')",
    "import subprocess; print(subprocess.run([sys.executable, '-c', 'import sys; print(sys.argv); sys.exit(3)', 'a'], capture_output=True, text=True))",
    "import subprocess; subprocess.run([sys.executable, '-c', '1 / 0']); print('after')",
    "import subprocess; print(subprocess.run('exit 4', shell=True).returncode, subprocess.getoutput('echo a; echo b'))",
    "import multiprocessing as m\ndef f(q): q.put('put')\nif __name__ == '__main__':\n    c = m.get_context('spawn'); q = c.Queue(); p = c.Process(target=f, args=(q,)); p.start(); print(q.get()); p.join(); print(p.exitcode)",
    "import multiprocessing as m\ndef f(x): return x + 1\nif __name__ == '__main__':\n    with m.get_context('forkserver').Pool(1) as pool: print(pool.map(f, [1]))",
    "import multiprocessing as m\ndef f(): sys.exit(3)\nif __name__ == '__main__':\n    p = m.get_context('fork').Process(target=f); p.start(); p.join(); print(p.exitcode)",
    "import pty; print(pty.spawn(['echo', 'in a terminal']))",
    "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGPIPE) is signal.SIG_IGN, signal.getsignal(signal.SIGTERM))",
    "import signal; print(signal.pthread_sigmask(signal.SIG_BLOCK, []))",
    "import signal; signal.signal(signal.SIGTERM, lambda *_: sys.exit(9)); os.kill(os.getpid(), signal.SIGTERM)",
    "import threading, _thread, time\nthreading.Timer(0.05, _thread.interrupt_main).start()\ntry:\n    time.sleep(5)\nexcept KeyboardInterrupt:\n    print('interrupted')",
    "print(sys.argv[1:], len(sys.argv), sys.stdin.isatty(), sys.flags.utf8_mode)",
    "open('beside.txt', 'w', encoding='utf-16').write('한글'); print(open('beside.txt', 'rb').read(), os.listdir('.') != [])",
    "print(ascii('한글'.encode('cp949').decode('cp949')), sys.getdefaultencoding()); print('\\udc80'.encode('utf-8'))",
    "import atexit; atexit.register(sys.exit, 5); print('body')",
    "import atexit, threading; atexit.register(lambda: print(threading.current_thread().name)); sys.exit('message')",
    "sys.stderr.close(); print('out')",
    "import asyncio\nasync def main():\n    asyncio.get_running_loop().slow_callback_duration = 9\n    print(asyncio.get_running_loop().get_debug())\nasyncio.run(main(), debug=True)",
    "import asyncio\nasync def main():\n    asyncio.ensure_future(asyncio.sleep(9)); raise SystemExit(6)\nasyncio.run(main())",
    "print(sys.getrecursionlimit(), sys.getswitchinterval(), sys.dont_write_bytecode)",
]
_SAYS = "class Says:\n    def __init__(self, word): self.word = word\n    def __del__(self): print('gone:', self.word, sys)\n"
#: What is destroyed when the interpreter ends, and what it finds then.
AT_THE_END = [
    _SAYS + "def f():\n    here = Says('local')\n    raise ValueError\nf()",
    _SAYS + "def f():\n    here = Says('local')\n    sys.exit(3)\nf()",
    _SAYS + "def f():\n    here = Says('local')\n    try: raise KeyError(1)\n    finally: 1 / 0\nf()",
    _SAYS + "a = Says(1); _b = Says(2); c = [Says(3)]; c.append(c)",
    _SAYS + "import io; a = Says('seen'); sys.stdout = io.StringIO(); print('lost')",
    "class Late:\n    def __del__(self): print(sys.path, sys.argv, sys.meta_path)\nlate = Late()",
    "class Late:\n    def __del__(self):\n        try: import colorsys\n        except ImportError as error: print(error)\nlate = Late()",
    "import asyncio\nasync def load(): pass\nwaiting = load()",
    "import asyncio\nasync def load(): pass\nasync def main(): asyncio.run(load())\nasyncio.run(main())",
    "import asyncio\nasync def load(): pass\nasync def main():\n    waiting = load()\n    raise ValueError\nasyncio.run(main())",
    "def f():\n    try: yield\n    finally: print('closed', sys)\ng = f(); next(g)",
]
_GONE = "class Gone:\n    def __init__(self, word): self.word = word\n    def __del__(self): print('gone', self.word)\na = Gone('a'); _b = Gone('b')\n"
_BESIDE = "open('beside.py', 'w').write('''import os\ndef f(): pass\nfile = os.fdopen(os.dup(1), 'w'); file.write('left beside')\nclass Gone:\n    def __del__(self): print('gone', f.__name__)\ngone = Gone()\n''')\nimport beside\n"
#: What is left in the buffer of a file, and what something else than the program's own module refers to.
LEFT = [
    f"{_LEFT}{after}"
    for _LEFT in (
        "left = os.fdopen(os.dup(1), 'w'); left.write('left')\n",
        "left = os.fdopen(os.dup(1), 'wb'); left.write(b'left')\n",
    )
    for after in (
        "def f(): pass",
        "class A: pass",
        "async def f(): pass",
        "def f(): pass\nf.file = left; del left",
        "class A:\n    def __init__(self): self.file, self.me = left, self\na = A(); del left",
        "def f(): pass\n1 / 0",
        "def f():\n    global left\n    here = left; del left\n    sys.exit(3)\nf()",
        "import logging\nclass H(logging.StreamHandler): pass\nlogging.getLogger().addHandler(H(left))",
    )
] + [
    _BESIDE,
    f"{_BESIDE}beside.me = beside",
    f"{_BESIDE}def f(): pass\nbeside.f = f; f.beside = beside",
    f"{_GONE}sys.excepthook = lambda *_: None",
    f"{_GONE}sys.kept = sys.modules['__main__']",
    f"{_GONE}import json; json.kept = lambda: 0",
    f"{_GONE}import typing\nkind = typing.Optional[Gone]",
    f"{_GONE}import gc; gc.callbacks.append(lambda *_: None)",
    f"{_GONE}import threading; threading.excepthook = lambda *_: None",
    f"{_GONE}import threading, time; threading.Thread(target=lambda: time.sleep(9), daemon=True).start()",
    f"{_GONE}import signal; signal.signal(signal.SIGTERM, lambda *_: None)",
    f"{_GONE}sys.addaudithook(lambda *_: None)",
]
#: Where the program's file is.
PLACES = [
    "def f(): pass\nprint(__file__, f.__code__.co_filename == __file__, sys.argv, sys.orig_argv[-1:])",
    "import inspect\ndef f(): pass\nclass A: pass\nprint(inspect.getfile(f) == inspect.getfile(A) == __file__, inspect.getsourcefile(f) == __file__)",
    "import traceback; print(os.path.isabs(traceback.extract_stack()[0].filename), sys._getframe().f_code.co_filename == __file__)",
    "try: compile('1 +', __file__, 'exec')\nexcept SyntaxError as error: print(error.filename == __file__)",
    "try: 1 / 0\nexcept ZeroDivisionError as error: print(error.__traceback__.tb_frame.f_code.co_filename == __file__)",
    "import warnings\nwith warnings.catch_warnings(record=True) as caught:\n    warnings.warn('w')\nprint(caught[0].filename == __file__)",
    "import logging; logging.basicConfig(format='%(pathname)s %(filename)s %(lineno)s'); logging.warning('')",
    "os.chdir('/'); print(os.path.isabs(__file__), os.path.exists(__file__), os.path.exists(sys.argv[0]))\n1 / 0",
]
_CAPTURE = """import os, sys, tempfile
def captured(function, number=1):
    sys.stdout.flush(); sys.stderr.flush()
    saved = os.dup(number)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), number)
        try:
            function()
            sys.stdout.flush(); sys.stderr.flush()
        finally:
            os.dup2(saved, number)
            os.close(saved)
        file.seek(0)
        return file.read()
"""
#: What has another file under the number of a standard stream, or none. On a terminal, where lines are buffered.
DESCRIPTORS = [
    f"{_CAPTURE}{rest}"
    for rest in (
        "print('before'); print(captured(lambda: (os.system('echo child'), print('python'), os.write(1, b'raw')))); print('after')",
        "print(captured(lambda: print('to stderr', file=sys.stderr), 2)); print('after', file=sys.stderr)",
        "print(captured(lambda: print('seen', file=sys.stderr))); print(captured(lambda: print('seen'), 2))",
        "print('part', end=''); print(captured(lambda: print('of a line')))",
        "import warnings; print(b'warned' in captured(lambda: warnings.warn('warned'), 2))",
        "import threading\ndef work():\n    t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()\nprint(captured(work))",
        "import asyncio\nasync def main():\n    await asyncio.sleep(0); print('task'); await asyncio.to_thread(print, 'thread')\nprint(captured(lambda: asyncio.run(main()))); asyncio.run(main())",
        "out = open('out', 'w'); os.dup2(out.fileno(), 1); print('into the file'); os.dup2(2, 1); print(open('out').read())",
        "os.dup2(2, 1); print('out'); print('err', file=sys.stderr); os.dup2(1, 2); print('both', file=sys.stderr)",
        "os.dup2(os.open(os.devnull, os.O_WRONLY), 1); print('nowhere'); print('shown', file=sys.stderr)",
        "print('part', end=''); os.dup2(os.open('out', os.O_WRONLY | os.O_CREAT), 1); sys.stdout.flush(); print(open('out').read(), file=sys.stderr)",
        "print('left', end=''); os.dup2(os.open('out', os.O_WRONLY | os.O_CREAT), 1)",
        "os.close(1); print('lost')",
        "os.close(1); print('lost', end='')",
        "os.close(1)\ntry: print('lost')\nexcept OSError as error: print(error, file=sys.stderr)",
        "os.close(2); print('shown'); print('lost', file=sys.stderr)",
        "os.close(2); print('shown'); 1 / 0",
        "os.closerange(0, 3); print('lost')",
        "os.close(1); print(os.open('out', os.O_WRONLY | os.O_CREAT)); sys.stderr.write(open('out').read())",
        "saved = os.dup(1); os.close(1)\ntry: print('kept')\nexcept OSError: pass\nos.dup2(saved, 1); print('shown')",
        "sys.stdout = open(1, 'w', closefd=False); print('one'); sys.stdout.flush(); os.write(1, b'raw')",
        "sys.stdout = open(1, 'w', buffering=1); print('one'); sys.stdout.close(); sys.stdout = sys.__stdout__; print('two')",
        "sys.stdout = os.fdopen(os.dup(1), 'w', buffering=1); print('one'); os.close(1); print('two')",
        "read, write = os.pipe(); saved = os.dup(1); os.dup2(write, 1); print('piped'); os.dup2(saved, 1); print(os.read(read, 99))",
        "read, write = os.pipe(); os.dup2(write, 1); os.close(read); os.close(write); print('broken')",
        "sys.stdout.buffer.raw.write(b'raw'); os.close(1); sys.stdout.buffer.raw.write(b'lost')",
        "class Odd:\n    def write(self, text): return len(text)\n    def flush(self): raise ValueError('flushed')\nsys.stdout = Odd(); print('lost')",
        "class Odd:\n    def write(self, text): return len(text)\n    def flush(self): raise ValueError('flushed')\nsys.stderr = Odd(); print('shown'); sys.exit(3)",
        "sys.stdout = type('Odd', (), {})(); sys.exit(3)",
        "sys.stdout = sys.stderr = None; print('lost')",
        "sys.unraisablehook = lambda one: print('hook', one.exc_value, file=sys.stderr); os.close(1); print('lost', end='')",
        "pid = os.fork()\nif not pid:\n    os.dup2(2, 1); print('child'); sys.stdout.flush(); os._exit(0)\nos.waitpid(pid, 0); print('parent')",
    )
]
_SEES = """import os, sys
sys.addaudithook(lambda event, values, write=os.write: write(1, f'event {event}\\n'.encode()) and None)
"""
#: What raises audit events, with a hook for them. What is imported before it has raised all of its own.
AUDITED = [
    f"import ast, asyncio, json, logging, subprocess, tempfile, threading, traceback, tracemalloc, warnings\nimport concurrent.futures.thread\n{_SEES}{rest}"
    for rest in (
        "",
        "print('out'); print('err', file=sys.stderr)",
        "import json, asyncio",
        "1 / 0",
        "def f(): raise ValueError\nf()",
        "sys.exit(3)",
        "sys.exit('message')",
        "sys.excepthook = lambda *_: print('hook')\n1 / 0",
        "sys.unraisablehook = lambda _: print('hook')\n1 / 0",
        "def no(event, _):\n    if event == 'sys.excepthook': raise RuntimeError\nsys.addaudithook(no)\n1 / 0",
        "class A:\n    def __del__(self): 1 / 0\nA()\nprint('goes on')",
        "class A:\n    def __del__(self): print('gone')\na = A(); b = A(); b.b = b",
        "open('a', 'w').write('text'); print(open('a').read(), os.listdir('.') != [])",
        "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join()",
        "async def main():\n    await asyncio.sleep(0); print('task'); await asyncio.gather(asyncio.sleep(0), asyncio.to_thread(print, 'thread'))\nasyncio.run(main())",
        "async def main(): raise ValueError\nasyncio.run(main())",
        "async def f(): pass\nf()",
        "print(subprocess.run(['echo', 'child'], capture_output=True).stdout); os.system('echo shell')",
        "with concurrent.futures.ThreadPoolExecutor(1) as pool: print(pool.submit(abs, -1).result())",
        "import atexit; atexit.register(print, 'at the end')",
        "exec('x = 1'); print(eval('x'), id(x) > 0, compile('1', 'f', 'eval') is None)",
        "warnings.warn('warned')",
        "logging.warning('logged')",
        "def g():\n    yield 1\nprint(list(g()), sys._getframe().f_code.co_name)",
        "os.write(2, b'raw'); os.dup2(2, 1); print('out')",
        "pid = os.fork()\nif not pid: os._exit(0)\nprint(os.waitpid(pid, 0)[1])",
        "sys.setprofile(None); sys.settrace(None); print(len(sys._current_frames()))",
    )
]
SOURCES: list[bytes] = [
    "# -*- coding: latin-1 -*-\nprint('é', ascii('é'))\n".encode("latin-1"),
    "# coding: cp949\nprint('한글')\n".encode("cp949"),
    "\ufeffprint('mark')\nimport inspect, sys\nprint(inspect.getsource(sys.modules['__main__']))".encode(),
    b"print('carriage')\r\nprint('returns')\r\n1/0\r\n",
    "x = 'line\u2028separator'\nprint(ascii(x))\n\x0c\n1 / 0\n".encode(),
    b"\x0cprint('form feed')\n1/0",
    b"if 1:\n\tprint('tab')\n        print('spaces')\n",
    b"print('no newline at the end')",
    b"",
    b"\n\n\n",
    b"'''doc'''\nprint(__doc__)\nfrom __future__ import annotations\n",
    b"'''doc'''\nfrom __future__ import annotations\nprint(__doc__, annotations)\n",
    "이름 = 1\nprint(이름, '\\u2603')\nraise ValueError(이름)\n".encode(),
    b"import inspect\ndef f():\n    x = '\x0b\x1c'\n    return x\n\nprint(inspect.getsource(f))\n",
]

FIRST = [
    "import sys\nprint(sorted(sys.modules))",
    "import sys\nprint([name for name in sys.modules if name.partition('.')[0] == 'asyncio'][-1])",
    "print(asyncio.__spec__.name, type(asyncio.__loader__).__name__, asyncio.__spec__.loader is asyncio.__loader__)",
    "import concurrent.futures, sys\nprint('concurrent.futures.thread' in sys.modules)",
    "import xml\nprint(hasattr(xml, 'dom'), hasattr(asyncio, 'subprocess'), hasattr(asyncio, 'staggered'))",
    "import sys\ndel sys.modules['asyncio']\nimport asyncio as again\nprint(again is asyncio)",
    "import importlib\nprint(importlib.reload(asyncio) is asyncio)",
    "asyncio.run(asyncio.sleep(0, print('in a loop')))\nraise ValueError(1)",
]  # fmt: skip
_ASYNC = """import asyncio, sys
async def fail(n):
    raise ValueError(n)
async def server():
    async def echo(reader, writer):
        writer.write(await reader.readline())
        writer.close()
    listening = await asyncio.start_server(echo, "127.0.0.1", 0)
    return await asyncio.open_connection(*listening.sockets[0].getsockname())
async def main():
    {}
asyncio.run(main())
"""


def programs() -> list[bytes]:
    """All programs, as the bytes of their files."""
    texts = chain(
        (f"import sys\nprint('here')\nsys.exit({status})" for status in STATUSES),
        (f"def f():\n    raise {error}\n\nf()" for error in EXCEPTIONS),
        (
            f"import sys, {one}\nprint(sorted(n for n, m in vars({one}).items() if type(m) is type(sys)))"
            for one in PACKAGES
        ),
        # With asyncio first, which may be there before the program has begun.
        (f"{before}import asyncio\n{one}" for before in ("", "import random\n") for one in FIRST),
        (f"import {one}, sys\nprint(sorted(sys.modules))" for one in MODULES),
        (f"import {one.partition('.')[0]} as p\nprint(hasattr(p, '{one.partition('.')[2]}'))" for one in SUBMODULES),
        ("import os, subprocess, sys\n" + one for one in OUTPUTS),
        ("import os, sys\n" + one for one in chain(ENDINGS, INTROSPECTION, MORE, AT_THE_END, LEFT, PLACES)),
        WARNINGS,
        (_ASYNC.format(one) for one in ASYNC),
    )
    return [*_encoded(texts), *SOURCES]


def _encoded(texts: Iterator[str]) -> Iterator[bytes]:
    return (text.encode() for text in texts)
