"""What a builder and its workers send each other: JSON, and nothing that is executed when it is read.

What comes back was made on another machine. It is built by the door that checks every type, and its recordings by
:meth:`.Recording.from_json`, as what lies in a cache.
"""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - read at run time, by from_data
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ...core.errors import RecordingError
from ...core.model.from_data import build
from ...core.model.recording import Recording, is_machine_name
from ..program import Program
from ..result import Result

#: Of these messages. A worker that has none is no worker of ours.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a worker must have as the builder has it, so that a program does there what it does here.

    :ivar python: as pages show it.
    :ivar build: tells this Python from others of its version.
    :ivar recorder: a digest of the code that runs and records programs.
    :ivar declared: digests of what the configuration gives to programs, by name.
    :ivar distributions: of what programs import, and of what that requires: version and digest of the files, by name.
    :ivar folders: those that must be there, by the name of the value that says so.
    """

    python: str
    platform: str
    build: str
    recorder: str
    declared: Mapping[str, str]
    distributions: Mapping[str, str]
    folders: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """Programs for one worker.

    :ivar builder: tells this build from others: a worker keeps an engine warm for one.
    :ivar settings: of the engine, as :meth:`.Settings.to_dict` gives them.
    :ivar exclusive: nothing else of ours runs on its machine meanwhile.
    """

    builder: str
    likeness: Likeness
    settings: dict[str, Any]
    programs: tuple[Program, ...]
    exclusive: bool = False

    def to_json(self) -> str:
        """The order as a text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Order:
        """Read what :meth:`to_json` wrote."""
        data = json.loads(text)
        likeness, programs = Likeness(**data["likeness"]), tuple(map(_program, data["programs"]))
        return cls(**{**data, "likeness": likeness, "programs": programs})


def _program(data: dict[str, Any]) -> Program:
    """A program of JSON data, in which tuples have become lists."""
    given = {name: _tuples(value) for name, value in data.items() if name != "processes"}
    return Program(**given, processes=tuple(map(_program, data["processes"])))


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one program of an order.

    :ivar number: which one, counted from 0.
    :ivar recordings: of each of its parts, as JSON.
    :ivar crowded: others ran beside it.
    :ivar started: the system gave it a process.
    """

    number: int
    recordings: tuple[str, ...]
    crowded: bool
    started: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker answers to an order.

    :ivar worker: by what the builder tells it from others.
    :ivar machine: the name of its machine.
    :ivar refusal: why it must not run programs of this builder; empty if it has run them.
    :ivar missing: what its system lacks to isolate programs.
    :ivar not_shared: modules of ``await_preload`` that each program imports itself, and why.
    """

    worker: str
    machine: str
    refusal: str = ""
    outcomes: tuple[Outcome, ...] = ()
    missing: tuple[str, ...] = ()
    not_shared: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """The answer as a text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: object) -> Answer:
        """Read what a worker has sent.

        :raises RecordingError: the text is not an answer.
        """
        if not isinstance(text, str):
            raise RecordingError(f"a text expected, found {type(text).__name__}")
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordingError(f"not JSON: {error}") from None
        return build(cls, data, "answer")

    def results(self, programs: tuple[Program, ...]) -> list[Result]:
        """The results of the programs of its order.

        :raises RecordingError: there are others, fewer or more, or one holds no recording.
        """
        if sorted(one.number for one in self.outcomes) != [*range(len(programs))]:
            raise RecordingError("answer.outcomes: one for each program expected")
        if not is_machine_name(self.machine):
            raise RecordingError(f"answer.machine: no name of a machine: {self.machine!r:.40}")
        found = []
        for one in self.outcomes:
            program = programs[one.number]
            if len(one.recordings) != len(program.parts):
                raise RecordingError("answer.outcomes: one recording for each part of a program expected")
            recordings = tuple(replace(Recording.from_json(text), machine=self.machine) for text in one.recordings)
            found.append(Result(program, recordings, crowded=one.crowded, started=one.started))
        return found
