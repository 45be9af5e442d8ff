"""The engine process: programs run while the process of the build does something else.

Each test is a process of its own, since an engine process is a fork of one that has no other thread.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..conftest import run_python
from ..faults.conftest import offspring, wait_until

_COMMON = """
import json, os, signal, sys, time
from sphinx_await.core.errors import EngineError
from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.engine_process.builder import EngineProcess
from sphinx_await.engine.hosts import Host
from sphinx_await.engine.program import Program
from sphinx_await.engine.result import RerunPolicy
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

def text(result):
    return [line.text for one in result.recordings for line in read_lines(one.outputs)]

def say(**values):
    print(json.dumps(values))

SLEEPER = Program.of("import time\\ntime.sleep(36000)", 36000)
"""


def said(script: str) -> dict[str, Any]:
    """What a script says."""
    done = run_python("-c", _COMMON + script)
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_program_runs_before_its_result_is_asked_for() -> None:
    """It reaches a server of this process, which has only announced it."""
    told = said("""
import socket
engine = EngineProcess(Settings(network=True))
engine.start()
with socket.create_server(("127.0.0.1", 0)) as server:
    server.settimeout(60)
    engine.expect(Program.of(f"import socket\\nsocket.create_connection({server.getsockname()})"))
    visitor, _ = server.accept()
    visitor.close()
engine.close()
say(came=True)
""")
    assert told["came"]


def test_results_are_those_of_an_engine_in_this_process() -> None:
    """Of programs that were expected and of others, of those that run alone, repeatedly, in sessions and in folders."""
    told = said("""
chain = Program.in_one_folder([Program.of("open('a', 'w').write('left')"), Program.of("print(open('a').read())")])
programs = [
    *(Program.of(f"print({number})") for number in range(20)),
    Program(("x = 1", "print(x + 1)")),
    Program(("print('alone')",), alone=True),
    Program(("print('often')",), repeat=3),
    Program.of("1 / 0"),
    Program.of("while True: pass", 0.2),
    Program(("print(input())",), stdin="given"),
    chain,
]
def seen(results):
    shown = [
        [result.program.parts, text(result), result.recordings[-1].exit, len(result.recordings[-1].repeats)]
        for result in results
    ]
    return sorted(shown, key=repr)
engine = EngineProcess(Settings())
engine.start()
for program in programs[::2]:
    engine.expect(program)
one = seen(engine.run(programs))
again = seen(engine.run(programs))
with Engine(Settings()) as other:
    say(one=one, again=again, other=seen(other.run(programs)), missing=[*engine.missing] == [*other.missing])
""")
    assert told["one"] == told["again"] == told["other"]
    assert len(told["one"]) == 27
    assert told["missing"]


def test_a_program_that_no_page_shows_in_the_end_has_no_result() -> None:
    """It was expected, and its page is another by now."""
    told = said("""
engine = EngineProcess(Settings())
engine.start()
wanted, other, late = (Program.of(f"print({word!r})") for word in ("wanted", "other", "late"))
engine.expect(wanted)
engine.expect(other)
say(texts=sorted(text(result) for result in engine.run([wanted, late])))
""")
    assert told["texts"] == [["late"], ["wanted"]]


def test_whether_a_program_runs_again_is_decided_by_who_asks() -> None:
    """A result that looks suspect is not shown, and the program runs once more."""
    told = said("""
engine = EngineProcess(Settings())
engine.start()
program = Program.of("print('x')")
engine.expect(program)
begun = []
def is_suspect(result):
    begun.append(result.recording.started)
    return begun[-1] == begun[0]
(result,) = engine.run([program], RerunPolicy(is_suspect, lambda _: False))
say(other=result.recording.started != begun[0], again=len(result.reruns), reason=result.rerun_reason.name)
""")
    assert told == {"other": True, "again": 1, "reason": "DURATIONS"}


@pytest.mark.parametrize(
    "end",
    [
        "engine.close()",
        "results = engine.run([quick, SLEEPER]); next(results); results.close()",
        "os.kill(os.getpid(), signal.SIGKILL)",
        "sys.exit()",
        "os.kill(engine._process, signal.SIGTERM)",
        "os.kill(engine._process, signal.SIGKILL)",
    ],
)
def test_nothing_is_left_however_it_ends(end: str) -> None:
    """The process of the build closes it, stops to read, is killed or ends; or the engine process is killed."""
    script = f"""
engine = EngineProcess(Settings())
engine.start()
quick = Program.of("print('quick')")
engine.expect(quick)
engine.expect(SLEEPER)
time.sleep(2)
{end}
"""
    with offspring() as started:
        run_python("-c", _COMMON + script)
        assert wait_until(lambda: not started.alive(), 20)


def test_it_says_nothing_when_it_is_closed_at_once() -> None:
    """At whatever moment of its start that is. Warnings are errors here, so what is left unclosed would be said."""
    assert said("""
engine = EngineProcess(Settings())
for milliseconds in range(0, 240, 4):
    engine.start()
    time.sleep(milliseconds / 1000)
    engine.close()
say(done=True)
""") == {"done": True}


def test_an_engine_process_that_dies_is_an_error() -> None:
    """The build does not wait for it."""
    told = said("""
engine = EngineProcess(Settings())
engine.start()
engine.expect(SLEEPER)
time.sleep(1)
os.kill(engine._process, signal.SIGKILL)
try:
    list(engine.run([SLEEPER]))
except EngineError as error:
    say(message=str(error))
""")
    assert told["message"] == "the engine process died; see its message above"


def test_why_programs_cannot_run_is_what_an_engine_in_this_process_says() -> None:
    """It is raised when they are asked for, and not while pages are read."""
    told = said("""
settings = Settings(hosts={"api.test": Host(handler="there_is_no_such_module:handle")})
messages = []
for kind in (EngineProcess, Engine):
    engine = kind(settings)
    engine.start()
    time.sleep(1)
    try:
        list(engine.run([Program.of("1")]))
    except EngineError as error:
        messages.append(str(error))
    engine.close()
say(messages=messages)
""")
    assert len(told["messages"]) == 2
    assert told["messages"][0] == told["messages"][1]


def test_many_large_programs_and_results_wait_for_nobody() -> None:
    """More than the connection holds can be expected, and can have ended, before anybody reads a result."""
    told = said("""
engine = EngineProcess(Settings())
engine.start()
programs = [Program.of(f"print({number})\\nprint('y' * 30_000)\\n#" + "x" * 30_000) for number in range(40)]
begun = time.monotonic()
for program in programs:
    engine.expect(program)
expected = time.monotonic() - begun
time.sleep(4)
say(numbers=sorted(int(text(result)[0]) for result in engine.run(programs)), expected=expected)
""")
    assert told["numbers"] == [*range(40)]
    assert told["expected"] < 2
