"""What the pages of an output folder show, kept beside them: an unchanged build sees by it that nothing is to do."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.requirements import Requirements
from ..engine.here import PLATFORM, PYTHON
from ..engine.settings import digest
from .live import live_state

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from .config import AwaitConfig
    from .domain import AwaitDomain
    from .outcome import Outcome

#: Beside the pages, a digest of which outcomes they show: pages whose outcomes changed are written again.
WRITTEN = ".await-written.json"


@dataclass(frozen=True, slots=True)
class Written:
    """What the pages of an output folder show. It holds a digest of this, so that both go together.

    :ivar course: the fingerprint of the course if nothing was wrong with it, else empty.
    :ivar requires: what its recordings depend on, all together.
    :ivar recordings: their files, and of each what changes when another is stored in its place.
    :ivar documents: for each document a digest of the outcomes that it shows, and of what shows them.
    """

    course: str = ""
    requires: Requirements = field(default_factory=lambda: Requirements({}, {}, {}))
    recordings: dict[str, list[int]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)


def read_written(app: Sphinx) -> Written:
    """What the output folder shows, as far as is known."""
    try:
        text = _details(app).read_bytes()
        if json.loads(Path(app.outdir, WRITTEN).read_bytes()) != {"state": digest(text)}:
            return Written()
        data: dict[str, Any] = json.loads(text)
        return Written(**{**data, "requires": Requirements(**data["requires"])})
    except (OSError, ValueError, KeyError, TypeError):
        return Written()


def keep_written(app: Sphinx, written: Written) -> None:
    """Say what the output folder shows now that all pages are written."""
    text = json.dumps(asdict(written), indent=1, sort_keys=True) + "\n"
    _details(app).write_text(text, encoding="utf-8")
    Path(app.outdir, WRITTEN).write_text(json.dumps({"state": digest(text)}) + "\n", encoding="utf-8")


def forget_written(app: Sphinx) -> list[str]:
    """Trust the output folder no more; the documents that it showed runs of."""
    shown = list(read_written(app).documents)
    Path(app.outdir, WRITTEN).unlink(missing_ok=True)
    return [docname for docname in shown if docname in app.env.found_docs]


def _details(app: Sphinx) -> Path:
    """Where what an output folder shows is said in full: not in it, since it may be published."""
    return Path(app.doctreedir, f"await-{digest(os.path.realpath(app.outdir))}.json")


def what_is_shown(app: Sphinx, domain: AwaitDomain, fingerprint: str, *, right: bool) -> Written:
    """What the pages of this build are going to show.

    :param right: nothing is wrong with any program.
    """
    assert domain.runner is not None
    requires, stamps = _all_requirements(domain), domain.runner.stamps()
    recordings = {file: stamp for file, stamp in stamps.items() if stamp is not None}
    known = right and requires is not None and len(recordings) == len(stamps)
    return Written(
        course=fingerprint if known else "",
        requires=requires or Requirements(),
        recordings=recordings,
        documents=_shown(_showing() + live_state(app), domain),
    )


def fingerprint_of(app: Sphinx, domain: AwaitDomain, config: AwaitConfig) -> str:
    """A digest of all that decides what is shown and reported, but for recordings and what these depend on."""
    pages = [domain.data[name] for name in ("snippets", "silent", "exercises", "mistakes")]
    decides = [_showing(), live_state(app), config.timeout, config.expect_markers, PYTHON, PLATFORM]
    return digest(json.dumps([*pages, *decides], sort_keys=True))


def _all_requirements(domain: AwaitDomain) -> Requirements | None:
    """What all recordings of the course depend on; None if two of them depend on different versions of a thing."""
    all_of: dict[str, dict[str, str]] = {}
    for outcome in domain.outcomes.values():
        for kind, required in asdict(outcome.recording.requires).items():
            known = all_of.setdefault(kind, {})
            if any(known.get(name, version) != version for name, version in required.items()):
                return None
            known.update(required)
    return Requirements(**all_of)


def _shown(showing: str, domain: AwaitDomain) -> dict[str, str]:
    """For each document a digest of the outcomes that it shows or speaks of, and of what shows them."""
    shown: dict[str, list[str]] = {}
    for (docname, name), outcome in domain.outcomes.items():
        shown.setdefault(docname, []).append(_told(name, outcome))
    for docname, name, _file, _line in domain.references():
        shown.setdefault(docname, []).append(_told(name, domain.referred(docname, name)))
    return {docname: digest("\0".join([showing, *texts])) for docname, texts in sorted(shown.items())}


@cache
def _showing() -> str:
    """What changes with the code that runs, judges and shows programs, and with what pages name by its version.

    By size and moment of its files, not by what is in them, since every build asks.
    """
    package = Path(__file__).parents[1]
    folders = [package / "core", package / "engine", package / "sphinxext", package / "browser" / "static"]
    folders += package.glob("sphinxext/locale/*/LC_MESSAGES")
    kinds = (".py", ".mo", ".js", ".css")
    files = (entry for folder in folders for entry in os.scandir(folder) if entry.name.endswith(kinds))
    stamps = [(entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in files]
    return digest(repr(sorted(stamps)))


def _told(name: str, outcome: Outcome | None) -> str:
    from .shown import shown_lines

    if outcome is None:
        return name
    shown = shown_lines(outcome), outcome.snippet.shown  # which a page that compares it shows, too
    return f"{name} {outcome.recording!r} {outcome.problems!r} {shown!r}"
