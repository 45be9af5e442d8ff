"""What the pages of an output folder show, kept beside them: an unchanged build sees by it that nothing is to do."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.digest import digest
from ...core.model.dependencies import Dependencies
from ...engine.runtime_info import PLATFORM, PYTHON
from ..render.live import live_state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from ..config import AwaitConfig
    from ..domain import AwaitDomain
    from ..outcome import Outcome

#: Beside the pages, a digest of which outcomes they show: pages whose outcomes changed are written again.
WRITTEN = ".await-written.json"


@dataclass(frozen=True, slots=True)
class OutputState:
    """What the pages of an output folder show. It holds a digest of this, so that both go together.

    :ivar course: the fingerprint of the course if nothing was wrong with it, else empty.
    :ivar requires: what its recordings depend on, all together.
    :ivar recordings: their files, and of each what changes when another is stored in its place.
    :ivar documents: for each document a digest of the outcomes that it shows, and of what shows them.
    """

    course: str = ""
    requires: Dependencies = field(default_factory=Dependencies)
    recordings: dict[str, list[int]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)


def read_output_state(app: Sphinx) -> OutputState:
    """What the output folder shows, as far as is known."""
    try:
        text = _details(app).read_bytes()
        if json.loads(Path(app.outdir, WRITTEN).read_bytes()) != {"state": digest(text)}:
            return OutputState()
        data: dict[str, Any] = json.loads(text)
        return OutputState(**{**data, "requires": Dependencies(**data["requires"])})
    except (OSError, ValueError, KeyError, TypeError):
        return OutputState()


def write_output_state(app: Sphinx, written: OutputState) -> None:
    """Say what the output folder shows now that all pages are written."""
    text = json.dumps(asdict(written), indent=1, sort_keys=True) + "\n"
    _details(app).write_text(text, encoding="utf-8")
    Path(app.outdir, WRITTEN).write_text(json.dumps({"state": digest(text)}) + "\n", encoding="utf-8")


def discard_output_state(app: Sphinx) -> list[str]:
    """Trust the output folder no more; the documents that it showed runs of."""
    shown = list(read_output_state(app).documents)
    Path(app.outdir, WRITTEN).unlink(missing_ok=True)
    return [docname for docname in shown if docname in app.env.found_docs]


def _details(app: Sphinx) -> Path:
    """Where what an output folder shows is said in full: not in it, since it may be published."""
    return Path(app.doctreedir, f"await-{digest(os.path.realpath(app.outdir))}.json")


def output_state_of(app: Sphinx, domain: AwaitDomain, fingerprint: str, *, right: bool) -> OutputState:
    """What the pages of this build are going to show.

    :param right: nothing is wrong with any program.
    """
    assert domain.runner is not None
    requires, stamps = _all_requirements(domain), domain.runner.stamps()
    recordings = {file: stamp for file, stamp in stamps.items() if stamp is not None}
    known = right and requires is not None and len(recordings) == len(stamps)
    return OutputState(
        course=fingerprint if known else "",
        requires=requires or Dependencies(),
        recordings=recordings,
        documents=_shown(_showing() + live_state(app), domain),
    )


def fingerprint_of(app: Sphinx, domain: AwaitDomain, config: AwaitConfig) -> str:
    """A digest of all that decides what is shown and reported, but for recordings and what these depend on."""
    pages = [domain.data[name] for name in ("snippets", "silent", "exercises", "mistakes")]
    decides = [_showing(), live_state(app), config.timeout, config.expect_markers, PYTHON, PLATFORM]
    return digest(json.dumps([*pages, *decides], sort_keys=True))


def _all_requirements(domain: AwaitDomain) -> Dependencies | None:
    """What all recordings of the course depend on; None if two of them depend on different versions of a thing."""
    return Dependencies.merge(outcome.recording.requires for outcome in domain.outcomes.values())


def _shown(showing: str, domain: AwaitDomain) -> dict[str, str]:
    """For each document a digest of the outcomes that it shows or speaks of, and of what shows them."""
    shown: dict[str, list[str]] = {}
    for (docname, name), outcome in domain.outcomes.items():
        shown.setdefault(docname, []).append(_outcome_digest(name, outcome))
    for docname, name, _file, _line in domain.references():
        shown.setdefault(docname, []).append(_outcome_digest(name, domain.referred(docname, name)))
    return {docname: digest("\0".join([showing, *texts])) for docname, texts in sorted(shown.items())}


#: Folders whose code runs, judges and shows programs, or is named by its version in pages.
SHOWING = ("core", "engine", "sphinxext", "browser/static")
_KINDS = (".py", ".mo", ".js", ".css")


@cache
def _showing() -> str:
    """What changes with the code that runs, judges and shows programs, and with what pages name by its version.

    By size and moment of its files, not by what is in them, since every build asks.
    """
    return digest(repr(stamps_of(Path(__file__).parents[2])))


def _outcome_digest(name: str, outcome: Outcome | None) -> str:
    from ..render.publish import shown_lines

    if outcome is None:
        return name
    shown = shown_lines(outcome), outcome.snippet.shown  # which a page that compares it shows, too
    return f"{name} {outcome.recording!r} {outcome.problems!r} {shown!r}"


def stamps_of(package: Path) -> list[tuple[str, int, int]]:
    """Path, time and size of each file below :data:`SHOWING` that decides what pages show, sorted."""
    return sorted(stamp for folder in SHOWING for stamp in _stamps(package / folder))


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Path, time and size of each file below a folder that decides what pages show."""
    for entry in os.scandir(folder):
        if entry.is_dir():
            yield from _stamps(Path(entry.path))
        elif entry.name.endswith(_KINDS):
            stat = entry.stat()
            yield entry.path, stat.st_mtime_ns, stat.st_size
