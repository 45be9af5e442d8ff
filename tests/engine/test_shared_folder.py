"""Programs that run one after another in one folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.text.output_lines import read_lines
from sphinx_await.engine.cache.store import Cache
from sphinx_await.engine.program import Program
from sphinx_await.engine.result import RerunPolicy
from sphinx_await.engine.scheduler import Engine
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx_await.engine.result import Result

KINDS = [
    pytest.param({}, id="as far as the system can"),
    pytest.param({"sandbox": "off"}, id="off"),
    pytest.param({"fork": False}, id="spawned"),
]


def run(settings: Settings, *programs: Program) -> list[Result]:
    """The results, in the order of the programs."""
    with Engine(settings) as engine:
        results = {result.program: result for result in engine.run(programs)}
    return [results[program] for program in programs]


def chain(*codes: str, timeout: float = 20) -> Program:
    """Programs in one folder."""
    return Program.in_one_folder([Program.of(code, timeout) for code in codes])


def printed(result: Result) -> list[list[str]]:
    """What each part printed."""
    return [[line.text for line in read_lines(one.outputs)] for one in result.recordings]


@pytest.mark.parametrize("kind", KINDS)
def test_each_finds_what_the_earlier_ones_wrote(kind: dict[str, object], tmp_path: Path) -> None:
    """Files, declared ones as they were left, but no state; the first of another page finds an empty folder."""
    (tmp_path / "data.txt").write_text("given", encoding="utf-8")
    settings = Settings(files={"data.txt": str(tmp_path / "data.txt")}, **kind)  # type: ignore[arg-type]
    look = "import os\nprint(open('data.txt').read(), sorted(os.listdir()), 'x' in globals())"
    first, other = run(
        settings, chain("x = 1\nopen('data.txt', 'w').write('left')\nopen('new', 'w')", look), chain(look, look)
    )
    assert printed(first) == [[], ["left ['data.txt', 'new', 'snippet.py'] False"]]
    assert printed(other) == [["given ['data.txt', 'snippet.py'] False"]] * 2
    assert not any(one.failure for result in (first, other) for one in result.recordings)


@pytest.mark.parametrize("kind", KINDS)
def test_no_earlier_program_decides_where_ours_are_written(kind: dict[str, object], tmp_path: Path) -> None:
    """A link in the place of a program's file, a folder of that name, a folder without rights."""
    victim = tmp_path / "victim"
    victim.write_text("untouched", encoding="utf-8")
    link = f"import os\nos.unlink('snippet.py')\nos.symlink({str(victim)!r}, 'snippet.py')"
    folder = "import os\nos.unlink('snippet.py')\nos.makedirs('snippet.py/x')\nos.chmod('.', 0)"
    (result,) = run(Settings(**kind), chain(link, folder, "print('well')"))  # type: ignore[arg-type]
    assert printed(result)[2] == ["well"]
    assert victim.read_text(encoding="utf-8") == "untouched"


def test_other_pages_do_not_see_the_folder() -> None:
    """Where programs have a view of their own, it has one shared folder only, under a name that all have in common."""
    write = "import glob, time\nopen('secret', 'w').write('x')\ntime.sleep(0.3)\n"
    wait = f"{write}print(glob.glob('../**/secret', recursive=True))"
    with Engine(Settings()) as engine:
        results = list(engine.run([chain(wait, wait), Program((wait,), copy=1), chain(wait, wait, "1")]))
        if engine.missing:
            pytest.skip(f"no {engine.missing}")
    for result in results:
        found = [lines for lines in printed(result) if lines]
        assert found == [["['../run-home/secret']"]] * len(found)


def test_all_have_the_moment_at_which_the_first_one_started(tmp_path: Path) -> None:
    """By it a cache knows that they are of one run, and gives them all."""
    program = chain("open('n', 'w').write('1')", "print(open('n').read())", "print('last')")
    with Engine(Settings()) as engine:
        moments = []
        for _ in range(2):
            (result,) = engine.run([program])
            moments.append({one.started for one in result.recordings})
    assert [len(one) for one in moments] == [1, 1]
    assert moments[0] != moments[1]
    cache = Cache(tmp_path / "cache", Settings())
    for part, one in enumerate(result.recordings):
        cache.store(cache.key(program), part, one)
    assert cache.load_parts(program, "cached", RerunPolicy()) == result.recordings


def test_each_has_its_own_time_limit_and_failure() -> None:
    """The one that hangs is stopped at its limit, and the others run."""
    (result,) = run(Settings(), chain("1 / 0", "import time\nprint('a')\ntime.sleep(60)", "print('b')", timeout=1))
    assert [one.failure.type if one.failure else None for one in result.recordings] == ["ZeroDivisionError", None, None]
    assert [one.timed_out for one in result.recordings] == [False, True, False]
    assert printed(result)[1:] == [["a"], ["b"]]
    assert result.program.timeout_of(1) == 1


def test_all_depend_on_what_one_used(tmp_path: Path) -> None:
    """A file that the first reads is a dependency of the second, which reads what the first wrote."""
    data = tmp_path / "data.txt"
    data.write_text("one", encoding="utf-8")
    settings = Settings(fork=False)  # without a view, in which the file is not
    (result,) = run(
        settings, chain(f"open('copy', 'w').write(open({str(data)!r}).read())", "print(open('copy').read())")
    )
    assert printed(result)[1] == ["one"]
    assert str(data) in result.recordings[1].requires.files


def test_a_unit_is_not_its_programs(tmp_path: Path) -> None:
    """Recordings of a session of the same parts, or of other limits, are others."""
    cache = Cache(tmp_path, Settings())
    keys = {
        cache.key(chain("a", "b")),
        cache.key(Program(("a", "b"), 40)),
        cache.key(Program.in_one_folder([Program.of("a", 30), Program.of("b", 10)])),
        cache.key(Program.in_one_folder([Program(("a", "b"), 40)])),
    }
    assert len(keys) == 4


def test_what_is_left_in_a_shared_folder_is_bounded() -> None:
    """The programs after the one that left too much do not run, and say why."""
    fill = "for n in range(3):\n    open(f'{n}', 'wb').truncate(100 << 20)"
    (result,) = run(Settings(), chain(fill, "print('runs')"))
    assert printed(result)[1] == []
    failure = result.recordings[0].failure
    assert failure is not None
    assert "256 MB in the folder that they share" in failure.message
