"""The command line: ``python -m sphinx_await run FILE.py``, ``cache``, ``new``, ``serve``, ``triage``, ``compare``."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ._version import __version__
from .core.errors import AwaitError
from .core.model.displays import IMAGES, PLAIN, SUFFIXES, Display, image_bytes
from .core.model.snippet import Snippet
from .core.syntax import decode_source
from .core.text.output_lines import OutputLine, lines_and_places
from .core.text.source_mapping import map_to_document
from .core.text.terminal import for_terminal
from .course.built_parts import missing_parts
from .course.config import AwaitConfig
from .course.new_project import LANGUAGES, NewProject, advice_for_site, title_of, write_project
from .engine.program import Program
from .engine.scheduler import Engine
from .engine.settings import DEFAULT_TIMEOUT, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .core.model.recording import Recording

TIMED_OUT_EXIT = 124  # as timeout(1) has it
_SIGNALLED = 128  # as a shell reports a signal
_WRONG_USE = 2
_WIDEST = 160
_MB = 1e6
#: Days after which `cache --prune` removes a recording that no build has used.
_DAYS = 30.0
_NEXT = """\
Next (README.md says how to publish it):
  cd {folder}
  python -m pip install -r requirements.txt
  python -m sphinx -W source build
  python -m http.server -d build
  python -m pytest --await"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser, _commands = make_parsers()
    arguments = parser.parse_args(argv)
    try:
        status: int = arguments.command(arguments)
    except AwaitError as error:
        _print(f"sphinx_await: {error}", file=sys.stderr)
        return _WRONG_USE
    return status


def make_parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    """The parser of the command line, and that of each command. The guide has its tables of options from their help."""
    parser = argparse.ArgumentParser(prog="sphinx_await", description="Run asyncio programs and show what happened.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run one program under the recorder")
    run.add_argument("file", type=Path, metavar="FILE.py")
    run.add_argument(
        "arguments", nargs="*", metavar="ARGUMENT", help="what the program finds in sys.argv; options come after --"
    )
    form = run.add_mutually_exclusive_group()
    form.add_argument("--timeline", action="store_true", help="also print the timeline in characters, and a table")
    run.add_argument("--svg", type=Path, metavar="OUT.svg", help="write the timeline as a drawing")
    run.add_argument("--trace", type=Path, metavar="OUT.json", help="write a trace that Perfetto and Chrome open")
    form.add_argument("--json", action="store_true", help="print the recording")
    run.add_argument(
        "--displays",
        type=Path,
        metavar="DIR",
        help="write the images that it displays into this folder; their lines are printed in any case",
    )
    run.add_argument("--last-value", action="store_true", help="display the value of the last expression")
    run.add_argument(
        "--top-level-await", action="store_true", help="run it in an event loop, as python -m asyncio does"
    )
    run.add_argument("--conf", type=Path, metavar="DIR", help="use the await_* values of the conf.py in this folder")
    run.add_argument("--python", metavar="PATH", help="run it on another Python, or that of a virtual environment")
    limit = run.add_mutually_exclusive_group()
    limit.add_argument(
        "--timeout",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help="set the time limit; where each task was then is printed",
    )
    limit.add_argument(
        "--hangs",
        type=_seconds,
        default=None,
        metavar="SECONDS",
        help="the same for a program that is meant not to end: the status is 0 if it was stopped, else not",
    )
    run.set_defaults(command=run_command)
    cache = commands.add_parser("cache", help="show the size of a project's recordings, or remove old ones")
    cache.add_argument(
        "--prune", action="store_true", help=f"remove recordings that no build has used for {_DAYS:g} days"
    )
    cache.add_argument("--days", type=_days, default=_DAYS, help="for --prune: another number of days")
    cache.add_argument(
        "--conf",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the folder of the conf.py, without it the one in which you are",
    )
    cache.set_defaults(command=run_cache_command)
    new = commands.add_parser("new", help="make a small course, or say what an existing site has to add")
    where = new.add_mutually_exclusive_group(required=True)
    where.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="an empty folder, or one to be made")
    where.add_argument(
        "--here",
        action="store_true",
        help="instead of a folder: print what the conf.py of the site in this folder needs, and change nothing",
    )
    new.add_argument("--title", help="its title; without it, the name of the folder")
    new.add_argument(
        "--language",
        choices=LANGUAGES,
        default=LANGUAGES[0],
        help="the language of its pages: English (en) or Korean (ko); without it, %(default)s",
    )
    new.set_defaults(command=run_new_command)
    _add_serve(commands)
    _add_triage(commands)
    return parser, commands.choices


