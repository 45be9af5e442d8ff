"""The words of a run to step through, in English, which a page translates; and its form in a page."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ..text.messages import N_
from ..timeline.describe import generator_name
from .model import Happening, LineRole, Phase, Position

if TYPE_CHECKING:
    from ..timeline.labels import Labels
    from .model import Held, Moment, SteppedTask, Steps

#: The letters of a task's phases in a page.
LETTERS = {
    Phase.NEW: "n",
    Phase.RUNNING: "r",
    Phase.WAITING: "w",
    Phase.READY: "q",
    Phase.RETURNED: "e",
    Phase.RAISED: "x",
    Phase.CANCELLED: "c",
    Phase.ENDED: "e",
    Phase.DESTROYED: "d",
    Phase.SUSPENDED: "s",
    Phase.CLOSED: "l",
}
_ARROW = " → "
_DIGITS = 6
#: Percent of the picture: moments that are nearer to each other can hardly be told apart in it.
_NEAR = 0.5


@dataclass(frozen=True, slots=True)
class StepLabels:
    """All texts of a run to step through; ``{names}`` are filled in by :meth:`str.format`, or by the page's script."""

    begun: str = N_("The program starts")
    loop_started: str = N_("The event loop starts")
    loop_started_in: str = N_("The event loop of {thread} starts")
    loop_stopped: str = N_("The event loop stops")
    loop_stopped_in: str = N_("The event loop of {thread} stops")
    created: str = N_("{name} is created. It has not run yet")
    created_by: str = N_("{source} creates {name}. It has not run yet")
    started: str = N_("{name} runs for the first time")
    resumed: str = N_("{name} goes on")
    resumed_after: str = N_("{name} goes on: {what} is over")
    resumed_by: str = N_("{name} goes on: {source} woke it")
    resumed_turn: str = N_("{name} goes on: it is its turn")
    resumed_cancelled: str = N_("{name} goes on: its cancellation was requested")
    resumed_timeout: str = N_("{name} goes on: its time limit ran out")
    printed: str = N_("{name} prints: {text}")
    printed_by_program: str = N_("Printed: {text}")
    held: str = N_("{name} has held the event loop for {duration}")
    waits: str = N_("{name} waits: {what}")
    paused: str = N_("{name} lets others run")
    ready: str = N_("{name} could go on, but something else holds the event loop")
    cancel: str = N_("The cancellation of {name} is requested")
    cancel_by: str = N_("{source} requests the cancellation of {name}")
    timeout: str = N_("A time limit in {name} runs out")
    destroyed: str = N_("{name} is destroyed before it ended")
    callback: str = N_("The event loop calls {what}()")
    call_started: str = N_("{thread} begins a call: {what}")
    call_ended: str = N_("{thread} ends a call: {what}")
    runs_line: str = N_("{name} runs this line")
    leaves: str = N_("{name} leaves the block: {what}")
    taken: str = N_("{names} taken")
    released: str = N_("{names} released")
    waits_to_leave: str = N_("{name} waits at the end of the block: {what}")
    loop_ends: str = N_("{name} ends the loop: {what}")
    loop_ended: str = N_("{name} has ended the loop: {what}")
    catches: str = N_("{name} catches the exception: {what}")
    misses: str = N_("{name} does not catch the exception: {what}")
    finally_begins: str = N_("{name} begins the block: finally")
    without_lines: str = N_("{words} (too many lines ran to step through each of them)")
    returned: str = N_("{name} ends")
    raised: str = N_("{name} ends with an exception: {what}")
    cancelled: str = N_("{name} ends: it was cancelled")
    turn_first: str = N_("{name} runs for the first time: {what}")
    turn: str = N_("{name} goes on: {what}")
    turn_unknown: str = N_("{name} has the turn")
    turn_thrown: str = N_("{thrown} is thrown into {name}")
    turn_closed: str = N_("{name} is to be closed: GeneratorExit is raised where it yielded")
    yielded: str = N_("{name} yields {what}")
    yielded_nothing: str = N_("{name} yields")
    returned_value: str = N_("{name} returns {what}")
    closed: str = N_("{name} ends: it was closed")
    finished: str = N_("The program ends")
    finished_by: str = N_("The program ends with an exception: {what}")
    finished_limit: str = N_("The program is stopped")
    left_out: str = N_("{count} steps before this one are left out")
    inside: str = N_("inside {blocks}")
    cancel_requested: str = N_("cancellation requested")
    because: str = N_("{words} ({cause})")
    locked: str = N_("the lock is taken")
    held_by: str = N_("{what} is held by {names}")
    deadlock: str = N_("a deadlock: {names}")
    no_slot: str = N_("the semaphore lets no more in")
    empty: str = N_("the queue is empty")
    full: str = N_("the queue is full")
    unfinished: str = N_("not all items of the queue are done")
    unset: str = N_("the event is not set")
    unnotified: str = N_("nobody has notified it yet")
    incomplete: str = N_("not all are there yet")
    phase_new: str = N_("not run yet")
    phase_running: str = N_("running")
    phase_waiting: str = N_("waiting")
    phase_ready: str = N_("ready, waits for its turn")
    phase_over: str = N_("ended")
    phase_raised: str = N_("ended with an exception")
    phase_cancelled: str = N_("cancelled")
    phase_destroyed: str = N_("destroyed")
    phase_suspended: str = N_("stopped where it yielded")
    phase_closed: str = N_("closed")
    back: str = N_("Step back")
    forward: str = N_("Step forward")
    play: str = N_("Play")
    pause: str = N_("Pause")
    speed: str = N_("Speed")
    by_step: str = N_("a step a second")
    by_step_fast: str = N_("three steps a second")
    by_time: str = N_("as it ran")
    by_time_slow: str = N_("10 times slower")
    slider: str = N_("Step")
    scale: str = N_("Scale of steps")
    count: str = N_("step {number} of {count}")
    player: str = N_("Step through {name}")
    tasks: str = N_("Tasks at this step")
    more: str = N_("and {count} more")
    keys: str = N_("Keys: ← → one step, Home and End, space plays")


