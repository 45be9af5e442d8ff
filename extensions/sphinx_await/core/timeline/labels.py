"""The words of a picture, in English; a page in another language translates them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ..text.messages import N_

if TYPE_CHECKING:
    from .model import Place, Timeline

#: From so many seconds on, seconds are better than milliseconds.
IN_SECONDS = 0.0995
#: From how many seconds on one digit is enough, of seconds and of milliseconds; and a duration is more than nothing.
_LONG, _MILLISECOND, _INSTANT = 9.995, 0.001, 9.5e-7


@dataclass(frozen=True, slots=True)
class Labels:
    """All texts of a picture, its table and its summary; ``{names}`` are filled in by :meth:`str.format`."""

    seconds: str = N_("{number} s")
    milliseconds: str = N_("{number} ms")
    step: str = N_("step {number}")
    step_one: str = N_("1 step")
    some_steps: str = N_("{count} steps")
    line: str = N_("line {line}")
    after_line: str = N_("after line {line}")
    file_line: str = N_("{file} line {line}")
    after_file_line: str = N_("after {file} line {line}")
    loop: str = N_("event loop")
    main_thread: str = N_("main thread")
    no_loop: str = N_("no event loop")
    program: str = N_("the program")
    genexpr: str = N_("generator expression")
    group: str = N_("×{count} {first} … {last}")
    internal: str = N_("internal tasks")
    unrecorded: str = N_("not recorded")
    running: str = N_("running")
    switching: str = N_("switching often")
    waiting: str = N_("waiting")
    ready: str = N_("ready, but the loop is busy")
    blocked: str = N_("loop blocked")
    idle: str = N_("idle")
    thread: str = N_("call in a thread")
    calls: str = N_("{count} calls · {duration}")
    call_one: str = N_("1 call · {duration}")
    output: str = N_("output")
    stderr: str = N_("error output")
    cancel: str = N_("cancellation asked for")
    cancel_by: str = N_("cancellation asked for by {name}")
    timeout: str = N_("time limit ran out")
    destroyed: str = N_("destroyed before it ended")
    creation: str = N_("creates a task")
    hand_over: str = N_("hands over a call")
    creation_or_call: str = N_("creates a task, or hands over a call")
    wake: str = N_("wakes a task")
    life: str = N_("has not run yet")
    cut: str = N_("time that is drawn shorter")
    cut_at: str = N_("{duration} are drawn shorter")
    limit: str = N_("the program was stopped")
    limit_at: str = N_("The program was stopped at {moment}")
    hung_waits: str = N_("{name} waits for {what}")
    hung_waits_somewhere: str = N_("{name} waits")
    hung_inside: str = N_("{words} (inside {blocks})")
    hung_runs: str = N_("{name} is running")
    hung_new: str = N_("{name} has not begun")
    hung_executes: str = N_("{name} executes {what}")
    times: str = N_("{what} ×{count}")
    returned: str = N_("returned")
    raised: str = N_("raised {error}")
    cancelled: str = N_("cancelled")
    closed: str = N_("closed")
    suspended: str = N_("left where it yielded")
    unfinished: str = N_("never ended")
    creates: str = N_("{source} creates {target}")
    hands: str = N_("{source} hands a call to {target}")
    wakes: str = N_("{source} wakes {target}")
    ran: str = N_("ran {duration}")
    in_steps: str = N_("{duration} in {count} steps")
    steps_within: str = N_("{count} steps within {duration}, running {busy}")
    more: str = N_("and {count} more")
    busy: str = N_("busy {duration}")
    at: str = N_("at {moment}")
    ended_at: str = N_("{ending} at {moment}")
    task: str = N_("Task")
    creator: str = N_("Created by")
    ran_for: str = N_("Ran")
    waited_for: str = N_("Waited")
    ended: str = N_("Ended")
    generator: str = N_("Generator")
    resumer: str = N_("Resumed by")
    turns: str = N_("{count} turns")
    turn_one: str = N_("1 turn")
    values: str = N_("Yielded")
    summary: str = N_("{count} tasks in {duration}")
    summary_generators: str = N_("{count} generators in {duration}")
    summary_generator_one: str = N_("1 generator in {duration}")
    unseen_turns: str = N_("What generators did after {moment} was too much to keep")
    summary_one: str = N_("1 task in {duration}")
    blocked_loop: str = N_("The event loop was blocked for {duration}")
    blocked_by: str = N_("The event loop was blocked for {duration} by {name}")
    blocked_often: str = N_("The event loop was blocked {count} times, for {duration} in all")
    blocked_often_by: str = N_("The event loop was blocked {count} times, for {duration} in all, by {name}")
    more_blocked: str = N_("It was blocked {count} more times")
    more_blocked_one: str = N_("It was blocked once more")
    late: str = N_("{name} was ready to run, but had to wait {duration} for its turn")
    late_behind: str = N_(
        "{name} was ready to run, but had to wait {duration} for its turn, behind {count} steps of other tasks"
    )
    more_late: str = N_("{count} more times a task had to wait for its turn")
    more_late_one: str = N_("Once more a task had to wait for its turn")
    no_core: str = N_("{finding}. The computer may be the reason: for {duration} of this run it had no free processor")
    unseen_tasks: str = N_("{count} tasks were too many to show")
    unseen_task_one: str = N_("1 task was too many to show")
    incomplete: str = N_("Tasks may be missing: {reason}")
    unseen: str = N_("{count} steps were too many to keep")
    unseen_one: str = N_("1 step was too many to keep")

    def unit(self, timeline: Timeline) -> str:
        """The unit of an axis."""
        return self.seconds if timeline.seconds else self.milliseconds

    def on_axis(self, timeline: Timeline) -> Labels:
        """The words for what is drawn: where an axis is no time, durations and moments are steps."""
        if not timeline.by_order:
            return self
        return _OrderLabels(**{one.name: getattr(self, one.name) for one in fields(self)})

    def duration(self, seconds: float) -> str:
        """A duration, with the digits that matter: ``2.00 s``, ``312 ms``, ``0.04 ms``."""
        if seconds >= _LONG:
            return self.seconds.format(number=f"{seconds:.1f}")
        if seconds >= IN_SECONDS:
            return self.seconds.format(number=f"{seconds:.2f}")
        digits = 1 if seconds >= _MILLISECOND else 2
        return self.milliseconds.format(number=f"{seconds * 1000:.{digits}f}" if seconds > _INSTANT else "0")

    def total(self, timeline: Timeline) -> str:
        """How long a run took, in the unit of the longest run on its axis: beside ``0.76 s``, ``0.064 s``."""
        shorter = not timeline.by_order and timeline.wall < IN_SECONDS <= timeline.end
        return self.moment(timeline.wall) if shorter else self.duration(timeline.wall)

    def moment(self, seconds: float) -> str:
        """A moment, to the millisecond."""
        return self.seconds.format(number=f"{seconds:.3f}")

    def line_of(self, place: Place, *, after: bool = False) -> str:
        """A line, with the name of its file if it is not the snippet's."""
        if not place.file:
            return (self.after_line if after else self.line).format(line=place.line)
        return (self.after_file_line if after else self.file_line).format(file=place.file, line=place.line)

    def on_line(self, words: str, place: Place | None) -> str:
        """A text, followed by a line if it is known."""
        return words if place is None else f"{words} · {self.line_of(place)}"


class _OrderLabels(Labels):
    """The words where each thing that happened is as long as every other."""

    __slots__ = ()

    def unit(self, timeline: Timeline) -> str:  # noqa: ARG002 - as of all labels
        """The unit of an axis; short, since numbers are beside it."""
        return self.some_steps.format(count="{number}")

    def duration(self, seconds: float) -> str:
        """A number of steps."""
        return self.step_one if round(seconds) == 1 else self.some_steps.format(count=round(seconds))

    def moment(self, seconds: float) -> str:
        """A step by its number."""
        return self.step.format(number=int(seconds) + 1)
