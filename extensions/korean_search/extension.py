"""Handlers of Sphinx's events, the search language, and the index with sections."""

from __future__ import annotations

import copy
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.errors import ConfigError
from sphinx.search import IndexBuilder, SearchLanguage
from sphinx.util import logging

from .analysis import HANGUL, KiwiAnalyser, RuleAnalyser
from .endings import REST
from .sections import Section, plain_text, sections_of
from .synonyms import SynonymsError, read_synonyms

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from .analysis import Analyser

logger = logging.getLogger(__name__)

ADVICE = (
    "pip install kiwipiepy (about 100 MB) finds inflected words by their stems; "
    "korean_search_analyser = 'rules' does without"
)
_STATIC = Path(__file__).parent / "static"
#: What lights the words on the page that a result leads to.
LIT = "korean-search-lit.js"
#: What Sphinx's index says of words: the pages of each, and the pages that have it in a title.
_WORDS = ("_mapping", "_title_mapping")
#: The part of all pages that no pattern names.
MAIN = "main"


@dataclass(frozen=True)
class Settings:
    """What the configuration says.

    :param analyser: ``auto``, ``kiwi`` or ``rules``.
    :param synonyms: groups of words that mean the same.
    :param last: patterns of names of pages that come after all others.
    :param parts: patterns of names of pages by the name of the part that has them.
    :param versions: what is installed of the analyser; empty for rules.
    """

    analyser: str = "auto"
    synonyms: tuple[tuple[str, ...], ...] = ()
    last: tuple[str, ...] = ()
    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    versions: tuple[str, ...] = ()


class KoreanSearch(SearchLanguage):
    """Korean, and what stands among it in other scripts."""

    lang = "ko"
    language_name = "Korean"
    #: Sphinx makes an instance from the class alone, so each build has a class of its own with its settings.
    settings = Settings()

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        # Sphinx 8.2 ends its own with no semicolon; then the parentheses of ours would call it.
        self.js_stemmer_code = f"{SearchLanguage.js_stemmer_code}\n;{script()}"
        self._analyser: Analyser | None = None

    @property
    def analyser(self) -> Analyser:
        """Made when the first page is written: an unchanged project does not pay for it."""
        if self._analyser is None:
            self._analyser = make_analyser(self.settings)
        return self._analyser

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx's name
        """What a text is found by."""
        return self.analyser.words(input)

    def forms(self, word: str) -> list[str]:
        """The forms of a verb that this build has found; a build that looked at no page has found none."""
        return self._analyser.forms(word) if self._analyser else []

    def word_filter(self, word: str) -> bool:
        """Every word counts, of one syllable too."""
        return bool(word)


def script() -> str:
    """What runs in the page: it replaces methods of Sphinx's own ``Search``."""
    return (_STATIC / "korean-search.js").read_text(encoding="utf-8").replace("@REST@", REST)


def make_analyser(settings: Settings) -> Analyser:
    """The analyser that the configuration names; Hangul words of the synonyms are names to it.

    :raises ConfigError: kiwipiepy is asked for and not installed.
    """
    if settings.analyser != "rules":
        try:
            return KiwiAnalyser(word for group in settings.synonyms for word in group if HANGUL.fullmatch(word))
        except ModuleNotFoundError as error:
            if settings.analyser == "kiwi":
                raise ConfigError(f"korean_search_analyser is 'kiwi', but {error}: {ADVICE}") from error
            logger.info("korean_search: kiwipiepy is not installed, so words are found by rules: %s", ADVICE)
    return RuleAnalyser()


