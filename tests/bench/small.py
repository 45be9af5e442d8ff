"""What a program costs that does next to nothing: ``python tests/bench/small.py``.

Many of them run under the engine alone, without Sphinx; of several rounds the least. A measurement and no test.
"""

from __future__ import annotations

import time

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

PROGRAMS, ROUNDS = 200, 5
CODE = "import time\n\ntime.sleep(0.001)\nprint('done {}')\n"


def seconds() -> float:
    """How long all of them take, once the fork server is ready."""
    with Engine(Settings()) as engine:
        list(engine.run([Program.of("pass")]))
        begun = time.perf_counter()
        list(engine.run([Program.of(CODE.format(number)) for number in range(PROGRAMS)]))
        return time.perf_counter() - begun


if __name__ == "__main__":
    least = min(seconds() for _ in range(ROUNDS))
    print(f"{PROGRAMS} programs: {least:.2f} s, {least / PROGRAMS * 1e3:.1f} ms each")  # noqa: T201
