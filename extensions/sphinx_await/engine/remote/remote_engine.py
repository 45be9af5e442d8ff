"""The engine whose programs run on other machines. To a build it is what :class:`~..scheduler.Engine` is.

It deals programs out in small orders, and yields their results as the orders come back. What only a build knows is
decided here: a program whose times matter and that was disturbed runs again, alone on a machine, after all others.
"""

from __future__ import annotations

import asyncio
import queue
import secrets
from collections import deque
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import monotonic, sleep
from typing import TYPE_CHECKING

from ...core.errors import EngineError, RecordingError
from ..cache.dependencies import Environment
from ..ended_run import result_without_run
from ..result import Attempts, RerunPolicy, Result
from ..source_hints import source_hints
from .likeness import invalid_here, likeness_of, settings_to_send
from .messages import Answer, Order

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from ..program import Program
    from ..settings import Settings
    from .pools import Pool, Sent

#: Seconds for which no worker may be there.
PATIENCE = 30.0
_TICK = 1.0  # seconds between two looks whether workers were lost
_ALIVE = 0.2  # seconds in which Ctrl-C is heard
_ORDERS_AHEAD = 2  # for each that can run at once, so that no worker waits for the next
_SLEEPING_TOGETHER = 50
#: Programs of an order that compute, at most.
COMPUTING_TOGETHER = 8
_ORDERS_EACH = 4  # of programs that compute, for each that can run at once: the last ones then end at about one time
_RERUNS = 3
_FAILURES = 3  # so often a program may fail as a whole, or what comes back be of no use
_DEFAULT_POLICY = RerunPolicy()


@dataclass(slots=True, eq=False)
class _Parcel:
    """Programs that go to one worker together.

    :ivar refused_by: workers that cannot run them, and why.
    :ivar losses: how often they were lost.
    :ivar sent_to: the workers that may have them; None if that is not known.
    """

    programs: tuple[Program, ...]
    exclusive: bool = False
    refused_by: dict[str, str] = field(default_factory=dict)
    losses: int = 0
    sent_to: frozenset[str] | None = None

    def split(self) -> list[_Parcel]:
        """Each program by itself, to know which it is that makes them fail."""
        return [replace(self, programs=(one,), refused_by=dict(self.refused_by)) for one in self.programs]


class RemoteEngine:
    """Runs programs on the workers of a pool, under one set of settings."""

    def __init__(self, settings: Settings, pool: Pool) -> None:
        self.settings = settings
        self._pool = pool
        self._builder = secrets.token_hex(8)
        self.missing: tuple[str, ...] = ()
        self.not_shared: dict[str, str] = {}
        self._not_taken: dict[str, str] = {}

    @cached_property
    def _environment(self) -> Environment:
        return Environment(self.settings)

    def start(self, imports: Iterable[str] = ()) -> None:
        """Note what is given to programs from now on. Workers warm up when they get the first ones."""
        del imports
        self._environment.begin()

    def close(self) -> None:
        """Leave the workers. May be called twice."""
        self._pool.close(self._builder)

    def run(
        self, programs: Iterable[Program], policy: RerunPolicy = _DEFAULT_POLICY, *, rerun: bool = True
    ) -> Generator[Result]:
        """Run the programs, and yield each result as it comes.

        If the iterator is closed before its end, what was not begun is taken back.

        :param policy: which programs run again that a machine may have disturbed.
        :param rerun: run any program again.
        :raises EngineError: no worker can run them.
        """
        todo = sorted(programs, key=lambda program: -program.seconds())  # the longest first
        if not todo:
            return
        self.start()
        self._pool.open()
        template = Order(
            self._builder,
            likeness_of(self.settings, self._environment, todo),
            settings_to_send(self.settings).to_dict(),
            programs=(),
        )
        dealer = _Dealer(self, self._pool, template, policy, rerun=rerun)
        try:
            yield from dealer.run(todo)
        finally:
            dealer.abandon()

    def note_refusal(self, worker: str, reason: str) -> None:
        """Keep why something of a worker was not taken."""
        self._not_taken[worker] = reason

    def note(self, answer: Answer) -> None:
        """Keep what a worker says of itself."""
        self.missing = tuple(dict.fromkeys([*self.missing, *answer.missing]))
        self.not_shared |= answer.not_shared

    @property
    def refusals(self) -> dict[str, str]:
        """Workers that may run nothing, or of which something was not taken, and why."""
        return {**self._not_taken, **self._pool.refused}

    def unfit(self, result: Result) -> str:
        """Why a result would not be valid here; "" if it is."""
        return next(filter(None, (invalid_here(self._environment, one.requires) for one in result.recordings)), "")

    def without_run(self, program: Program, reason: str) -> Result:
        """A result that says why there is no recording."""
        return result_without_run(program, reason, self._environment)


