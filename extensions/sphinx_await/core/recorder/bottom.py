"""Execute steps at the bottom of the stack, so that no stack that a program prints has a frame of ours."""

from __future__ import annotations

import gc
from itertools import chain, repeat, starmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Step = Callable[[], object]


def executing(steps: Iterator[Step]) -> Iterator[None]:
    """An iterator that executes a step for each item. No Python function is called around a step.

    Garbage is collected only within steps. Otherwise what the program has left, such as a coroutine that nobody
    awaited, would now and then be destroyed while code of ours prepares the next step, and the warning would name a
    line of ours.
    """
    states: list[bool] = []  # whether the collector was on at the end of the last step
    note = map(states.append, starmap(gc.isenabled, repeat(())))
    enable, note_state, disable = (_with_destructor(step) for step in (gc.enable, note.__next__, gc.disable))

    def as_destructors(step: Step) -> list[object]:
        """A list with the only references to objects whose destructors are the step and what is around it.

        A list is cleared from its end.
        """
        is_on = states.pop() if states else gc.isenabled()
        gc.disable()
        return [disable(), note_state(), _with_destructor(step)(), *([enable()] if is_on else [])]

    def finish() -> Iterator[None]:
        if states.pop() if states else False:
            gc.enable()
        return
        yield

    return chain(map(list.clear, map(as_destructors, steps)), finish())


def _with_destructor(step: Step) -> type[object]:
    return type("", (), {"__del__": staticmethod(step)})
