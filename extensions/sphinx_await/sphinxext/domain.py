"""The data of each document in the environment: snippets, exercises, references, and mistakes in markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.domains import Domain

from .entries import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from docutils import nodes
    from sphinx.environment import BuildEnvironment

    from .entries import Exercise, IdleBlocks, Reference, SnippetEntry


class AwaitDomain(Domain):
    """Data by document. Parallel reading is safe: each reader fills its own documents, and the results are merged."""

    name = "await"
    label = "sphinx-await"
    data_version = 7
    # Without a type: Sphinx 8.2 declares a variable of instances, Sphinx 9 one of the class.
    initial_data = {"snippets": {}, "mistakes": {}, "references": {}, "exercises": {}, "idle": {}}  # noqa: RUF012

    def documents(self) -> list[str]:
        """The names of all documents that have snippets, sorted."""
        return sorted(self.data["snippets"])

    def snippets_of(self, docname: str) -> Sequence[SnippetEntry]:
        """The snippets of a document, in its order."""
        entries: Sequence[SnippetEntry] = self.data["snippets"].get(docname, ())
        return entries

    def note_snippets(self, docname: str, entries: Sequence[SnippetEntry]) -> None:
        """Keep the snippets of a document."""
        self.data["snippets"][docname] = tuple(entries)

    def mistakes(self) -> Iterator[Mistake]:
        """All mistakes in markup."""
        for docname in sorted(self.data["mistakes"]):
            yield from self.data["mistakes"][docname]

    def note_mistake(self, docname: str, file: str, line: int | None, message: str) -> None:
        """Keep a mistake, so that every build reports it, not only the build that reads the page."""
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

    def idle_blocks(self) -> Iterator[IdleBlocks]:
        """All documents with blocks of Python that do not run."""
        for docname in sorted(self.data["idle"]):
            yield from self.data["idle"][docname]

    def note_idle(self, blocks: IdleBlocks) -> None:
        """Keep the blocks of a document that do not run."""
        self.data["idle"].setdefault(blocks.docname, []).append(blocks)

    def homes_of(self, docname: str, name: str) -> list[str]:
        """The documents with a run of this name; only the referring document, if it has one."""
        homes = [
            home for home in self.documents() if any(entry.snippet.name == name for entry in self.snippets_of(home))
        ]
        return [docname] if docname in homes else homes

    def home_of(self, docname: str, name: str) -> str | None:
        """The document with the run that a document refers to: itself, or the first by name; None if there is none."""
        return next(iter(self.homes_of(docname, name)), None)

    def clear_doc(self, docname: str) -> None:
        """Forget a document that will be read again or is gone."""
        for kept in self.initial_data:
            self.data[kept].pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Merge the data of a parallel reader."""
        for kept in self.initial_data:
            for docname in docnames:
                if docname in otherdata[kept]:
                    self.data[kept][docname] = otherdata[kept][docname]

    def resolve_any_xref(self, *_: Any, **__: Any) -> list[tuple[str, nodes.reference]]:
        """Resolve nothing: the domain has no targets."""
        return []


def domain_of(env: BuildEnvironment) -> AwaitDomain:
    """The domain of an environment."""
    domain = env.get_domain(AwaitDomain.name)
    assert isinstance(domain, AwaitDomain)
    return domain
