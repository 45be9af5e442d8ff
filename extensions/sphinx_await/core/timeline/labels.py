"""The words of a picture: English here, another language where a page is written in one."""

from __future__ import annotations

from dataclasses import dataclass

#: From how many seconds on: one digit is enough; seconds are better than milliseconds; one digit is enough of these.
_LONG, _SECOND, _MILLISECOND, _INSTANT = 9.995, 0.0995, 0.001, 9.5e-7


@dataclass(frozen=True, slots=True)
class Labels:
    """Everything a picture, its table or its summary says; ``{names}`` are filled in by :meth:`str.format`."""

    seconds: str = "{number} s"
    milliseconds: str = "{number} ms"
    line: str = "line {line}"
    after_line: str = "after line {line}"
    loop: str = "event loop"
    group: str = "{first} … {last} ({count})"
    running: str = "running"
    switching: str = "switching often"
    waiting: str = "waiting"
    blocked: str = "loop blocked"
    idle: str = "idle"
    thread: str = "thread at work"
    output: str = "output"
    stderr: str = "error output"
    cancel: str = "cancellation asked for"
    cancel_by: str = "cancellation asked for by {name}"
    timeout: str = "time limit ran out"
    returned: str = "returned"
    raised: str = "raised {error}"
    cancelled: str = "cancelled"
    unfinished: str = "never ended"
    creates: str = "{source} creates {target}"
    wakes: str = "{source} wakes {target}"
    ran: str = "ran {duration}"
    in_steps: str = "{duration} in {count} steps"
    steps_within: str = "{count} steps within {duration}, running {busy}"
    waits: str = "{on} ×{count}"
    more: str = "and {count} more"
    busy: str = "busy {duration}"
    at: str = "at {moment}"
    ended_at: str = "{ending} at {moment}"
    task: str = "Task"
    creator: str = "Created by"
    ran_for: str = "Ran"
    waited_for: str = "Waited"
    ended: str = "Ended"
    summary: str = "{count} tasks in {duration}"
    summary_one: str = "1 task in {duration}"
    blocked_loop: str = "The event loop was blocked for {duration}"
    blocked_by: str = "The event loop was blocked for {duration} by {name}"
    more_blocked: str = "It was blocked {count} more times"
    more_blocked_one: str = "It was blocked once more"
    unseen: str = "{count} steps were too many to keep"
    unseen_one: str = "1 step was too many to keep"

    def duration(self, seconds: float) -> str:
        """A stretch of time, with the digits that matter: ``2.00 s``, ``312 ms``, ``0.04 ms``."""
        if seconds >= _LONG:
            return self.seconds.format(number=f"{seconds:.1f}")
        if seconds >= _SECOND:
            return self.seconds.format(number=f"{seconds:.2f}")
        digits = 1 if seconds >= _MILLISECOND else 2
        return self.milliseconds.format(number=f"{seconds * 1000:.{digits}f}" if seconds > _INSTANT else "0")

    def moment(self, seconds: float) -> str:
        """A moment, to the millisecond."""
        return self.seconds.format(number=f"{seconds:.3f}")

    def on_line(self, words: str, line: int | None) -> str:
        """Words with the line of the snippet they are about, if it is known."""
        return words if line is None else f"{words} · {self.line.format(line=line)}"
