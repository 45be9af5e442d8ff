"""Programs of a page that meet: which run together, and in what order they start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from .entries import SnippetEntry


@dataclass(frozen=True, slots=True)
class ProgramMeeting:
    """Programs that meet.

    :ivar entries: each after those that it meets.
    :ivar meets: for each of them, which of those before it it meets, counted from 0.
    """

    entries: tuple[SnippetEntry, ...]
    meets: tuple[tuple[int, ...], ...]


def meetings_of(entries: Sequence[SnippetEntry]) -> Iterator[ProgramMeeting]:
    """The meetings of a page, without programs whose options are a mistake."""
    known = _by_name(entries)
    wrong = {entry.snippet.name for entry, _ in meeting_mistakes(entries)}
    met = {name: entry.snippet.options.met for name, entry in known.items() if name not in wrong}
    while without := [name for name, others in met.items() if any(other not in met for other in others)]:
        met = {name: others for name, others in met.items() if name not in without}
    left = {name for name, others in met.items() if others} | {other for others in met.values() for other in others}
    while left:
        group = _group(next(name for name in known if name in left), {name: met[name] for name in left})
        left -= group
        order = _in_order([name for name in known if name in group], met)
        places = {name: place for place, name in enumerate(order)}
        yield ProgramMeeting(
            tuple(known[name] for name in order),
            tuple(tuple(sorted(places[other] for other in met[name])) for name in order),
        )


def is_in_meeting(name: str, entries: Iterable[SnippetEntry]) -> bool:
    """Whether a program meets another one of its page, or is met."""
    return any(
        entry.snippet.options.meets and name in {entry.snippet.name, *entry.snippet.options.met} for entry in entries
    )


def meeting_mistakes(entries: Sequence[SnippetEntry]) -> Iterator[tuple[SnippetEntry, str]]:
    """What is wrong with the meetings of a page: each program that cannot meet what it names, and what to do."""
    named = _by_name(entry for entry in entries if entry.named)
    for entry in entries:
        for name in entry.snippet.options.met:
            if message := _mistake(entry, name, named):
                yield entry, f"meets: {message}"
                break


def _mistake(entry: SnippetEntry, name: str, named: Mapping[str, SnippetEntry]) -> str:
    if name not in named:
        names = ", ".join(named) or "none has a name"
        return f"no program of this page is named {name!r} ({names}); give it a name by name={name}"
    if named[name] is entry:
        return f"{name!r} cannot meet itself"
    if circle := _circle(entry.snippet.name, name, named):
        return f"{' meets '.join(map(repr, circle))}, so that none of them can begin; leave one of these out"
    return _mistake_of_server(entry, named[name])


def _mistake_of_server(entry: SnippetEntry, server: SnippetEntry) -> str:
    """Why a program cannot meet a server; empty if it can."""
    name = server.snippet.name
    if not server.snippet.options.is_stopped:
        return f"{name!r} ({server.place}) never ends by itself, perhaps: give it stop-after=SECONDS"
    if server.conditions != entry.conditions:
        return f"{name!r} ({server.place}) is in other builds: put both under the same conditions"
    if server.snippet.options.python != entry.snippet.options.python:
        return f"{name!r} ({server.place}) is for other versions of Python: give both the same `python`"
    return ""


def _circle(start: str, name: str, named: Mapping[str, SnippetEntry]) -> list[str]:
    """The names on a way from a program over one that it meets back to it; empty if there is none."""
    ways, seen = [[start, name]], {name}
    while ways:
        way = ways.pop()
        for other in named[way[-1]].snippet.options.met if way[-1] in named else ():
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _group(first: str, met: Mapping[str, Sequence[str]]) -> set[str]:
    """All programs that are bound to one, over however many others."""
    group = {first}
    while new := {
        one
        for name, others in met.items()
        if group.intersection({name, *others})
        for one in (name, *others)
        if one not in group
    }:
        group |= new
    return group


def _in_order(names: Sequence[str], met: Mapping[str, Sequence[str]]) -> list[str]:
    """Programs in the order of their page, but each after those that it meets."""
    order: list[str] = []
    while len(order) < len(names):
        order.append(next(one for one in names if one not in order and all(other in order for other in met[one])))
    return order


def _by_name(entries: Iterable[SnippetEntry]) -> dict[str, SnippetEntry]:
    return {entry.snippet.name: entry for entry in entries}
