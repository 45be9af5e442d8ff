"""What the environment keeps of each document: its snippets, and what was wrong with their markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from sphinx.domains import Domain

from .nodes import await_check, await_exercise, await_run, place_in, runs_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from ..core.model.snippet import Snippet
    from .outcome import Exercise, Outcome
    from .run.build_state import OutputState
    from .run.recordings import RecordingStore

#: The programs of an exercise.
_ROLES = ("start", "solution")


class AwaitDomain(Domain):
    """Snippets by document. Safe for parallel reading: each reader fills its own documents, and they are merged."""

    name = "await"
    label = "sphinx-await"
    data_version = 5
    initial_data: ClassVar[dict[str, Any]] = {
        "snippets": {},
        "silent": {},
        "mistakes": {},
        "references": {},
        "exercises": {},
    }

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        # Of this build, and not stored with the environment.
        self.outcomes: dict[tuple[str, str], Outcome] = {}  #: by document and snippet name
        self.runner: RecordingStore | None = None  #: None where nothing is to run
        self.folders: tuple[str, ...] = ()  #: of this machine; no page names them
        #: Fills the outcomes of a document that were not needed so far.
        self.judge: Callable[[str], None] | None = None
        self.written: OutputState | None = None  #: what the output folder shows after this build

    def documents(self) -> list[str]:
        """The names of all documents that have snippets, sorted."""
        return sorted(self.data["snippets"])

    def snippets_of(self, docname: str) -> list[Snippet]:
        """The snippets of a document, in its order."""
        from ..core.model.snippet import Snippet  # a build in which nothing changed does without

        return [Snippet.from_dict(snippet) for snippet in self.data["snippets"].get(docname, ())]

    def is_silent(self, docname: str, name: str) -> bool:
        """Whether the author of a run hides its output."""
        return name in self.data["silent"].get(docname, ())

    def mistakes(self) -> Iterator[tuple[str, int, str]]:
        """All mistakes in markup: file (relative to the source folder), line, message."""
        for docname in sorted(self.data["mistakes"]):
            yield from map(tuple, self.data["mistakes"][docname])

    def note_mistake(self, docname: str, file: str, line: int, message: str) -> None:
        """Remember a mistake, so that each build reports it and not only the one that reads the page."""
        self.data["mistakes"].setdefault(docname, []).append([file, line, message])

    def note_reference(self, docname: str, name: str, file: str, line: int) -> None:
        """Remember that a document speaks of a run, and where: file (relative to the source folder) and line."""
        self.data["references"].setdefault(docname, []).append([name, file, line])

    def references(self) -> Iterator[tuple[str, str, str, int]]:
        """All places that speak of a run: document, name of the run, file, line."""
        for docname in sorted(self.data["references"]):
            yield from ((docname, *reference) for reference in self.data["references"][docname])

    def exercises(self) -> Iterator[Exercise]:
        """All exercises."""
        from .outcome import Exercise  # as snippets

        for docname in sorted(self.data["exercises"]):
            yield from (Exercise(docname, **exercise) for exercise in self.data["exercises"][docname])

    def homes_of(self, docname: str, name: str) -> list[str]:
        """The documents whose run a document may mean by a name: only itself if it has one."""
        homes = [
            home for home in self.documents() if any(snippet["name"] == name for snippet in self.data["snippets"][home])
        ]
        return [docname] if docname in homes else homes

    def home_of(self, docname: str, name: str) -> str | None:
        """The document of the run that a document means: its own, or the first by name; None if there is none."""
        return next(iter(self.homes_of(docname, name)), None)

    def referred(self, docname: str, name: str) -> Outcome | None:
        """What a run that a document speaks of came to; None if there is no such run, or nothing was run."""
        home = self.home_of(docname, name)
        return None if home is None else self.outcome(home, name)

    def outcome(self, docname: str, name: str) -> Outcome | None:
        """What a run of a document came to; None where nothing was run."""
        if (docname, name) not in self.outcomes and self.judge is not None:
            self.judge(docname)
        return self.outcomes.get((docname, name))

    def clear_doc(self, docname: str) -> None:
        """Forget a document that will be read again or is gone."""
        for kept in self.initial_data:
            self.data[kept].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Take over what a parallel reader found in its documents."""
        for kept in self.initial_data:
            for docname in docnames:
                if docname in otherdata[kept]:
                    self.data[kept][docname] = otherdata[kept][docname]

    def resolve_any_xref(self, *_: Any, **__: Any) -> list[tuple[str, nodes.reference]]:
        """Nothing can be referred to here."""
        return []


def domain_of(env: BuildEnvironment) -> AwaitDomain:
    """The domain of an environment."""
    domain = env.get_domain(AwaitDomain.name)
    assert isinstance(domain, AwaitDomain)
    return domain


def number_runs(app: Sphinx, doctree: nodes.document) -> str:
    """Name the runs in order of the page, remember what is to be known of each, and return the document's name."""
    docname = app.env.current_document.docname
    domain = domain_of(app.env)
    snippets, silent, names = [], [], set()
    for number, (node, snippet) in enumerate(runs_in(doctree), 1):
        node["docname"] = docname
        name = snippet.name or f"{docname}-{number}"
        if name in names:
            message = f"there is another program named {name!r} on this page"
            domain.note_mistake(docname, snippet.file, snippet.line_in_file(1), message)
            name = f"{name}-{number}"
        names.add(name)
        node["snippet"]["name"] = name
        snippets.append(node["snippet"])
        if place_in(node) is None:
            silent.append(name)
    if snippets:
        domain.data["snippets"][docname], domain.data["silent"][docname] = snippets, silent
    _note_exercises(domain, docname, doctree)
    return docname


def _note_exercises(domain: AwaitDomain, docname: str, doctree: nodes.document) -> None:
    """Remember the exercises of a document, and what belongs to one and stands elsewhere."""
    within: set[int] = set()
    for node in doctree.findall(await_exercise):
        programs = {run["role"]: run for run in node.findall(await_run) if "role" in run}
        within.update(map(id, programs.values()))
        if "checks" in node and len(programs) == len(_ROLES):
            names = {role: programs[role]["snippet"]["name"] for role in _ROLES}
            domain.data["exercises"].setdefault(docname, []).append({**names, "checks": node["checks"]})
    for check in list(doctree.findall(await_check)):
        domain.note_mistake(docname, check["file"], check["line"], "exec_check stands in no exec_exercise")
        check.parent.remove(check)
    for run, snippet in runs_in(doctree):
        if "role" in run and id(run) not in within:
            message = f"exec_{run['role']} stands in no exec_exercise"
            domain.note_mistake(docname, snippet.file, snippet.line_in_file(1), message)
