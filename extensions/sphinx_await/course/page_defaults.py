"""What the head of a page says about its programs: the front matter of Markdown, the fields above reStructuredText.

``await`` has options for each program of the page, in the words of a comment before a fence; ``run`` or ``no-run``
decide whether its plain fences run. ``await_setup`` is code that each program begins with and no page shows.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, fields, replace
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from ..core.errors import OptionError
from ..core.model.snippet import Options
from .jobs import is_one_session, session_of
from .python_versions import read_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ..core.model.snippet import Snippet
    from .config import AwaitConfig
    from .entries import SnippetEntry

WORDS, SETUP = "await", "await_setup"
_NAMES = (WORDS, SETUP)
_RUN, _NO_RUN = "run", "no-run"
_FIELD = re.compile(r":(?P<name>[^:\s][^:]*):(?:[ \t]+(?P<value>.*)|[ \t]*)$")
_YAML = re.compile(rf"(?P<name>{'|'.join(_NAMES)})[ \t]*:[ \t]*(?P<value>.*)")
#: What a program says that cannot be combined with what its page says.
_EXCLUSIVE = (("hangs", "stop_after"), ("timeout", "raises", "repeat", "session"))
_OWN_PROCESS = ("repeat", "alone", "share")
_BESIDE = ("repeat", "session", "share")


@dataclass(frozen=True, slots=True)
class HeadField:
    """A field of a head, with the line of its first line of text."""

    value: str
    line: int


@dataclass(frozen=True, slots=True)
class PageDefaults:
    """What a page says about its programs.

    :ivar run: whether its plain fences run; None if the configuration says so.
    :ivar options: those of each program that says nothing else.
    :ivar setup: what each program begins with: its lines, with those of the page.
    """

    run: bool | None = None
    options: Options = field(default_factory=Options)
    setup: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, head: Mapping[str, HeadField]) -> PageDefaults:
        """What the fields of a head say.

        :raises OptionError: a word is no option.
        """
        setup: tuple[tuple[str, int], ...] = ()
        if code := head.get(SETUP):
            lines = code.value.rstrip().split("\n")
            setup = tuple((text, code.line + at) for at, text in enumerate(lines))
        if WORDS not in head:
            return cls(setup=setup)
        try:
            words = shlex.split(head[WORDS].value)
        except ValueError as error:
            raise OptionError(f"{WORDS}: {error}") from None
        asked = {word for word in words if word in {_RUN, _NO_RUN}}
        if len(asked) > 1:
            raise OptionError(f"{WORDS}: {_RUN} cannot be combined with {_NO_RUN}")
        rest = (word.partition("=") for word in words if word not in asked)
        given = {name: value if sign else None for name, sign, value in rest}
        options = read_options(given, beside=(_RUN, _NO_RUN))
        if options.meets:
            raise OptionError(f"{WORDS}: meets is an option of single programs: what they meet would meet itself")
        return cls(_RUN in asked if asked else None, options, setup)


NONE = PageDefaults()


def read_head(lines: Sequence[str], *, markdown: bool) -> dict[str, HeadField]:
    """The fields of a page that are ours.

    :param lines: of the page, from its first one.
    """
    if not markdown:
        return _fields_above(lines)
    if not lines or lines[0].rstrip() != "---":
        return {}
    end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() in {"---", "..."}), 0)
    return _front_matter(lines[1:end])


def _fields_above(lines: Sequence[str]) -> dict[str, HeadField]:
    """The fields before everything else but comments."""
    found: dict[str, HeadField] = {}
    at = 0
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith(".. ")):
        at += 1
    while at < len(lines) and (match := _FIELD.match(lines[at])):
        first = at
        at += 1
        while at < len(lines) and (lines[at].startswith((" ", "\t")) or not lines[at].strip()):
            at += 1
        if match["name"] in _NAMES:
            value, below = (match["value"] or "").strip(), dedent("\n".join(lines[first + 1 : at])).strip("\n")
            blank = next((count for count, line in enumerate(lines[first + 1 : at]) if line.strip()), 0)
            text = "\n".join(part for part in (value, below) if part)
            found[match["name"]] = HeadField(text, first + 1 if value else first + 2 + blank)
    return found


def _front_matter(lines: Sequence[str]) -> dict[str, HeadField]:
    """The fields of YAML. What of it cannot be read is MyST's to report."""
    matches = [(number, match) for number, line in enumerate(lines, 2) if (match := _YAML.match(line))]
    if not matches:
        return {}
    places = {match["name"]: number + match["value"].startswith(("|", ">")) for number, match in matches}
    values: Any = {match["name"]: match["value"].strip() for _, match in matches}
    try:
        import yaml

        values = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and dicts only
    except ImportError:  # myst-parser needs it, and a reader of Markdown alone does not
        pass
    except yaml.YAMLError:
        return {}
    if not isinstance(values, dict):
        return {}
    return {
        name: HeadField(value, places[name])
        for name, value in values.items()
        if name in places and isinstance(value, str)
    }


def with_defaults(options: Options, defaults: Options) -> Options:
    """The options of a program, and those of its page where it says nothing."""
    if defaults == _UNSAID:
        return options
    said = {one.name for one in fields(Options) if getattr(options, one.name) != getattr(_UNSAID, one.name)}
    left_out = set(said)
    for some, others in (_EXCLUSIVE, _EXCLUSIVE[::-1]):
        if said.intersection(some):
            left_out |= {*others, *some}
    if said.intersection(_OWN_PROCESS):
        left_out.add("session")
    if "meets" in said:
        left_out.update(_BESIDE)
    taken = {one.name: getattr(defaults, one.name) for one in fields(Options) if one.name not in left_out}
    return replace(options, **taken)


_UNSAID = Options()


def set_up(
    entries: Iterable[SnippetEntry], docname: str, config: AwaitConfig, defaults: PageDefaults
) -> list[SnippetEntry]:
    """The programs of a page, each with the code that it begins with. In a session, the first one has it.

    What is typed at prompts has none.
    """
    site = config.setup_of(docname)
    if not site and not defaults.setup:
        return list(entries)
    is_one = is_one_session(docname, config)
    begun: set[str] = set()
    found = []
    for entry in entries:
        snippet = entry.snippet
        session = session_of(snippet.options, is_one=is_one or snippet.cell)
        if snippet.typed is None and (session is None or session not in begun):
            snippet = _set_up(snippet, site, defaults.setup)
            if session is not None and config.fits(snippet.options):
                begun.add(session)
        found.append(replace(entry, snippet=snippet))
    return found


def _set_up(snippet: Snippet, site: str, page: Sequence[tuple[str, int]]) -> Snippet:
    """A program with the code of its site and of its page before its own, but after imports of ``__future__``."""
    own, first = snippet.code.split("\n"), snippet.line_in_file(1)
    at = max((number for number, line in enumerate(own, 1) if line.startswith("from __future__ import")), default=0)
    lines = [*((text, first) for text in site.rstrip().split("\n") if site), *page]
    numbers = snippet.shown or tuple(range(1, len(own) + 1))
    places = snippet.lines
    return replace(
        snippet,
        code="\n".join([*own[:at], *(text for text, _ in lines), *own[at:]]),
        lines=(*places[:at], *(line for _, line in lines), *places[at:]),
        shown=(*numbers[:at], *[None] * len(lines), *numbers[at:]),
    )
