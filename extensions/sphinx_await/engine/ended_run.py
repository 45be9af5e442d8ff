"""The result of a run that has ended: its recordings, and what they depend on.

A build imports it while its first programs run.
"""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..core.decoding.decoder import RunContext, build_recordings
from ..core.model.dependencies import Dependencies
from ..core.model.recording import NEVER_LISTENED, NOT_BEGUN, NOT_MET, NOT_REACHED, Failure, Recording, StandIn
from ..core.model.source_files import SNIPPET_FILE, part_files
from .program_process.access_log import COMMAND, END
from .result import Result
from .runtime_info import PLATFORM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..core.decoding.decoder import DecodedJournal
    from .cache.dependencies import Environment
    from .program import Program
    from .run import Run
    from .settings import Settings

_SHORTAGES = frozenset(
    {errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EAGAIN, errno.EADDRINUSE, errno.EDQUOT}
)
_SHORTAGE_TYPES = frozenset({"MemoryError", "TimeoutError"})


def result_of_run(
    run: Run, journal: DecodedJournal, used: list[tuple[str, ...]], settings: Settings, environment: Environment
) -> Result:
    """The result of a run of one process.

    :param used: what the program used, as :meth:`.Run.accesses` says it.
    """
    assert run.ending is not None
    if run.refused is not None:
        return result_without_run(run.program, run.refused, environment)
    if not journal.parts and journal.broken is not None:
        return result_without_run(run.program, journal.broken.strip().rpartition("\n")[2], environment)
    context = RunContext(environment.python.name, PLATFORM, run.started, settings.network)
    limit, parts = settings.output_limit, len(run.program.parts)
    recordings = build_recordings(
        journal, run.foreign_output(), run.ending, context, limit=limit, parts=parts, left_out=run.left_out
    )
    answered = {*journal.hosts, *run.answered}
    folder = settings.working_dir or str(run.folder)
    recordings = [_with_plain_names(recording, folder, parts) for recording in recordings]
    hosts = settings.hosts.items()
    stand_ins = tuple(StandIn(name, float(host.delay)) for name, host in hosts if name in answered)
    printed = "".join(output.text for recording in recordings for output in recording.outputs)
    traceback = "".join(recording.failure.traceback for recording in recordings if recording.failure)
    if run.program.hangs and run.ending.timed_out and all(kind != COMMAND for kind, *_ in used):
        # What it used is logged before it is used, so nothing is missing when we end it: but for what it had turned
        # into, or started, which logs nothing.
        used = [*used, (END,)]
    requires = environment.dependencies_of(used, run.started_at, printed + traceback)
    if journal.damaged or any(_is_by_chance(one, run.program) for one in recordings):
        requires = replace(requires, complete=False)
    return Result(
        run.program,
        tuple(replace(recording, stand_ins=stand_ins, requires=requires) for recording in recordings),
    )


def _with_plain_names(recording: Recording, folder: str, parts: int) -> Recording:
    """A recording that names the program's own file without its folder, which is another one in each run."""
    files = {SNIPPET_FILE, *part_files(parts)}
    names = [(os.path.join(one, file), file) for one in {folder, os.path.realpath(folder)} for file in files]

    def plain(text: str) -> str:
        for name, file in names:
            text = text.replace(name, file)
        return text

    def plain_failure(failure: Failure | None) -> Failure | None:
        return failure and replace(failure, message=plain(failure.message), traceback=plain(failure.traceback))

    outputs = tuple(replace(one, text=plain(one.text)) if ".py" in one.text else one for one in recording.outputs)
    examples = tuple(replace(one, failure=plain_failure(one.failure)) for one in recording.examples)
    return replace(recording, outputs=outputs, failure=plain_failure(recording.failure), examples=examples)


def result_of_processes(program: Program, results: Sequence[Result]) -> Result:
    """The result of a program of several processes, which ran one after another in one folder, or met.

    Whatever one of them depends on, the others do, for they read what it wrote or sent. All began with the first
    process: by that moment the recordings of one run know each other.
    """
    recordings = [recording for result in results for recording in result.recordings]
    started = recordings[0].started
    requires = Dependencies.merge(recording.requires for recording in recordings)
    if requires is None:  # something changed meanwhile
        requires = replace(recordings[0].requires, complete=False)
    return Result(
        program,
        tuple(replace(recording, requires=requires, started=started) for recording in recordings),
        crowded=any(result.crowded for result in results),
        started=all(result.started for result in results),
    )


def result_of_meeting(program: Program, results: Mapping[int, Result], *, was_short: bool) -> Result:
    """The result of a program whose processes met.

    :param results: by the numbers of the processes. Those that have none did not start, since one before them did not
        listen. Its mock hosts are of one network: which process they answered, nobody knows.
    :param was_short: one was stopped at its time limit while another one still met it; the recordings are not kept.
    """
    silent = len(results) - 1  # processes begin in order, so that it is the last one
    found = [
        results[number]
        if number in results
        else _not_met(process, results[silent].recording, is_met=silent in program.meets[number])
        for number, process in enumerate(program.processes)
    ]
    whole = result_of_processes(program, found)
    stand_ins = tuple(dict.fromkeys(one for recording in whole.recordings for one in recording.stand_ins))
    requires = [replace(one.requires, complete=one.requires.complete and not was_short) for one in whole.recordings]
    pairs = zip(whole.recordings, requires, strict=True)
    return replace(whole, recordings=tuple(replace(one, stand_ins=stand_ins, requires=given) for one, given in pairs))


def _not_met(process: Program, silent: Recording, *, is_met: bool) -> Result:
    """The result of a process that did not start.

    :param silent: the recording of the one that did not listen.
    :param is_met: whether this process meets that one.
    """
    is_late = silent.timed_out
    requires = replace(silent.requires, complete=False) if is_late else silent.requires  # another time it may be faster
    failure = (NEVER_LISTENED if is_late else NOT_MET) if is_met else NOT_BEGUN
    first = Recording(silent.python, silent.platform, silent.started, 0.0, 0.0, 1, failure, requires=requires)
    return Result(process, (first,) * len(process.parts))


def result_without_run(program: Program, reason: str, environment: Environment, *, started: bool = False) -> Result:
    """A result that says why there is no recording.

    It is valid in this build only: the cause is not the program's own.
    """
    words = reason if started else f"the program could not be started: {reason}"
    failure = Failure("EngineError", words, "", None)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    requires = Dependencies(declared=environment.declared, complete=False)
    first = Recording(environment.python.name, PLATFORM, now, 0.0, 0.0, 1, failure, requires=requires)
    others = [replace(first, failure=NOT_REACHED)] * (len(program.parts) - 1)
    return Result(program, (first, *others), started=started)


def _is_by_chance(recording: Recording, program: Program) -> bool:
    """Whether a program failed for want of time, memory or the like, so that it might not the next time."""
    failure = recording.failure
    short = failure is not None and (failure.errno in _SHORTAGES or failure.type in _SHORTAGE_TYPES)
    if recording.timed_out and program.hangs:
        return False
    return recording.timed_out or recording.exit < 0 or short