class _Dealer:
    """One call of :meth:`RemoteEngine.run`."""

    def __init__(self, engine: RemoteEngine, pool: Pool, template: Order, policy: RerunPolicy, *, rerun: bool) -> None:
        self._engine = engine
        self._pool = pool
        self._template = template
        self._policy = policy
        self._rerun = rerun
        self._waiting: deque[_Parcel] = deque()
        self._later: deque[_Parcel] = deque()
        self._sent: dict[Sent, _Parcel] = {}
        self._ended: queue.SimpleQueue[Sent] = queue.SimpleQueue()
        self._attempts: dict[int, Attempts] = {}
        self._slots = 0
        self._answered = False

    def run(self, programs: Sequence[Program]) -> Iterator[Result]:
        """All beside each other, then one by one those that run alone, and those that were disturbed."""
        self._slots = self._wait_for_workers()
        self._attempts = {id(program): Attempts(program) for program in programs}
        alone = [program for program in programs if program.alone or program.repeat > 1]
        together = [program for program in programs if not program.alone and program.repeat == 1]
        self._waiting += _dealt(together, self._slots)
        self._later += [_Parcel((program,), exclusive=True) for program in alone]
        while self._waiting or self._sent or self._later:
            if not self._waiting and not self._sent:
                self._waiting, self._later = self._later, deque()
            yield from self._send()
            if self._sent and (sent := self._next()) is not None:
                yield from self._received(sent)

    def abandon(self) -> None:
        """Take back what was sent."""
        for sent in self._sent:
            sent.cancel()
        self._sent.clear()

    def _wait_for_workers(self) -> int:
        """How many orders run at once.

        :raises EngineError: nobody comes, or nobody that may run programs.
        """
        latest = monotonic() + PATIENCE
        while not (slots := self._pool.slots()):
            if monotonic() > latest or self._pool.refused:
                raise self._nobody()
            sleep(_ALIVE)
        return slots

    def _nobody(self) -> EngineError:
        refusals = "; ".join(f"{worker} {reason}" for worker, reason in sorted(self._engine.refusals.items()))
        return EngineError(f"await_executor: no worker can run programs: {refusals or 'none is there'}")

    def _send(self) -> Iterator[Result]:
        """Send as many orders as keep the workers busy; what no worker can run has a result at once."""
        while self._waiting and len(self._sent) < _ORDERS_AHEAD * self._slots:
            parcel = self._waiting.popleft()
            there = self._pool.workers()
            if there is not None:
                self._slots = max(1, self._pool.slots())
                if not there:
                    self._wait_for_workers()
                    there = self._pool.workers()
                    assert there is not None
                able = there - parcel.refused_by.keys()
                if not able:
                    yield from self._given_up(parcel)
                    continue
                parcel.sent_to = able
            order = replace(self._template, programs=parcel.programs, exclusive=parcel.exclusive)
            sent = self._pool.submit(order.to_json(), parcel.sent_to)
            self._sent[sent] = parcel
            sent.add_done_callback(self._ended.put)

    def _next(self) -> Sent | None:
        """The next order that has ended; None if orders wait again, since all workers that may have them have left."""
        since = looked = monotonic()
        while True:
            try:
                sent = self._ended.get(timeout=_ALIVE)
            except queue.Empty:
                now = monotonic()
                if now - looked < _TICK:
                    continue
                looked, there = now, self._pool.workers()
                if there is None or there:
                    since = now
                elif now - since > PATIENCE:
                    raise self._nobody() from None
                if there and self._taken_back(there):
                    return None
            else:
                if sent in self._sent:
                    return sent

    def _taken_back(self, there: frozenset[str]) -> bool:
        """Take back the orders that none of the workers that are there may have."""
        lost = {
            sent for sent, parcel in self._sent.items() if parcel.sent_to is not None and not parcel.sent_to & there
        }
        for sent in lost:
            self._waiting.append(self._sent.pop(sent))
            sent.cancel()
        return bool(lost)

    def _received(self, sent: Sent) -> Iterator[Result]:
        """The results of an order, as far as they are to be shown."""
        parcel = self._sent.pop(sent)
        try:
            answer = Answer.from_json(sent.result())
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - whatever a worker has raised
            yield from self._failed(parcel, error)
            return
        self._answered = True
        if answer.refusal:
            self._pool.refused[answer.worker] = answer.refusal
            parcel.losses += 1
            if self._was_offered_to_all(parcel):
                raise self._nobody()
            self._waiting.append(parcel)
            return
        self._engine.note(answer)
        try:
            results = answer.results(parcel.programs)
        except RecordingError as error:
            yield from self._not_taken(parcel, answer.worker, f"sent back no recordings ({error})")
            return
        for result in results:
            if reason := self._engine.unfit(result):
                one = replace(parcel, programs=(result.program,), refused_by=dict(parcel.refused_by))
                yield from self._not_taken(one, answer.worker, f"has not what this build has: {reason}")
            else:
                yield from self._settled(result, exclusive=parcel.exclusive)

    def _failed(self, parcel: _Parcel, error: BaseException) -> Iterator[Result]:
        """Send an order again that was lost, or that failed as a whole; each program by itself."""
        is_loss = self._pool.is_loss(error)
        words = "each worker that ran it was lost" if is_loss else f"workers cannot run it: {error!r:.300}"
        parcel.losses += 1
        if len(parcel.programs) > 1:
            self._waiting += parcel.split()
        elif parcel.losses < (self._pool.most_losses if is_loss else _FAILURES):
            self._waiting.append(parcel)
        elif is_loss or self._answered:
            yield self._engine.without_run(parcel.programs[0], words)
        else:
            raise EngineError(f"await_executor: workers cannot run programs: {error!r:.300}")

    def _not_taken(self, parcel: _Parcel, worker: str, reason: str) -> Iterator[Result]:
        """Send programs to another worker, because of what one has sent back."""
        parcel.refused_by[worker] = reason
        self._engine.note_refusal(worker, reason)
        parcel.losses += 1
        if self._was_offered_to_all(parcel):
            yield from self._given_up(parcel)
        else:
            self._waiting.append(parcel)

    def _was_offered_to_all(self, parcel: _Parcel) -> bool:
        """Whether programs were refused so often that nobody is left, as far as that is known."""
        return parcel.losses >= _FAILURES + len(self._pool.workers() or ())

    def _given_up(self, parcel: _Parcel) -> Iterator[Result]:
        reasons = "; ".join(f"{worker} {reason}" for worker, reason in sorted(parcel.refused_by.items()))
        for program in parcel.programs:
            yield self._engine.without_run(program, f"no worker can run it: {reasons}")

    def _settled(self, result: Result, *, exclusive: bool) -> Iterator[Result]:
        """The result to show of a program, unless it runs again."""
        program = result.program
        attempts = self._attempts[id(program)]
        again = _Parcel((program,), exclusive=True)
        if self._rerun and not exclusive and _met_neighbour(result):
            self._later.append(again)
            return
        attempts.add(result)
        if program.repeat > 1 or not result.started:
            yield result
        elif self._rerun and len(attempts.results) <= _RERUNS and attempts.needs_another(self._policy):
            self._later.append(again)
        else:
            yield attempts.best(self._policy)


def _met_neighbour(result: Result) -> bool:
    """Whether a program failed because another one had taken what it needed, as far as can be known from here."""
    return result.crowded and (result.found_port_in_use or result.was_refused or result.found_disk_full)


def _dealt(programs: Sequence[Program], slots: int) -> list[_Parcel]:
    """Programs in small orders. Those that sleep cost nothing beside each other, so that many go together."""
    asleep: list[Program] = []
    others: list[Program] = []
    for program in programs:
        (asleep if any(source_hints(part).sleep for part in program.parts) else others).append(program)
    many = min(_SLEEPING_TOGETHER, -(-len(asleep) // slots)) or 1
    few = min(COMPUTING_TOGETHER, len(others) // (_ORDERS_EACH * slots)) or 1
    return [
        *(_Parcel(tuple(asleep[start : start + many])) for start in range(0, len(asleep), many)),
        *(_Parcel(tuple(others[start : start + few])) for start in range(0, len(others), few)),
    ]