def moment_words(steps: Steps, index: int, labels: Labels, words: StepLabels, *, timed_out: bool = False) -> str:
    """What happened at a moment, in one sentence.

    :param timed_out: whether the program was stopped.
    """
    moment = steps.moments[index]
    template = _template(moment, words, timed_out=timed_out)
    thread = moment.thread or labels.main_thread
    values = {
        "name": _name(steps, moment.task, labels) if moment.task is not None else moment.what,
        "source": _name(steps, moment.other, labels) if moment.other is not None else "",
        "thrown": moment.thrown,
        "what": moment.what,
        "text": moment.what,
        "thread": thread,
        "duration": labels.duration(moment.seconds),
    }
    text = template.format(**values)
    if moment.kind is Happening.PRINTED:  # a line of output may end with spaces, or be empty
        text = text.strip()
    text = labels.on_line(text, moment.place if moment.kind not in _NO_LINE else None)
    if moment.kind is Happening.BEGUN and steps.without_lines:
        text = words.without_lines.format(words=text)
    if moment.taken:
        text = words.because.format(words=text, cause=words.taken.format(names=moment.taken))
    if moment.released:
        text = words.because.format(words=text, cause=words.released.format(names=moment.released))
    if moment.kind is Happening.WAITS and (cause := _cause_words(_own(moment), steps, labels, words)):
        if circle := _circle(steps, index):
            names = _ARROW.join(_shown_name(steps.tasks[task], labels) for task in circle)
            cause = f"{cause}; {words.deadlock.format(names=names)}"
        text = words.because.format(words=text, cause=cause)
    if moment.left_out:
        text = f"{text} ({words.left_out.format(count=moment.left_out)})"
    return text


