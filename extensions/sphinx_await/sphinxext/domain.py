"""The data of each document in the environment: snippets, exercises, references, and mistakes in markup."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode

from .names import run_anchor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from docutils import nodes
    from sphinx.addnodes import pending_xref
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from ..course.entries import Exercise, IdleBlocks, Mistake, Prediction, Reference, RunIndex, SnippetEntry

#: The type of the domain's objects, and the role that links to them.
RUN = "run"
#: A link has this attribute if it is known which document has the run.
HOME = "await_home"
_NOT_SEARCHED = -1


class _RunRole(XRefRole):
    """A link to a run, of which its document keeps the name: it leads elsewhere when the run is on another page."""

    def result_nodes(
        self, _document: nodes.document, env: BuildEnvironment, node: nodes.Element, is_ref: bool
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if is_ref:
            domain_of(env).note_link(env.current_document.docname, node["reftarget"])
        return [node], []


class AwaitDomain(Domain):
    """Data by document. Parallel reading is safe: each reader fills its own documents, and the results are merged.

    Snippets are pickled by themselves, since an unchanged build does not look at them. What it needs of them is beside
    them as plain data: names, and whether there are conditions.
    """

    name = "await"
    label = "sphinx-await"
    object_types = {RUN: ObjType(RUN, RUN)}  # noqa: RUF012 - as of `initial_data`
    roles = {RUN: _RunRole(warn_dangling=True)}  # noqa: RUF012
    data_version = 23
    # Without a type: Sphinx 8.2 declares a variable of instances, Sphinx 9 one of the class.
    initial_data = {  # noqa: RUF012
        "snippets": {},
        "names": {},
        "conditional": {},
        "offered": {},
        "mistakes": {},
        "references": {},
        "exercises": {},
        "predictions": {},
        "idle": {},
        "indexes": {},
        "links": {},
    }

    #: By name of a run, and then by its document: whether its author named it, and its place. None: to be made (again).
    _by_name: dict[str, dict[str, tuple[bool, str]]] | None = None

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self._unpickled: dict[str, Sequence[SnippetEntry]] = {}

    def documents(self) -> list[str]:
        """The names of all documents that have snippets, sorted."""
        return sorted(self.data["snippets"])

    def snippets_of(self, docname: str) -> Sequence[SnippetEntry]:
        """The snippets of a document, in its order."""
        if docname not in self.data["snippets"]:
            return ()
        if docname not in self._unpickled:
            self._unpickled[docname] = pickle.loads(self.data["snippets"][docname])  # noqa: S301 - as the environment
        return self._unpickled[docname]

    def note_snippets(self, docname: str, entries: Sequence[SnippetEntry]) -> None:
        """Keep the snippets of a document."""
        self._by_name = None
        self._unpickled[docname] = tuple(entries)
        self.data["snippets"][docname] = pickle.dumps(self._unpickled[docname])
        self.data["names"][docname] = {entry.snippet.name: (entry.named, entry.place) for entry in entries}
        self.data["conditional"][docname] = any(entry.conditions for entry in entries)
        self.data["offered"][docname] = any(entry.snippet.options.live is not False for entry in entries)

    def is_named(self, docname: str, name: str) -> bool:
        """Whether the author of a document named a run, which else has the name of its page and a number."""
        return bool(self.data["names"][docname][name][0])

    def conditional_documents(self) -> list[str]:
        """The documents with a snippet that some builds do not show, sorted."""
        return sorted(docname for docname, is_so in self.data["conditional"].items() if is_so)

    def offers_programs(self) -> bool:
        """Whether some page may offer its readers to run a program."""
        return any(self.data["offered"].values())

    def mistakes(self) -> Iterator[Mistake]:
        """All mistakes in markup."""
        for docname in sorted(self.data["mistakes"]):
            yield from self.data["mistakes"][docname]

    def note_mistake(self, docname: str, file: str, line: int | None, message: str) -> None:
        """Keep a mistake, so that every build reports it, not only the build that reads the page."""
        from ..course.entries import Mistake  # an unchanged build does not need it

        self.data["mistakes"].setdefault(docname, []).append(Mistake(file, line or 1, message))

    def references(self) -> Iterator[Reference]:
        """All places that name a run."""
        for docname in sorted(self.data["references"]):
            yield from self.data["references"][docname]

    def note_reference(self, reference: Reference) -> None:
        """Keep a place that names a run."""
        self.data["references"].setdefault(reference.docname, []).append(reference)

    def exercises(self) -> Iterator[Exercise]:
        """All exercises."""
        for docname in sorted(self.data["exercises"]):
            yield from self.data["exercises"][docname]

    def note_exercise(self, exercise: Exercise) -> None:
        """Keep an exercise."""
        self.data["exercises"].setdefault(exercise.docname, []).append(exercise)

    def predictions(self) -> Iterator[Prediction]:
        """All questions about runs."""
        for docname in sorted(self.data["predictions"]):
            yield from self.data["predictions"][docname]

    def note_prediction(self, prediction: Prediction) -> None:
        """Keep a question about a run."""
        self.data["predictions"].setdefault(prediction.docname, []).append(prediction)

    def indexes(self) -> Iterator[RunIndex]:
        """All places that list runs."""
        for docname in sorted(self.data["indexes"]):
            yield from self.data["indexes"][docname]

    def note_index(self, index: RunIndex) -> None:
        """Keep a place that lists runs."""
        self.data["indexes"].setdefault(index.docname, []).append(index)

    def links(self) -> set[tuple[str, str, str | None]]:
        """All links to runs by their role: the document, the name, and the document that the link leads to."""
        links: dict[str, set[str]] = self.data["links"]
        return {(docname, name, self.home_of(docname, name)) for docname, names in links.items() for name in names}

    def note_link(self, docname: str, name: str) -> None:
        """Keep the name of a run that a document links to."""
        self.data["links"].setdefault(docname, set()).add(name)

    def idle_blocks(self) -> Iterator[IdleBlocks]:
        """All documents with blocks of Python that do not run."""
        for docname in sorted(self.data["idle"]):
            yield from self.data["idle"][docname]

    def note_idle(self, blocks: IdleBlocks) -> None:
        """Keep the blocks of a document that do not run."""
        self.data["idle"].setdefault(blocks.docname, []).append(blocks)

    def homes_of(self, docname: str, name: str) -> dict[str, str]:
        """The runs that a document can mean by a name: the place of each by its document, sorted.

        A name that an author gave comes before one that is only a page's name and a number; among equals, the
        referring document's run is meant.
        """
        if self._by_name is None:
            self._by_name = {}
            for home in self.documents():
                for one, state in self.data["names"][home].items():
                    self._by_name.setdefault(one, {})[home] = state
        runs = self._by_name.get(name, {})
        runs = {home: run for home, run in runs.items() if run[0]} or runs
        homes = {home: place for home, (_, place) in runs.items()}
        return {docname: homes[docname]} if docname in homes else homes

    def home_of(self, docname: str, name: str) -> str | None:
        """The document with the run that a document refers to: itself, or the first by name; None if there is none."""
        return next(iter(self.homes_of(docname, name)), None)

    def clear_doc(self, docname: str) -> None:
        """Forget a document that will be read again or is gone."""
        self._by_name = None
        self._unpickled.pop(docname, None)
        for kept in self.initial_data:
            self.data[kept].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Merge the data of a parallel reader."""
        self._by_name = None
        self._unpickled.clear()
        for kept in self.initial_data:
            for docname in docnames:
                if docname in otherdata[kept]:
                    self.data[kept][docname] = otherdata[kept][docname]

    def resolve_xref(
        self,
        _env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        _typ: str,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        """A link to the run that a document means by a name."""
        home: str | None = node.get(HOME) or self.home_of(fromdocname, target)
        if home is None:
            return None
        return make_refnode(builder, fromdocname, home, run_anchor(home, target), contnode, target)

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """The runs with a name of their author's, for inventories. Searches find them by their pages."""
        for docname in self.documents():
            for name, (named, _) in self.data["names"][docname].items():
                if named and self.home_of("", name) == docname:
                    yield name, name, RUN, docname, run_anchor(docname, name), _NOT_SEARCHED

    def resolve_any_xref(self, *_: Any, **__: Any) -> list[tuple[str, nodes.reference]]:
        """Resolve nothing: a name of a block is a label of Sphinx already."""
        return []


def note_mistake(env: BuildEnvironment, file: str, line: int | None, message: str) -> None:
    """Keep a mistake of the document that is being read, so that every build reports it."""
    domain_of(env).note_mistake(env.current_document.docname, file, line, message)


def domain_of(env: BuildEnvironment) -> AwaitDomain:
    """The domain of an environment."""
    domain = env.get_domain(AwaitDomain.name)
    assert isinstance(domain, AwaitDomain)
    return domain
