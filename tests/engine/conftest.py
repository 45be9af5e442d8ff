"""Programs under the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sphinx_await.core.model.recording import Recording


class Run(Protocol):
    """Runs one program and returns its recording."""

    def __call__(self, code: str, *, timeout: float = 20) -> Recording:
        """Run it, with a limit in seconds."""
        ...


@pytest.fixture
def run_with() -> Iterator[Callable[[Settings], Run]]:
    """Give engines with settings of the test's own; all are closed after it."""
    engines: list[Engine] = []

    def start(settings: Settings) -> Run:
        engine = Engine(settings)
        engines.append(engine)

        def run(code: str, *, timeout: float = 20) -> Recording:
            program = Program.of(code, timeout)
            engine.start(program.imports())
            (result,) = engine.run([program])
            return result.recording

        return run

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def run(run_with: Callable[[Settings], Run]) -> Run:
    """Run programs under the default settings."""
    return run_with(Settings())