def _circle(steps: Steps, index: int) -> list[int]:
    """The tasks that wait for each other since a moment, from its own one on and with that again; else empty."""
    positions = steps.positions(index)
    task = steps.moments[index].task
    found = [task] if task is not None else []
    while found and len(positions[found[-1]].holders) == 1:
        (holder,) = positions[found[-1]].holders
        if holder in found:
            return [*found, holder] if holder == task else []
        found.append(holder)
    return []


#: What has the line of an earlier moment, or a text at its end, which a line would seem to be part of.
_NO_LINE = frozenset({Happening.STARTED, Happening.RESUMED, Happening.INTERRUPTED, Happening.PRINTED})


def _own(moment: Moment) -> Position:
    """Where the task of a moment is after it."""
    return next((where for task, where in reversed(moment.changes) if task == moment.task), Position(Phase.RUNNING))


def _name(steps: Steps, task: int, labels: Labels) -> str:
    known = steps.tasks[task]
    return f"{_shown_name(known, labels)} {known.coro}".rstrip()


def _shown_name(task: SteppedTask, labels: Labels) -> str:
    """A name in the words of the page."""
    return generator_name(task.name, labels) if task.name else labels.program


def _template(moment: Moment, words: StepLabels, *, timed_out: bool) -> str:
    kind = moment.kind
    if kind is Happening.ENDED:
        phase = moment.changes[-1][1].phase if moment.changes else Phase.ENDED
        known = {Phase.RAISED: words.raised, Phase.CANCELLED: words.cancelled, Phase.CLOSED: words.closed}
        return known.get(phase, words.returned_value if moment.what else words.returned)
    if kind is Happening.FINISHED:
        return words.finished_limit if timed_out else words.finished_by if moment.what else words.finished
    if kind is Happening.RESUMED:
        return _resumed_template(moment, words)
    if kind is Happening.PRINTED:
        return words.printed_by_program if moment.task is None else words.printed
    if kind is Happening.INTERRUPTED:
        return words.resumed_timeout if moment.what == Happening.TIMEOUT else words.resumed_cancelled
    plain = {
        Happening.BEGUN: words.begun,
        Happening.LOOP_STARTED: words.loop_started_in if moment.thread else words.loop_started,
        Happening.LOOP_STOPPED: words.loop_stopped_in if moment.thread else words.loop_stopped,
        Happening.CREATED: words.created if moment.other is None else words.created_by,
        Happening.STARTED: words.started,
        Happening.HELD: words.held,
        Happening.WAITS: words.waits if moment.role is None else words.waits_to_leave,
        Happening.PAUSED: words.paused,
        Happening.READY: words.ready,
        Happening.CANCEL: words.cancel if moment.other is None else words.cancel_by,
        Happening.TIMEOUT: words.timeout,
        Happening.DESTROYED: words.destroyed,
        Happening.CALLBACK: words.callback,
        Happening.CALL_STARTED: words.call_started,
        Happening.CALL_ENDED: words.call_ended,
        Happening.TURN: _turn_template(moment, words),
        Happening.LINE: _line_template(moment, words),
        Happening.YIELDED: words.yielded if moment.what else words.yielded_nothing,
    }
    return plain[kind]


def _resumed_template(moment: Moment, words: StepLabels) -> str:
    if moment.other is not None:
        return words.resumed_by
    after = words.resumed_turn if moment.what == Happening.READY else words.resumed_after
    return after if moment.what else words.resumed


def _line_template(moment: Moment, words: StepLabels) -> str:
    if moment.role is None:
        return words.runs_line
    return {
        LineRole.LEAVES: words.leaves,
        LineRole.LOOP_ENDS: words.loop_ends,
        LineRole.LOOP_ENDED: words.loop_ended,
        LineRole.CATCHES: words.catches,
        LineRole.MISSES: words.misses,
        LineRole.FINALLY: words.finally_begins,
    }[moment.role]


def _turn_template(moment: Moment, words: StepLabels) -> str:
    if moment.thrown:
        return words.turn_closed if moment.thrown == "GeneratorExit" else words.turn_thrown
    if not moment.what:
        return words.turn_unknown
    return words.turn_first if moment.is_first else words.turn


