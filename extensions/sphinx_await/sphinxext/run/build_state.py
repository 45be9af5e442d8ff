"""Stores what the pages of an output folder show, so that an unchanged build has nothing to do."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.digest import digest
from ...core.model.dependencies import Dependencies
from ...engine.runtime_info import PLATFORM
from .. import recordings
from ..ahead import JudgedAhead
from ..build_session import referred_run, session_of
from ..domain import domain_of
from ..output_state import OutputState
from ..render.live_files import live_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from ..build_session import BuildSession
    from ..outcome import Outcome, PublishableRun

#: Beside the pages, a digest of which outcomes they show: pages whose outcomes changed are written again.
WRITTEN = ".await-written.json"


def read_output_state(app: Sphinx) -> OutputState:
    """Read the state of the output folder; empty if it is unknown."""
    try:
        text = _details(app).read_bytes()
        if json.loads(Path(app.outdir, WRITTEN).read_bytes()) != {"state": digest(text)}:
            return OutputState()
        data: dict[str, Any] = json.loads(text)
        return OutputState(**{**data, "requires": Dependencies(**data["requires"])})
    except (OSError, ValueError, KeyError, TypeError):
        return OutputState()


def write_output_state(app: Sphinx, state: OutputState) -> None:
    """Store the state of the output folder, after all pages are written."""
    text = json.dumps(asdict(state), indent=1, sort_keys=True) + "\n"
    _details(app).write_text(text, encoding="utf-8")
    Path(app.outdir, WRITTEN).write_text(json.dumps({"state": digest(text)}) + "\n", encoding="utf-8")


def discard_output_state(app: Sphinx) -> list[str]:
    """Remove the state of the output folder, and return the documents that showed runs in it."""
    shown = list(read_output_state(app).documents)
    Path(app.outdir, WRITTEN).unlink(missing_ok=True)
    return [docname for docname in shown if docname in app.env.found_docs]


def _details(app: Sphinx) -> Path:
    """The file with the complete state. It is outside of the output folder, which may be published."""
    return Path(app.doctreedir, f"await-{digest(os.path.realpath(app.outdir))}.json")


def output_state_of(app: Sphinx, fingerprint: str, *, right: bool) -> OutputState:
    """Compute the state that the output folder will have after this build.

    :param right: whether no program has a fault.
    """
    session = session_of(app.env)
    assert session.store is not None
    requires, stamps = _all_dependencies(session), session.store.stamps()
    recordings = {file: stamp for file, stamp in stamps.items() if stamp is not None}
    known = right and requires is not None and len(recordings) == len(stamps)
    return OutputState(
        course=fingerprint if known else "",
        requires=requires or Dependencies(),
        recordings=recordings,
        documents=_documents(_digest_of([code_state(), live_state(app.env)]), app.env),
    )


def fingerprint_of(app: Sphinx) -> str:
    """A digest of everything that decides what is shown and reported, except recordings and their dependencies."""
    session, data = session_of(app.env), domain_of(app.env).data
    config = session.config
    pages = [data[name] for name in ("snippets", "exercises", "predictions", "mistakes")]
    python = config.interpreter().name
    decides = [code_state(), live_state(app.env), config.timeout, config.expect_markers, python, PLATFORM]
    # A run whose times are named from now on may have been disturbed.
    decides += [
        config.last_value,
        config.display_html,
        config.plain,
        config.top_level_await,
        config.rerun_patterns(),
        config.session_patterns(),
        sorted({(one.docname, one.name, repr(one.value)) for one in domain_of(app.env).references()}),
    ]
    decides += [sorted(map(repr, domain_of(app.env).links()))]
    if indexes := list(domain_of(app.env).indexes()):
        from ..progress import rows_of  # most courses have no index

        decides += [rows_of(app.env, index) for index in indexes]
    return _digest_of([*pages, *decides, sorted(session.hidden)])


def _all_dependencies(session: BuildSession) -> Dependencies | None:
    """The merged dependencies of all recordings; None if two of them contradict each other."""
    return Dependencies.merge(outcome.recording.requires for outcome in session.outcomes.values())


def _documents(common: str, env: BuildEnvironment) -> dict[str, str]:
    """For each document, a digest of the runs that it shows or refers to, and of what affects all pages."""
    shown: dict[str, list[str]] = {}
    ahead = JudgedAhead() if recordings.ahead is None else recordings.ahead.judged
    for (docname, name), outcome in session_of(env).outcomes.items():
        known = ahead.digest_of(outcome.publishable, name)
        shown.setdefault(docname, []).append(known or _run_digest(name, outcome.publishable))
    for reference in domain_of(env).references():
        run = referred_run(env, reference.docname, reference.name)
        known = None if run is None else ahead.digest_of(run, reference.name)
        shown.setdefault(reference.docname, []).append(known or _run_digest(reference.name, run))
    for index in domain_of(env).indexes():
        from ..progress import shown_rows_of  # most courses have no index

        shown.setdefault(index.docname, []).append(_digest_of(shown_rows_of(env, index)))
    for docname in domain_of(env).documents():
        if any(entry.snippet.options.python for entry in domain_of(env).snippets_of(docname)):
            # It says what does not run on this one.
            shown.setdefault(docname, []).append(session_of(env).config.interpreter().name)
    for docname, name, home in sorted(domain_of(env).links(), key=repr):
        shown.setdefault(docname, []).append(_digest_of([name, home]))
    return {docname: digest("\0".join([common, *texts])) for docname, texts in sorted(shown.items())}


def run_digests(outcomes: Mapping[tuple[str, str], Outcome]) -> dict[tuple[str, str], str]:
    """A digest of what a page shows of each run."""
    return {place: _run_digest(place[1], outcome.publishable) for place, outcome in outcomes.items()}


def _run_digest(name: str, run: PublishableRun | None) -> str:
    """A digest of what a page shows of a run."""
    return _digest_of(
        [name, run and [run.recording, run.problems, run.snippet.shown, run.lines, () if run.lines else run.printed]]
    )


def _digest_of(data: Any) -> str:
    """A digest of plain data and dataclasses, by their JSON."""
    return digest(json.dumps(data, default=_fields_of, sort_keys=True))


def _fields_of(value: Any) -> Any:
    """The fields of a dataclass, for JSON: faster than ``asdict``, which copies all that is in them."""
    if is_dataclass(value):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return repr(value)  # a conf.py may hold anything


#: Folders whose code runs, judges and shows programs, or is named by its version in pages.
SHOWING = ("core", "engine", "course", "sphinxext", "browser/static")
_KINDS = (".py", ".mo", ".js", ".css")


@cache
def code_state() -> str:
    """A digest of the code that runs, judges and shows programs, and of files whose version is in pages.

    By size and time of the files, not by their content, since every build asks.
    """
    return digest(repr(stamps_of(Path(__file__).parents[2])))


def stamps_of(package: Path) -> list[tuple[str, int, int]]:
    """Path, time and size of each file below :data:`SHOWING` that decides what pages show, sorted."""
    return sorted(stamp for folder in SHOWING for stamp in _stamps(package / folder))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of each file below a folder that decides what pages show."""
    for entry in os.scandir(folder):
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _stamps(Path(entry.path))
        elif entry.name.endswith(_KINDS):
            stat = entry.stat()
            yield entry.path, stat.st_mtime_ns, stat.st_size