def analyser_versions() -> tuple[str, ...]:
    """What is installed of the analyser; nothing of it is loaded, since builds that write no page need not wait."""
    found = []
    for name in ("kiwipiepy", "kiwipiepy_model"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return tuple(found)


class SectionIndex(IndexBuilder):
    """Sphinx's index, and in the same file what the script in the page looks at: sections, forms, synonyms."""

    lang: KoreanSearch
    _page_titles: Mapping[str, nodes.Element]
    _sections: dict[str, list[Section]]
    _forms: dict[str, str]

    @classmethod
    def take_over(cls, plain: IndexBuilder, earlier: dict[str, Any], titles: Mapping[str, nodes.Element]) -> Self:
        """Go on from what Sphinx has made.

        :param titles: the title of each page, before it is written as HTML.
        :param earlier: the index of the last build into the same folder, or nothing.
        """
        own = cls.__new__(cls)
        vars(own).update(vars(plain))
        kept = earlier.get("korean", {})
        sections: dict[str, list[Section]] = {name: [] for name in earlier.get("docnames", ())}
        for number, anchor, title, text in kept.get("sections", ()):
            sections[earlier["docnames"][number]].append(Section(anchor, title, text))
        same = kept.get("versions") == list(own.lang.settings.versions)
        forms = dict(kept.get("forms", {})) if same else {}
        vars(own).update(_page_titles=titles, _sections=sections, _forms=forms)
        return own

    def feed(self, docname: str, filename: str | os.PathLike[str], title: str, doctree: nodes.document) -> None:
        """Add a page; its sections replace those of an earlier build."""
        # What Sphinx 8.2 gives is HTML; results show text.
        if node := self._page_titles.get(docname):
            title = plain_text(node)
        super().feed(docname, filename, title, doctree)
        self._sections[docname] = sections_of(doctree, title)

    def of_part(self, name: str) -> SectionIndex:
        """The index of the pages of a part alone."""
        own = copy.copy(self)
        pages = {page for page in self._titles if part_of(page, self.lang.settings.parts) == name}
        # Sphinx prunes the first two in place, and the third not at all.
        words = {name: {word: set(found) for word, found in vars(self)[name].items()} for name in _WORDS}
        vars(own).update(words, _index_entries={page: self._index_entries.get(page, []) for page in pages})
        own.prune(pages)
        return own

    def has_pages(self) -> bool:
        """Whether it was fed a page; Sphinx cannot write an index that was not."""
        return bool(self._titles)

    def freeze(self) -> dict[str, Any]:
        """All that the browser gets."""
        frozen = super().freeze()
        # Sphinx keeps a word when the last page that had it is gone; here it would be taken for one that can be found.
        for kind in ("terms", "titleterms"):
            frozen[kind] = {word: pages for word, pages in frozen[kind].items() if pages != []}
        forms = {}
        for word in sorted({*frozen["terms"], *frozen["titleterms"]}):
            if word.endswith("다") and (shapes := self.lang.forms(word)):
                forms[word] = " ".join(shapes)
            elif word in self._forms:
                forms[word] = self._forms[word]
        frozen["korean"] = {
            "sections": [
                [number, section.anchor, section.title, section.text]
                for number, name in enumerate(frozen["docnames"])
                for section in self._sections.get(name, ())
            ],
            "forms": forms,
            "versions": self.lang.settings.versions,
            "synonyms": self.lang.settings.synonyms,
            "last": [
                number
                for number, name in enumerate(frozen["docnames"])
                if any(fnmatchcase(name, pattern) for pattern in self.lang.settings.last)
            ],
        }
        return frozen


def read_configuration(app: Sphinx, config: Config) -> None:
    """On ``config-inited``: read the synonyms; words of theirs are names that the analyser has to know.

    :raises ConfigError: a value that means nothing, or a list of synonyms with a fault.
    """
    if config.korean_search_analyser not in {"auto", "kiwi", "rules"}:
        raise ConfigError("korean_search_analyser is 'auto', 'kiwi' or 'rules'")
    groups: tuple[tuple[str, ...], ...] = ()
    if config.korean_search_synonyms:
        try:
            groups = read_synonyms(Path(app.confdir, config.korean_search_synonyms))
        except SynonymsError as error:
            raise ConfigError(str(error)) from error
    analyser = config.korean_search_analyser
    versions = () if analyser == "rules" else analyser_versions()
    # A change of these makes Sphinx write all pages: those of an earlier build have the words of what was there then.
    config.korean_search_words_from = [groups, versions]
    parts = read_parts(config.korean_search_parts)
    settings = Settings(analyser, groups, tuple(config.korean_search_last), parts, versions)
    app.add_search_language(type("KoreanSearch", (KoreanSearch,), {"settings": settings}))


def read_parts(value: Mapping[str, object]) -> dict[str, tuple[str, ...]]:
    """The patterns of each part.

    :raises ConfigError: a name that cannot be in an address or is taken, or no list of patterns.
    """
    parts = {}
    for name, patterns in value.items():
        if not re.fullmatch(r"[a-z0-9_-]+", name) or name == MAIN:
            raise ConfigError(f"korean_search_parts: {name!r} cannot be the name of a part: a-z, 0-9 and -, not main")
        if not isinstance(patterns, (list, tuple)):
            raise ConfigError(f"korean_search_parts: {name!r} needs a list of patterns of pages, such as ['guide/*']")
        parts[name] = tuple(map(str, patterns))
    return parts


def part_of(page: str, parts: Mapping[str, Sequence[str]]) -> str:
    """The part of a page; a search page is of the part that it searches."""
    for name, patterns in parts.items():
        if page == search_page(name) or any(fnmatchcase(page, pattern) for pattern in patterns):
            return name
    return MAIN


def search_page(part: str) -> str:
    """The name of the page that searches a part."""
    return "search" if part == MAIN else f"search-{part}"


def index_file(part: str) -> str:
    """The name of the file that a search page loads, where there are parts."""
    return f"searchindex-{part}.js"


def add_search_pages(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """On ``html-collect-pages``: a search page for each part; Sphinx's own is that of the main part.

    It speaks the language of its part, where all pages of that say the same one.
    """
    parts = app.config.korean_search_parts if _searches(app) else {}
    made = []
    for name in parts:
        if pages := [page for page in app.env.all_docs if part_of(page, parts) == name]:
            languages = {app.env.metadata[page].get("lang") for page in pages}
            language = languages.pop() if len(languages) == 1 else None
            made.append((search_page(name), {"meta": {"lang": language}} if language else {}, "search.html"))
    return made


def enter_part(app: Sphinx, pagename: str, _template: str, context: dict[str, Any], _doctree: object) -> None:
    """On ``html-page-context``: let a page lead to the search of its part, and that load its own index."""
    parts = app.config.korean_search_parts
    if not parts or not _searches(app):
        return
    name, path_to = part_of(pagename, parts), context["pathto"]

    def path_in_part(uri: str, resource: bool = False, *arguments: Any, **options: Any) -> str:
        if resource and uri == StandaloneHTMLBuilder.searchindex_filename:
            uri = index_file(name)
        elif not resource and uri == "search":
            uri = search_page(name)
        return str(path_to(uri, resource, *arguments, **options))

    context["pathto"] = path_in_part


def write_parts(app: Sphinx, exception: Exception | None) -> None:
    """On ``build-finished``: write an index for each part. Sphinx's own has all pages; the next build reads it."""
    index = getattr(app.builder, "indexer", None)
    if exception is not None or not _searches(app) or not isinstance(index, SectionIndex):
        return
    if not index.lang.settings.parts:
        return
    for name in (MAIN, *index.lang.settings.parts):
        if not _has_pages(app, name):
            message = f"korean_search_parts: there is no page of {name!r}"
            logger.warning(message, type="korean_search", subtype="part")
            continue
        part = index.of_part(name)
        if part.has_pages():
            with Path(app.outdir, index_file(name)).open("w", encoding="utf-8") as file:
                part.dump(file, StandaloneHTMLBuilder.indexer_format)


def _has_pages(app: Sphinx, part: str) -> bool:
    return any(part_of(page, app.config.korean_search_parts) == part for page in app.env.all_docs)


def _searches(app: Sphinx) -> bool:
    """Whether this build has our search. As Sphinx looks for a search language: ko_KR has that of ko.

    The builder singlehtml has an index, too, but neither feeds it a page nor writes a page that searches.
    """
    builder = app.builder
    if builder.name == "singlehtml":
        return False
    language = (app.config.html_search_language or app.config.language).partition("_")[0]
    return isinstance(builder, StandaloneHTMLBuilder) and builder.search and language == KoreanSearch.lang


def add_script(app: Sphinx) -> None:
    """On ``builder-inited``: add the script that lights words to pages which this search leads to."""
    if _searches(app):
        static = Path(app.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_STATIC / LIT, static / LIT)
        app.add_js_file(LIT, defer="defer")


def add_sections(app: Sphinx, *_page: object) -> list[Any]:
    """On ``doctree-resolved`` and ``html-collect-pages``: put our index in the place of Sphinx's, once.

    No event is sent when Sphinx has made its index and read that of the last build. The first is the next one after it,
    and it is sent in the main process, which fills the index; the second is there where a build writes an index only.

    :returns: no pages of our own.
    """
    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder):
        return []
    plain = getattr(builder, "indexer", None)
    if type(plain) is not IndexBuilder or not isinstance(plain.lang, KoreanSearch):
        return []
    try:
        text = Path(builder.outdir, builder.searchindex_filename).read_text(encoding="utf-8")
        earlier = builder.indexer_format.loads(text)
    except (OSError, ValueError):
        earlier = {}
    builder.indexer = SectionIndex.take_over(plain, earlier, app.env.longtitles)
    return []
