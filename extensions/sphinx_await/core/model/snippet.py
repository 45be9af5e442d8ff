"""A snippet: one program of a document, with its options and its place."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import OptionError
from .limits import LONGEST_TIMEOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .typed import Typed

EXPECT_MODES = ("ordered", "any-order", "exact", "off")
MOST_REPEATS = 100
HANG_SECONDS = 1.0  # of `hangs` without a value
STDERR_MODES = ("show", "hide", "error")


@dataclass(frozen=True, slots=True)
class Options:
    r"""How one snippet is run and judged; None leaves it to the configuration, and an empty session is none.

    The guide has its table from these entries: of an option and its opposite, first what the option does.

    :ivar timeout: stop the program after this time; without it, ``await_timeout`` applies
    :ivar raises: an exception that ``except TypeName`` would catch must end the program, or one of several; its
        traceback is shown
    :ivar hangs: the program is meant not to end: it is stopped after this time (1 s without a value), which is right.
        If it ends, that is an error
    :ivar stop_after: stop the program after this time, which is right: a server, for example. If it ends before, that
        is right, too
    :ivar meets: the program begins when the one of this page that has this name, or each of several, listens on a
        socket, and is in its network. That one has ``stop-after`` or ``hangs``, and is stopped when all that meet it
        have ended
    :ivar stdin: what the program reads from its standard input, by ``input()`` or ``sys.stdin``; ``\n`` begins another
        line. Without it, that is empty
    :ivar expect: how the comment of expected output is compared
    :ivar stderr: show standard error, hide it, or fail if there is any
    :ivar repeat: run the program N times, alone. The page shows the run in the middle, the median and the spread
    :ivar alone: run nothing else at the same time
    :ivar session: continue in the state of the earlier snippets of this page with the same session name; in none.
        Without either, ``await_session`` applies
    :ivar share: show the run of an equal program; without it, equal programs run once each
    :ivar rerun: run it again if it had to wait for a processor; let such a run stand. Without either, ``await_rerun``
        applies
    :ivar timeline: ask for the timeline, with a warning where there is nothing to show; leave it out
    :ivar last_value: display the value of the last expression, as a notebook does; do not. Without either,
        ``await_last_value`` applies
    :ivar top_level_await: run it in an event loop, so that it may await outside of functions; do not. Without either,
        ``await_top_level_await`` applies
    :ivar show_expected: show the comment of expected output where it was right, too; do not. Without either,
        ``await_show_expected`` applies
    :ivar line_numbers: number the lines of the code; do not. Without either, ``await_line_numbers`` applies
    :ivar python: the program is for these versions of Python; on others it does not run, and the page says so
    :ivar alt: what the images that it displays show, for readers who cannot see them: one text for each, separated by
        ``|``
    :ivar live: readers may run it in their browser, whatever it imports; they may not
    """

    timeout: float | None = None
    raises: str | None = None
    expect: str | None = None
    stderr: str = "show"
    alone: bool = False
    repeat: int = 1
    session: str | None = None
    share: bool = False
    timeline: bool | None = None
    live: bool | None = None
    rerun: bool | None = None
    last_value: bool | None = None
    top_level_await: bool | None = None
    alt: str | None = None
    hangs: float | None = None
    stop_after: float | None = None
    meets: str | None = None
    stdin: str | None = None
    show_expected: bool | None = None
    line_numbers: bool | None = None
    python: str | None = None

    @property
    def alternatives(self) -> list[str]:
        """What each display shows, as far as an author says it."""
        return [text.strip() for text in self.alt.split("|")] if self.alt else []

    @property
    def met(self) -> tuple[str, ...]:
        """The names of the programs that it meets."""
        return tuple(self.meets.split(", ")) if self.meets else ()

    @property
    def is_stopped(self) -> bool:
        """Whether its time limit is how a program may end."""
        return self.hangs is not None or self.stop_after is not None

    @classmethod
    def parse(cls, given: Mapping[str, str | None], beside: Iterable[str] = ()) -> Options:
        """Options from their texts, as markup gives them.

        :param beside: names that may be given as well and are no options of a run.
        :raises OptionError: an unknown name, or a value that means nothing.
        """
        if unknown := sorted(set(given) - set(PARSERS)):
            raise OptionError(f"unknown option {unknown[0]!r}; there are: {', '.join([*beside, *PARSERS])}")
        values = {name: PARSERS[name](name, value) for name, value in given.items()}
        for name in [name for name in values if name.startswith(NOT)]:
            if name.removeprefix(NOT) in values:
                raise OptionError(f"{name.removeprefix(NOT)}: cannot be combined with {name}")
            values[name.removeprefix(NOT)] = not values.pop(name)
        if values.get("session") is False:
            values["session"] = ""
        options = cls(**{name.replace("-", "_"): value for name, value in values.items()})
        if options.session and (options.repeat > 1 or options.alone):
            raise OptionError("session: a session cannot be repeated or run alone")
        if options.hangs is not None and (other := _HANGS_WITHOUT & given.keys()):
            raise OptionError(f"hangs: cannot be combined with {min(other)}")
        if options.stop_after is not None and (other := (_HANGS_WITHOUT | {"hangs"}) & given.keys()):
            raise OptionError(f"stop-after: cannot be combined with {min(other)}")
        if options.meets is not None and (other := MEETS_WITHOUT & given.keys()):
            raise OptionError(f"meets: cannot be combined with {min(other)}")
        return options


def _seconds(name: str, value: str | None) -> float:
    try:
        seconds = float(value or "")
    except ValueError:
        raise OptionError(f"{name}: seconds expected, found {value!r:.60}") from None
    if not seconds > 0:  # NaN is not
        raise OptionError(f"{name}: more than 0 seconds expected, found {value!r:.60}")
    if seconds > LONGEST_TIMEOUT:
        raise OptionError(f"{name}: at most {LONGEST_TIMEOUT} seconds expected, found {value!r:.60}")
    return seconds


def _seconds_or_default(name: str, value: str | None) -> float:
    return _seconds(name, value) if value else HANG_SECONDS


def _input(name: str, value: str | None) -> str:
    """A text, in which escapes of Python may stand for the ends of lines."""
    if not value:
        raise OptionError(f"{name}: a text expected")
    text = _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), value)
    return text if text.endswith("\n") else f"{text}\n"


_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\"}


def _exception_names(name: str, value: str | None) -> str:
    names = [one.strip() for one in (value or "").split(",")]
    if not all(part.isidentifier() for one in names for part in one.split(".")):
        raise OptionError(f"{name}: the name of an exception type expected, found {value!r:.60}")
    return ", ".join(names)


def _expect_mode(name: str, value: str | None) -> str:
    return _one_of(EXPECT_MODES, name, value)


def _stderr_mode(name: str, value: str | None) -> str:
    return _one_of(STDERR_MODES, name, value)


def _one_of(choices: tuple[str, ...], name: str, value: str | None) -> str:
    if value not in choices:
        raise OptionError(f"{name}: one of {', '.join(choices)} expected, found {value!r:.60}")
    return value


def _flag(name: str, value: str | None) -> bool:
    if value:
        raise OptionError(f"{name}: takes no value, found {value!r:.60}")
    return True


def _count(name: str, value: str | None) -> int:
    number = int(value) if value and value.isdecimal() and len(value) <= len(str(MOST_REPEATS)) else 0
    if not 1 <= number <= MOST_REPEATS:
        raise OptionError(f"{name}: a number from 1 to {MOST_REPEATS} expected, found {value!r:.60}")
    return number


def _word(name: str, value: str | None) -> str:
    if not value or not value.strip():
        raise OptionError(f"{name}: a name expected, found {value!r:.60}")
    return value.strip()


def _program_names(name: str, value: str | None) -> str:
    names = [one.strip() for one in (value or "").split(",")]
    if not all(names):
        raise OptionError(f"{name}: the name of a program of this page expected, found {value!r:.60}")
    return ", ".join(dict.fromkeys(names))


def _versions(name: str, value: str | None) -> str:
    if not value or not value.strip("\"' "):
        raise OptionError(f"{name}: versions such as >=3.13 expected, found {value!r:.60}")
    return value.strip().strip("\"'").strip()  # MyST needs quotes around `>=3.13`, reStructuredText keeps them


def _alternatives(name: str, value: str | None) -> str:
    text = _word(name, value)
    if not all(part.strip() for part in text.split("|")):
        raise OptionError(f"{name}: a text for each result expected, found {value!r:.60}")
    return text


#: Each option's parser: name and text in, value out.
PARSERS: dict[str, Any] = {
    "timeout": _seconds,
    "raises": _exception_names,
    "expect": _expect_mode,
    "stderr": _stderr_mode,
    "alone": _flag,
    "repeat": _count,
    "session": _word,
    "no-session": _flag,
    "share": _flag,
    "timeline": _flag,
    "no-timeline": _flag,
    "live": _flag,
    "no-live": _flag,
    "rerun": _flag,
    "no-rerun": _flag,
    "last-value": _flag,
    "no-last-value": _flag,
    "top-level-await": _flag,
    "no-top-level-await": _flag,
    "alt": _alternatives,
    "hangs": _seconds_or_default,
    "stop-after": _seconds,
    "meets": _program_names,
    "stdin": _input,
    "show-expected": _flag,
    "no-show-expected": _flag,
    "line-numbers": _flag,
    "no-line-numbers": _flag,
    "python": _versions,
}
#: How the values of options are written; the others have none. An empty one is the option without a value.
FORMS: dict[str, tuple[str, ...]] = {
    "timeout": ("SECONDS",),
    "raises": ("TypeName", "TypeName,OtherName"),
    "hangs": ("", "SECONDS"),
    "stop-after": ("SECONDS",),
    "meets": ("NAME", "NAME,OTHER"),
    "stdin": ('"TEXT"',),
    "expect": EXPECT_MODES,
    "stderr": STDERR_MODES,
    "repeat": ("N",),
    "session": ("NAME",),
    "python": ('">=3.13"',),
    "alt": ('"TEXT"',),
}
#: What means nothing for a program that does not end, or (a session) could not go on after it.
_HANGS_WITHOUT = frozenset({"timeout", "raises", "repeat", "session"})
#: What means nothing for a program that runs beside another one.
MEETS_WITHOUT = frozenset({"repeat", "session", "share"})
#: What the opposite of a flag starts with.
NOT = "no-"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One program as the author wrote it.

    :ivar name: its ``:name:``, or ``DOCNAME-N`` with its number in the document.
    :ivar code: what runs, without the parts that are only shown.
    :ivar file: path of its file, relative to the source folder.
    :ivar lines: for each line of ``code``, its line in ``file``.
    :ivar shown: for each line of ``code``, its number in what the page shows, or None; by default all are shown.
    :ivar typed: how it is typed at Python's prompt; None if it is not.
    :ivar cell: it is a cell of a notebook: it goes on in the state of those before it, displays the value of its last
        expression and may await, unless its options say otherwise.
    :ivar unordered: its lines are not in order yet: however it ends is right.
    """

    name: str
    code: str
    file: str
    lines: tuple[int, ...]
    options: Options = field(default_factory=Options)
    shown: tuple[int | None, ...] | None = None
    typed: Typed | None = None
    cell: bool = False
    unordered: bool = False

    def line_in_file(self, line: int | None) -> int:
        """The line of :attr:`file` for a line of the code; the snippet's first when that is unknown."""
        if line is not None and 1 <= line <= len(self.lines):
            return self.lines[line - 1]
        return self.lines[0] if self.lines else 1

    def shown_number(self, line: int) -> int | None:
        """The number that readers see for a line of the code; None if they do not see it."""
        if self.shown is None:
            return line
        return self.shown[line - 1] if 1 <= line <= len(self.shown) else None

    def compiled(self) -> list[str]:
        """What of it is compiled at once: each of its examples, of which one may be no Python; else all of it."""
        if self.typed is None:
            return [self.code]
        lines = self.code.split("\n")
        return ["\n".join(lines[example.first - 1 : example.output - 1]) for example in self.typed.run]

    def to_dict(self) -> dict[str, Any]:
        """The snippet as JSON-ready data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Snippet:
        """Read what :meth:`to_dict` made."""
        lines, shown, options = tuple(data["lines"]), data["shown"], Options(**data["options"])
        typed = None
        if data.get("typed"):
            from .typed import Typed  # few programs have prompts

            typed = Typed.from_dict(data["typed"])
        rest = {name: value for name, value in data.items() if name not in {"lines", "shown", "options", "typed"}}
        return cls(lines=lines, shown=None if shown is None else tuple(shown), options=options, typed=typed, **rest)