def _add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser("serve", help="show a site in the browser that follows its sources")
    serve.add_argument("source", type=Path, nargs="?", default=Path(), metavar="SOURCE", help="sources (default: .)")
    serve.add_argument("out", type=Path, nargs="?", metavar="OUT", help="the output (default: SOURCE/_build/serve)")
    serve.add_argument("--conf", type=Path, metavar="DIR", help="the folder of the conf.py, without it SOURCE")
    serve.add_argument("--port", type=int, default=8000, help="%(default)s without it; 0 is a free one")
    serve.add_argument(
        "--watch",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="another folder that changes pages, such as that of a package which autodoc describes",
    )
    serve.add_argument("--open", action="store_true", help="open the browser")
    serve.set_defaults(command=run_serve)


def _add_triage(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    triage = commands.add_parser("triage", help="say what the programs of pages need that were never built")
    triage.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="pages, or folders of pages (default: .)")
    triage.add_argument("--write", action="store_true", help="write the options into comments before the programs")
    triage.add_argument("--timeout", type=_seconds, metavar="SECONDS", help="stop programs after this time")
    triage.add_argument("--conf", type=Path, metavar="DIR", help="the folder of the conf.py, without it the nearest")
    triage.add_argument("--python", metavar="PATH", help="run them on another Python, or that of a virtual environment")
    triage.set_defaults(command=run_triage)
    compare = commands.add_parser("compare", help="say what programs of pages print differently on other Pythons")
    compare.add_argument("paths", type=Path, nargs="*", metavar="PATH", help="pages, or folders of pages (default: .)")
    compare.add_argument(
        "--python",
        action="append",
        required=True,
        metavar="PATH",
        help="a Python, or a virtual environment; given more than once, these are compared with the first one",
    )
    compare.add_argument("--conf", type=Path, metavar="DIR", help="the folder of the conf.py, without it the nearest")
    compare.set_defaults(command=run_compare)


def _print(text: str, file: TextIO | None = None) -> None:
    """Print what may hold texts of a program, none of which reaches a terminal raw."""
    print(for_terminal(text), file=file)


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days < float("inf"):  # NaN is not
        raise argparse.ArgumentTypeError(f"expected a number of days, 0 or more, found {text!r}")
    return days


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number of seconds, found {text!r}") from None
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"expected more than 0 seconds, found {text}")
    return seconds


