"""The corpus: programs, and what their recordings say of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.steps.builder import make_steps
from sphinx_await.engine.program import Program
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

from ..corpus.expected import VERSIONS, lines_for, replace_lines, this_version
from ..corpus.transcript import NOT_IN_THE_BROWSER, transcript
from ..support.steps import check_steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx_await.core.model.recording import Recording

PROGRAMS = sorted((Path(__file__).parent.parent / "corpus" / "programs").glob("*.py"))


TRIES = 3


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all programs."""
    with Engine(Settings()) as engine:
        yield engine


@pytest.fixture(scope="module")
def recordings(engine: Engine) -> Mapping[Path, Recording]:
    """The recordings of all programs, which ran at once."""
    programs = {program_of(path): path for path in PROGRAMS}
    return {programs[result.program]: result.recording for result in engine.run(programs)}


def program_of(path: Path) -> Program:
    """A program of the corpus."""
    return Program.of(path.read_text(encoding="utf-8"), 30)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_reader_can_step_through_everything_once(path: Path, recordings: Mapping[Path, Recording]) -> None:
    """Each thing that happened is one step, and never do two tasks of a loop run at once."""
    check_steps(recordings[path], make_steps(recordings[path], source=path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_recording_has_what_the_program_did(
    path: Path, engine: Engine, recordings: Mapping[Path, Recording], request: pytest.FixtureRequest
) -> None:
    """What ran, what was awaited at which line, what woke what, and how it ended, in order."""
    lines, file = transcript(recordings[path]), path.with_suffix(".expected")
    expected = file.read_text(encoding="utf-8") if file.exists() else ""
    if request.config.getoption("--regenerate"):
        file.write_text(replace_lines(expected, this_version(), lines), encoding="utf-8")
        return
    for _ in range(TRIES):
        if lines == lines_for(expected, this_version()):
            return
        # The programs sleep for hundredths of a second: on a machine that is busy elsewhere they may take turns
        # otherwise.
        (result,) = engine.run([program_of(path)])
        lines = transcript(result.recording)
    assert lines == lines_for(expected, this_version())


def test_every_expectation_has_its_program() -> None:
    """No file of expectations is left over, and there are programs enough."""
    assert {path.stem for path in PROGRAMS[0].parent.glob("*.expected")} == {path.stem for path in PROGRAMS}
    assert len(PROGRAMS) >= 25


def test_where_a_program_cannot_run_has_a_reason() -> None:
    """The head of a program that cannot run in a browser says why."""
    heads = [path.read_text(encoding="utf-8").partition("\n")[0] for path in PROGRAMS]
    reasons = [head.removeprefix(NOT_IN_THE_BROWSER) for head in heads if head.startswith(NOT_IN_THE_BROWSER)]
    assert len(reasons) >= 5
    assert all(reason.strip() for reason in reasons)


def test_lines_of_one_version_are_replaced() -> None:
    """New lines for one Python leave those of the others; what all have in common is there once."""
    text = replace_lines("", "3.11", ["a", "b", "c"])
    text = replace_lines(text, "3.12", ["a", "x", "c"])
    others = [version for version in VERSIONS if version != "3.12"]
    assert text == f"a\n[{' '.join(others)}] b\n[3.12] x\nc\n"
    assert lines_for(text, "3.12") == ["a", "x", "c"]
    assert [lines_for(text, version) for version in others] == [["a", "b", "c"]] * len(others)
    assert replace_lines(text, "3.12", ["a", "b", "c"]) == "a\nb\nc\n"
