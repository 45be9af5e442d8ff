"""The engine: runs programs, many at once, and yields a result as each one ends.

It imports nothing heavy: the fork server imports what programs need, and only if a program is run.

Sleeping programs are free; only those that compute are counted against the cores. Which programs run again, and when,
is decided by :mod:`.passes`.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from time import perf_counter_ns, sleep
from typing import TYPE_CHECKING, Self

from ..core.errors import EngineError
from .cache.dependencies import Environment
from .inherited import be_able_to_start_processes
from .passes import run_in_passes
from .result import RerunPolicy, Result
from .run import PATIENCE, Run, SharedFolder
from .system_limits import MemoryPace, most_at_once, with_limit

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from .backend import Backend
    from .meeting import Meeting
    from .program import Program
    from .settings import Settings

_SLEEPERS_PER_CORE = 4  # where no program may disturb another
_MOST_AT_ONCE = 400  # each takes some descriptors and some MB
_STARTUP_SECONDS = 0.03  # a new process is busy with its start for so long
_BUSY_CHECK_SECONDS = 0.01  # between two checks which processes compute, or listen
_ALIVE_SECONDS = 0.5  # the engine wakes up so often, to see whether it was stopped meanwhile
_PAUSE_SECONDS = 0.25  # what it may oversleep on a busy machine
_REFUSALS = 4  # so often the system may refuse a program a process
_PATIENCE_AFTER_REFUSAL = (0.1, 0.5, 2.0)  # seconds
_MOST_SHARED = 256 << 20  # bytes that the programs before one may leave in their shared folder
_NS = 1e9


_DEFAULT_POLICY = RerunPolicy()


class Engine:
    """Runs programs under one set of settings. A context manager: on exit it ends every process that it started.

    It keeps no state of a run: the iterator that :meth:`run` returns may be left unread or closed.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._backend: Backend | None = None
        self._ready = False
        self._missing: tuple[str, ...] = ()
        #: Modules of ``preload`` that each program imports itself, and what they do when they are imported.
        self.not_shared: Mapping[str, str] = {}
        #: Workers that were refused: here there are none.
        self.refusals: Mapping[str, str] = {}
        self._names = count(1)

    @cached_property
    def _environment(self) -> Environment:
        return Environment(self.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def missing(self) -> tuple[str, ...]:
        """What the system lacks to isolate programs, in words; known once the first program was run."""
        return self._missing

    def start(self, imports: Iterable[str] = ()) -> None:
        """Begin to warm up, unless that has begun; returns at once.

        :param imports: top-level names that the programs to come import.
        :raises EngineError: the system refuses a folder, a process or the like.
        """
        if self._backend is None:
            self._environment.begin()
            try:
                be_able_to_start_processes()
                self._backend = _backend(self.settings)
                self._backend.start(imports)
            except OSError as error:
                self.close()
                raise EngineError(f"programs cannot be prepared: {error.strerror or error}") from None

    def close(self) -> None:
        """End every process and remove every temporary folder. May be called twice."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None
            self._ready = False

    def run(
        self, programs: Iterable[Program], policy: RerunPolicy = _DEFAULT_POLICY, *, rerun: bool = True
    ) -> Generator[Result]:
        """Run the programs, as many at once as there are cores for, and yield each result as it comes.

        If the iterator is closed before its end, the programs that still run are killed.

        :param policy: which programs run again that the machine may have disturbed.
        :param rerun: run any program again. One with side effects must run once.
        :raises EngineError: programs cannot be run here at all.
        """
        todo = sorted(programs, key=lambda program: -program.seconds())  # the longest first
        if not todo:
            return
        schedule = self.schedule(todo)
        try:
            yield from run_in_passes(schedule, todo, policy if rerun else None)
        finally:
            self.abandon(schedule)

    def schedule(self, programs: Iterable[Program] = ()) -> Schedule:
        """Wait until programs can be launched, and return what launches them.

        :param programs: some of those to come.
        :raises EngineError: programs cannot be run here at all.
        """
        backend = self._wait_until_ready()
        backend.warm({name for program in programs for name in program.imports()})
        return Schedule(backend, self.settings, self._environment, self._names)

    def abandon(self, schedule: Schedule) -> None:
        """Kill the programs of a schedule that still run."""
        try:
            schedule.abandon()
        except EngineError:  # the backend is gone, and a new run needs another
            self.close()

    def _wait_until_ready(self) -> Backend:
        self.start()
        assert self._backend is not None
        if not self._ready:
            self._backend.wait_until_ready()
            self._ready = True
            self._missing = self._backend.missing
            self.not_shared = self._backend.not_shared
            if self.settings.sandbox == "strict" and self._backend.missing:
                raise EngineError(f"await_sandbox is 'strict', but this system has no {'; no '.join(self._missing)}")
        return self._backend


@dataclass(slots=True)
class _Chain:
    """A program of several processes, which run one after another in one folder.

    :ivar name: that of its first run, by which it is known.
    :ivar results: those of the processes that have ended.
    """

    name: str
    program: Program
    folder: SharedFolder
    results: list[Result] = field(default_factory=list)


class Queue:
    """Programs that wait to be launched, the next one first."""

    #: Whether more may come.
    is_open = False

    def __init__(self, programs: Iterable[tuple[int, Program]] = ()) -> None:
        self._waiting = deque(programs)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, number: int, program: Program) -> None:
        """Let a program wait behind all others."""
        self._waiting.append((number, program))

    def pop(self) -> tuple[int, Program]:
        """Take the next one."""
        return self._waiting.popleft()

    def receive(self, *, wait: bool) -> Iterable[Program]:  # noqa: ARG002 - of a queue into which others put programs
        """Take in programs that have come, and return them.

        :param wait: until one has come.
        """
        return ()


class Schedule:
    """Which of the programs of an :class:`Engine` are launched when, and those that run now."""

    def __init__(self, backend: Backend, settings: Settings, environment: Environment, names: Iterator[int]) -> None:
        self.settings = settings
        self._backend = backend
        self._environment = environment
        self._names = names
        self._live: dict[str, Run] = {}
        self._chains: dict[str, _Chain] = {}
        self._meetings: dict[str, Meeting] = {}
        self._unstarted: dict[str, Result] = {}
        self._most = most_at_once(_MOST_AT_ONCE)
        self._memory = MemoryPace()
        self._looked = perf_counter_ns()
        self._latest_computes = True  # the most recent program of which it is known; until then assume the worst

    @property
    def missing(self) -> tuple[str, ...]:
        """What the system lacks to isolate programs, in words."""
        return self._backend.missing

    def together(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, and yield each result as it comes."""
        return self.as_they_come(Queue(programs.items()))

    def abandon(self) -> None:
        """Kill the programs that still run, and wait until they are gone.

        :raises EngineError: the backend is gone, or a process cannot be killed.
        """
        latest = perf_counter_ns() + int(PATIENCE * _NS)
        for run in self._live.values():
            run.killed = True
            self._backend.kill(run)
        while self._live:
            for run in [run for run in self._live.values() if run.ending is not None]:
                del self._live[run.name]
                self._backend.finish(run)
            if self._live:
                self._backend.listen(_seconds_until(latest))
                if perf_counter_ns() > latest:
                    raise EngineError("a program could not be killed")
        for chain in self._chains.values():
            chain.folder.remove()

    def as_they_come(self, queue: Queue) -> Iterator[tuple[int, Result]]:
        """Run the programs of a queue beside each other, until it is empty and no more can come."""
        running: dict[str, tuple[int, Program]] = {}
        refusals: Counter[int] = Counter()
        while queue or running or queue.is_open:
            if came := queue.receive(wait=not queue and not running):
                self._backend.warm({name for program in came for name in program.imports()})
            # Who fills the queue computes meanwhile: then programs start as carefully as those that run again.
            cores = max(1, self.settings.jobs - 1)
            while queue and (self._is_quiet(cores) if queue.is_open else self._has_room()):
                number, program = queue.pop()
                running[self._launch(program)] = number, program
            for name, result in self._ended(more_to_start=bool(queue) or queue.is_open):
                number, program = running.pop(name)
                if not result.started:
                    self._most = max(1, min(self._most, len(self._live)))
                    refusals[number] += 1
                    if refusals[number] < _REFUSALS:
                        queue.put(number, program)
                        continue
                yield number, result

    def sleepers(self, programs: Mapping[int, Program]) -> Iterator[tuple[int, Result]]:
        """Run programs beside each other, each of which starts when no other wants a core."""
        waiting, running = deque(programs.items()), dict[str, int]()
        while waiting or running:
            while waiting and self._is_quiet(self.settings.jobs):
                number, program = waiting.popleft()
                running[self._launch(program)] = number
            for name, result in self._ended(more_to_start=bool(waiting)):
                yield running.pop(name), result

    def alone(self, program: Program) -> Result:
        """Run one program while no other runs; try again for a while if the system refuses it a process."""
        for seconds in (*_PATIENCE_AFTER_REFUSAL, 0.0):
            self._launch(program)
            (result,) = self._all_ended()
            if result.started:
                break
            sleep(seconds)
        return result

    def _is_quiet(self, cores: int) -> bool:
        """Whether one more program may start without disturbing those that run, on so many cores."""
        live = self._live.values()
        return len(live) < _SLEEPERS_PER_CORE * cores and not any(run.busy() for run in live)

    def _has_room(self) -> bool:
        """Whether one more program may start.

        Sleeping programs are free. Start one more than there are cores, unless the most recent program was CPU-bound:
        then the next one is likely to be, too, and three would share two cores.
        """
        if len(self._live) >= self._most:
            return False
        starting = computing = 0
        for run in self._live.values():
            busy, young = run.busy(), run.age() < _STARTUP_SECONDS
            starting += busy and young
            computing += busy and not young
            if not busy or not young:
                self._latest_computes = busy
        more = not self._latest_computes
        if computing >= self.settings.jobs or starting + computing >= self.settings.jobs + more:
            return False
        return self._memory.has_room(len(self._live), starting)

    def _launch(self, program: Program) -> str:
        name = str(next(self._names))
        try:
            if program.meets:
                self._begin_meeting(name, program)
            elif program.processes:
                chain = _Chain(name, program, self._backend.make_shared_folder())
                self._launch_next(chain, name)
            else:
                self._start(name, program)
        except OSError as error:
            self._unstarted[name] = self._without_a_run(program, with_limit(error))
        return name

    def _launch_next(self, chain: _Chain, name: str) -> None:
        """Start the next process of a chain."""
        try:
            self._start(name, chain.program.processes[len(chain.results)], chain.folder)
        except OSError:
            chain.folder.remove()
            raise
        chain.folder.used = True
        self._chains[name] = chain

    def _start(self, name: str, program: Program, shared: SharedFolder | None = None) -> None:
        self._live[name] = self._backend.launch(name, program, shared)
        self._note_crowd(1)

    def _note_crowd(self, own: int) -> None:
        """Note that programs run beside each other.

        :param own: how many of those that run belong together.
        """
        if len(self._live) > own:
            for one in self._live.values():
                one.crowded = True

    def _begin_meeting(self, name: str, program: Program) -> None:
        if self._backend.no_meetings:
            self._unstarted[name] = self._without_a_meeting(program, self._backend.no_meetings)
        else:
            from .meeting import Meeting  # few programs meet

            self._start_next(Meeting(name, program), name, program.processes[0])

    def _start_next(self, meeting: Meeting, name: str, process: Program) -> None:
        """Start the next process of a meeting."""
        run = self._live[name] = self._backend.launch(name, process, meeting=meeting.name)
        meeting.runs.append(run)
        self._meetings[name] = meeting
        self._note_crowd(sum(one is meeting for one in self._meetings.values()))

    def _see_meetings(self) -> None:
        """Start what can start in the meetings, and stop what nobody needs any more."""
        for meeting in {id(one): one for one in self._meetings.values()}.values():
            while (process := meeting.next_process()) is not None:
                try:
                    self._start_next(meeting, str(next(self._names)), process)
                except OSError as error:
                    meeting.refused = f"the program could not be started: {error}"
            for run in meeting.to_stop():
                run.stop()
                self._backend.kill(run)

    def _result_of_meeting(self, meeting: Meeting) -> Result:
        from .ended_run import result_of_meeting  # few programs meet

        if meeting.refused is not None:
            return replace(self._without_a_meeting(meeting.program, meeting.refused), started=False)
        return result_of_meeting(meeting.program, meeting.results, was_short=meeting.was_short)

    def _without_a_meeting(self, program: Program, reason: str) -> Result:
        result = self._without_a_run(program, reason, started=True)
        return replace(result, recordings=result.recordings[:1] * len(program.parts))

    def _go_on(self, chain: _Chain, result: Result) -> Result | None:
        """Start the next process of a chain, or return the result of all."""
        from .ended_run import result_of_processes  # few programs have several

        chain.results.append(result)
        if not result.started:  # the next attempt begins with an empty folder
            chain.folder.remove()
            failure = result.recording.failure
            none = self._without_a_run(chain.program, failure.message if failure else "", started=True)
            return replace(none, started=False)
        if len(chain.results) == len(chain.program.processes):
            chain.folder.remove()
            return result_of_processes(chain.program, chain.results)
        if chain.folder.size() > _MOST_SHARED:
            chain.folder.remove()
            reason = f"programs before it left more than {_MOST_SHARED >> 20} MB in the folder that they share"
            return self._without_a_run(chain.program, reason, started=True)
        try:
            self._launch_next(chain, str(next(self._names)))
        except OSError as error:
            return self._without_a_run(chain.program, str(error))
        return None

    def _all_ended(self) -> list[Result]:
        results = []
        while self._live or self._unstarted:
            results += [result for _, result in self._ended()]
        return results

    def _ended(self, *, more_to_start: bool = False) -> Iterator[tuple[str, Result]]:
        """Wait until something happens; then yield the runs that have ended, by name."""
        while self._unstarted:
            yield self._unstarted.popitem()
        # The iterator of another run may have waited for the backend, and heard of ours.
        if self._live and all(run.ending is None for run in self._live.values()):
            soonest = min(run.deadline for run in self._live.values())
            is_watched = any(meeting.is_watched for meeting in self._meetings.values())
            longest = _BUSY_CHECK_SECONDS if more_to_start or is_watched else _ALIVE_SECONDS
            self._listen(min(max(0.001, _seconds_until(soonest)), longest))
        for run in list(self._live.values()):
            if run.ending is not None:
                del self._live[run.name]
                result = self._conclude(run)
                self._latest_computes = result.recording.wall > _STARTUP_SECONDS and result.is_cpu_bound
                yield from self._of_program(run, result)
            elif run.overdue():
                self._backend.kill(run)
        if self._meetings:
            self._see_meetings()

    def _of_program(self, run: Run, result: Result) -> Iterator[tuple[str, Result]]:
        """The result of a program whose process has ended, unless it has others that are to end."""
        if (meeting := self._meetings.pop(run.name, None)) is not None:
            meeting.note(run, result)
            if meeting.is_over:
                yield meeting.name, self._result_of_meeting(meeting)
        elif (chain := self._chains.pop(run.name, None)) is None:
            yield run.name, result
        elif (all_of_it := self._go_on(chain, result)) is not None:
            yield chain.name, all_of_it

    def _listen(self, seconds: float) -> None:
        """Wait for the backend, and see whether this process itself was stopped or kept from running.

        Of that time nobody knows what the programs could do in it, so it does not count towards their limits.
        """
        self._backend.listen(seconds)
        now = perf_counter_ns()
        missed = now - self._looked - int((seconds + _PAUSE_SECONDS) * _NS)
        self._looked = now
        if missed > 0:
            for run in self._live.values():
                run.postpone(min(missed, now - run.launched))

    def _conclude(self, run: Run) -> Result:
        """The result of a run that has ended. Whatever a program left, it costs no other its result.

        :raises EngineError: the backend is gone.
        """
        from .ended_run import result_of_run  # the first programs start before it is imported

        try:
            try:
                journal = run.decode()
                used = run.accesses(journal)
            finally:
                self._backend.finish(run)
            result = result_of_run(run, journal, used, self.settings, self._environment)
        except EngineError:
            raise
        except Exception as error:  # noqa: BLE001 - it is this program's failure, whatever it is
            words = f"what the program left cannot be read: {error!r:.300}"
            result = self._without_a_run(run.program, words, started=True)
        return replace(result, crowded=run.crowded)

    def _without_a_run(self, program: Program, reason: str, *, started: bool = False) -> Result:
        from .ended_run import result_without_run  # nearly every program gets its process

        return result_without_run(program, reason, self._environment, started=started)


def _backend(settings: Settings) -> Backend:
    if settings.fork:
        from .fork.backend import ForkBackend

        return ForkBackend(settings)
    from .spawn_backend import SpawnBackend

    return SpawnBackend(settings)


def _seconds_until(moment: int) -> float:
    return max(0.0, (moment - perf_counter_ns()) / _NS)