def run_command(arguments: argparse.Namespace) -> int:
    """Run one program and print what it did.

    :returns: the program's exit status; 124 if it was stopped at its time limit, 128 + n for signal n. With ``hangs``
        0 if it was stopped, 1 if it ended well.
    """
    file: Path = arguments.file
    try:
        code = decode_source(file.read_bytes())
    except (OSError, SyntaxError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        _print(f"sphinx_await: {file}: {reason}", file=sys.stderr)
        return _WRONG_USE
    settings, timeout = _settings(arguments.conf, arguments.python)
    folder = str(file.resolve().parent)
    home = Path.home()
    neighbours = tuple(one for one in dict.fromkeys((os.getcwd(), folder)) if not home.is_relative_to(one))
    settings = dataclasses.replace(settings, path=(folder, *settings.path), neighbours=neighbours)
    last_values = (0,) if arguments.last_value else ()
    in_loop = (0,) if arguments.top_level_await else ()
    words = tuple(arguments.arguments)
    hangs: float | None = arguments.hangs
    limit = hangs or arguments.timeout or timeout
    program = Program(
        (code,), limit, arguments=words, last_values=last_values, in_loop=in_loop, hangs=hangs is not None
    )
    with Engine(settings) as engine:
        engine.start(program.imports())
        (result,) = engine.run([program], rerun=False)
    if arguments.json:
        sys.stdout.write(result.recording.to_json())
    else:
        _show(result.recording, file, code)
    kept = arguments.displays is None or _write_displays(result.recording, file.stem, arguments.displays)
    if arguments.timeline:
        _show_timeline(result.recording)
    written = _write_files(result.recording, file.name, arguments.svg, arguments.trace) and kept
    status = _status(result.recording) if hangs is None else _status_of_hang(result.recording, file)
    return status if written else status or _WRONG_USE


def run_cache_command(arguments: argparse.Namespace) -> int:
    """Print how many recordings there are.

    With ``--prune``, first remove those that no build used for ``--days`` days.
    """
    from .engine.cache.prune import cache_content, prune
    from .sphinxext.conf_file import read_configuration

    folder = read_configuration(arguments.conf)[0].cache_folder(arguments.conf)
    if arguments.prune:
        removed = prune(folder, arguments.days * 86_400)
        _print(f"{folder}: {removed.recordings} recordings removed ({_size(removed.size)})")
    left = cache_content(folder)
    _print(f"{folder}: {left.recordings} recordings ({_size(left.size)})")
    return 0


def run_new_command(arguments: argparse.Namespace) -> int:
    """Make a course in a folder and print what to do next; or print what the site in this folder needs."""
    if arguments.here:
        _print(advice_for_site(Path()))
    else:
        folder: Path = arguments.folder
        title = title_of(folder) if arguments.title is None else arguments.title
        written = write_project(NewProject(title, arguments.language), folder)
        _print(
            "\n".join([*(str(folder / path) for path in written), "", _NEXT.format(folder=shlex.quote(str(folder)))])
        )
    if missing := missing_parts():
        _print(f"\nNote: {missing}")
    return 0


def run_serve(arguments: argparse.Namespace) -> int:
    """Serve a site that follows its sources."""
    from .serve.command import run_serve_command  # no other command needs it

    return run_serve_command(arguments)


def run_triage(arguments: argparse.Namespace) -> int:
    """Say what the programs of pages need."""
    from .triage_command import run_triage_command  # no other command needs it

    return run_triage_command(arguments)


def run_compare(arguments: argparse.Namespace) -> int:
    """Say what programs print differently on several Pythons."""
    from .compare_command import run_compare_command  # no other command needs it

    return run_compare_command(arguments)


def _size(count: int) -> str:
    return f"{count / _MB:.1f} MB" if count >= _MB else f"{count / 1e3:.0f} kB"


def _settings(conf: Path | None, python: str | None) -> tuple[Settings, float]:
    """The engine's settings and the time limit (seconds): those of a conf.py, or the defaults, without mock hosts.

    :param python: the Python that was asked for.
    """
    if conf is None:
        interpreter = AwaitConfig().on_python(python).other_python()
        return Settings(interpreter=interpreter), DEFAULT_TIMEOUT
    from .sphinxext.conf_file import read_configuration

    config, values = read_configuration(conf)
    return config.on_python(python).settings(conf.resolve(), values), float(config.timeout)


def _show(recording: Recording, file: Path, code: str) -> None:
    snippet = Snippet(file.name, code, str(file), tuple(range(1, code.count("\n") + 2)))
    lines, places = lines_and_places(recording)
    rows: list[OutputLine | Display] = list(lines)
    for place, display in reversed([*zip(places, recording.displays, strict=True)]):
        rows.insert(place, display)
    for line in rows:
        if isinstance(line, Display):
            kinds = ", ".join(f"{kind}, {_size(len(text))}" for kind, text in line.data.items() if kind in IMAGES)
            _print(f"{line.at:9.3f}   [{kinds}] {line.alt or line.data.get(PLAIN, '')}")
            continue
        if line.omitted:
            print(f"{'':11} ... {line.omitted} lines left out ...")
        mark, text = " ", line.text
        if line.stream == "stderr":
            mark, text = "!", map_to_document(text, [snippet], lambda _: str(file))
        _print(f"{line.at:9.3f} {mark} {text}")
    total = f"{recording.wall:9.3f} s in all, {recording.cpu:.3f} s computing, exit status {recording.exit}"
    if recording.timed_out:
        total += ", stopped at its time limit"
    if recording.truncated:
        total += ", output was cut at its limit"
    if recording.stand_ins:
        total += ", mock hosts answered: " + ", ".join(
            f"{one.host} after {one.delay:g} s" for one in recording.stand_ins
        )
    _print(total)
    if recording.timed_out:
        _show_unfinished(recording, code)


def _show_unfinished(recording: Recording, code: str) -> None:
    """Say where each task was when the program was stopped."""
    from .core.timeline.labels import Labels
    from .core.timeline.unfinished import unfinished, unfinished_words

    for words in unfinished_words(unfinished(recording, source=code), Labels()):
        _print(f"{'':11} {words}")


def _show_timeline(recording: Recording) -> None:
    from .core.renderers.text import render_timeline
    from .core.timeline.builder import make_timeline
    from .core.timeline.labels import Labels
    from .core.timeline.presence import why_no_timeline

    if reason := why_no_timeline(recording):
        _print(reason.said())
    else:
        width = min(shutil.get_terminal_size().columns, _WIDEST)
        _print("\n" + render_timeline(make_timeline(recording), Labels(), width))


def _write_files(recording: Recording, name: str, svg: Path | None, trace: Path | None) -> bool:
    """Write the files that were asked for; False if one could not be written."""
    from .core.renderers.svg import Frame, render_svg
    from .core.renderers.trace_events import render_trace
    from .core.timeline.builder import make_timeline
    from .core.timeline.labels import Labels
    from .core.timeline.model import Section

    done = True
    if svg is not None:
        frame = Frame("await", f"Tasks of {name} over time", alone=True)
        done = _write(svg, render_svg([Section(make_timeline(recording))], Labels(), frame))
    if trace is not None:
        done = _write(trace, render_trace(recording, name)) and done
    return done


def _write(path: Path, text: str) -> bool:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        _print(f"sphinx_await: {path}: {error}", file=sys.stderr)
        return False
    _print(f"sphinx_await: written: {path}", file=sys.stderr)
    return True


def _write_displays(recording: Recording, stem: str, folder: Path) -> bool:
    """Write the images of a run; False if one could not be written."""
    for number, display in enumerate(recording.displays, 1):
        for kind in IMAGES & display.data.keys():
            path = folder / f"{stem}-{number}.{SUFFIXES[kind]}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                path.write_bytes(image_bytes(kind, display.data[kind]))
            except OSError as error:
                _print(f"sphinx_await: {path}: {error}", file=sys.stderr)
                return False
            _print(f"sphinx_await: written: {path}", file=sys.stderr)
    return True


def _status_of_hang(recording: Recording, file: Path) -> int:
    """The status of a program that is meant not to end; if it did, that is said."""
    if recording.timed_out:
        return 0
    _print(f"sphinx_await: {file}: it was expected to hang, but ended after {recording.wall:.2f} s", file=sys.stderr)
    return _status(recording) or 1


def _status(recording: Recording) -> int:
    if recording.timed_out:
        return TIMED_OUT_EXIT
    return recording.exit if recording.exit >= 0 else _SIGNALLED - recording.exit
