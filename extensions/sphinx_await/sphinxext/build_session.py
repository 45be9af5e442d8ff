"""The state of one build, which no later build sees. The domain keeps what is pickled with the environment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from .domain import domain_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sphinx.environment import BuildEnvironment

    from ..course.config import AwaitConfig
    from ..engine.program import Program
    from .outcome import Outcome, PublishableRun
    from .output_state import OutputState
    from .recordings import RecordingStore


def _do_nothing() -> None:
    pass


# Without what nobody asks of it: the time to make a class is part of each build.
@dataclass(slots=True, eq=False, repr=False)
class BuildSession:
    """The state of one build.

    :ivar builder: the name of the builder.
    :ivar format: the format that it writes: ``html``, ``latex``, …
    :ivar confdir: the folder of conf.py.
    :ivar config: the checked ``await_*`` values.
    :ivar outdir: the folder into which it writes.
    :ivar image_types: the MIME types of images that it can show, the best first.
    :ivar converts_images: whether an extension of Sphinx makes such images of others.
    :ivar formulas: whether it shows formulas as such.
    :ivar store: the recordings; None if nothing runs.
    :ivar folders: finds the folders of this machine, which no page may show.
    :ivar hidden: documents and names of runs that this builder does not show, so that they do not run.
    :ivar expected: how many equal programs the pages have that were read: each runs for itself.
    :ivar outcomes: by document and name of the run.
    :ivar judge: computes the outcomes of one document, in a build that did not need them before.
    :ivar output_state: what the output folder shows after this build.
    :ivar import_writers: imports what writes pages of this format, which a build does while it waits for programs.
    """

    builder: str
    format: str
    confdir: Path
    config: AwaitConfig
    outdir: Path
    image_types: tuple[str, ...]
    converts_images: bool
    formulas: bool = False
    store: RecordingStore | None = None
    folders: Callable[[], tuple[str, ...]] = tuple
    hidden: frozenset[tuple[str, str]] = frozenset()
    expected: Counter[Program] = field(default_factory=Counter)
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    judge: Callable[[BuildEnvironment, str], None] | None = None
    output_state: OutputState | None = None
    import_writers: Callable[[], None] = _do_nothing


#: By environment: it belongs to one application, and transforms have no public way to the application.
_SESSIONS: WeakKeyDictionary[BuildEnvironment, BuildSession] = WeakKeyDictionary()


def open_session(env: BuildEnvironment, session: BuildSession) -> None:
    """Begin a build. A session must not refer to its environment, which it would keep alive."""
    _SESSIONS[env] = session


def session_of(env: BuildEnvironment) -> BuildSession:
    """The build session of an environment."""
    return _SESSIONS[env]


def outcome_of(env: BuildEnvironment, docname: str, name: str) -> Outcome | None:
    """The outcome of a run of a document; None if nothing ran."""
    session = session_of(env)
    if (docname, name) not in session.outcomes and session.judge is not None:
        session.judge(env, docname)
    return session.outcomes.get((docname, name))


def run_of(env: BuildEnvironment, docname: str, name: str) -> PublishableRun | None:
    """The publishable run of a document; None if nothing ran."""
    outcome = outcome_of(env, docname, name)
    return None if outcome is None else outcome.publishable


def referred_run(env: BuildEnvironment, docname: str, name: str) -> PublishableRun | None:
    """The run that a document refers to by a name; None if there is no such run, or nothing ran."""
    home = domain_of(env).home_of(docname, name)
    return None if home is None else run_of(env, home, name)