def steps_data(steps: Steps, labels: Labels, words: StepLabels, *, timed_out: bool = False) -> dict[str, Any]:
    """The steps as plain data for a page's script.

    ``crowded`` says whether most of them are so near to each other in the picture that one sees no order. ``tasks`` are
    name, coroutine, lane. ``moments`` are the time, the sentence, the task or null, changes (task, letter of the phase,
    line, whether it is somewhere after that line, chain, the file of the line if it is not the program, and why it
    waits, if that is known), rows of output, and where it is in the picture, in percent. ``words`` are the player's.
    """
    moments = [moment.slot + 0.5 if steps.by_order else moment.at for moment in steps.moments]
    places = [100 * steps.axis.share(at) if steps.axis.length else 0.0 for at in moments]
    # Lines have no mark of their own in the picture.
    drawn = [place for place, moment in zip(places, steps.moments, strict=True) if moment.kind is not Happening.LINE]
    near = sum(after - before < _NEAR for before, after in pairwise(drawn))
    return {
        "crowded": not steps.by_order and near > len(drawn) / 2,
        "tasks": [[_shown_name(task, labels), task.coro, task.lane] for task in steps.tasks],
        "moments": [
            [
                round(moment.at, _DIGITS),
                moment_words(steps, index, labels, words, timed_out=timed_out),
                moment.task if moment.task is not None else moment.other,
                [[task, *_place(position, steps, labels, words)] for task, position in moment.changes],
                list(moment.rows),
                round(places[index], _DIGITS),
            ]
            for index, moment in enumerate(steps.moments)
        ],
        "words": {name: text for name, text in asdict(words).items() if name in _OF_THE_PAGE}
        | {"line": labels.line, "after": labels.after_line}
        | {"file_line": labels.file_line, "after_file_line": labels.after_file_line},
    }


def _place(position: Position, steps: Steps, labels: Labels, words: StepLabels) -> list[Any]:
    line, file = (None, "") if position.place is None else (position.place.line, position.place.file)
    data = [LETTERS[position.phase], line, int(position.is_after), _ARROW.join(position.chain)]
    note = "; ".join(position_words(position, steps, labels, words))
    return [*data, file, note] if note else [*data, file] if file else data


def position_words(position: Position, steps: Steps, labels: Labels, words: StepLabels) -> list[str]:
    """Why a task waits, what it keeps others from meanwhile, and whether it will find itself cancelled."""
    said = [words.cancel_requested] if position.cancel_requested else []
    if position.phase is Phase.WAITING and (cause := _cause_words(position, steps, labels, words)):
        said.append(cause)
    if position.inside:
        blocks = ", ".join(labels.on_line(_entered(one), one.place) for one in position.inside)
        said.append(words.inside.format(blocks=blocks))
    return said


def _entered(held: Held) -> str:
    return f"async with {held.text}" if held.name == held.text else f"async with {held.text} ({held.name})"


def _cause_words(position: Position, steps: Steps, labels: Labels, words: StepLabels) -> str:
    if position.holders:
        names = ", ".join(_name(steps, task, labels) for task in position.holders)
        return words.held_by.format(names=names, what=position.wanted.name if position.wanted else "")
    return str(getattr(words, position.cause.name.lower())) if position.cause else ""


def steps_json(data: dict[str, Any]) -> str:
    """The data as compact JSON."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


#: The words that the page's script needs; sentences are made here.
_OF_THE_PAGE = frozenset(
    {
        *("phase_new", "phase_running", "phase_waiting", "phase_ready", "phase_over", "phase_raised"),
        *(
            "phase_cancelled",
            "phase_destroyed",
            "phase_suspended",
            "phase_closed",
            "back",
            "forward",
            "play",
            "pause",
            "speed",
            "by_step",
        ),
        *("by_step_fast", "by_time", "by_time_slow", "slider", "scale", "count", "player", "tasks", "more", "keys"),
    }
)
