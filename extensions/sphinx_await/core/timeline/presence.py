"""Whether a recording has a picture. A course without pictures imports nothing that draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..text.messages import Message

if TYPE_CHECKING:
    from ..model.recording import Recording

#: What Python calls a generator expression.
GENEXPR = "<genexpr>"
#: Characters of an author's or program's text in a message.
_LONGEST_TEXT = 120


def has_activity(recording: Recording) -> bool:
    """Whether a recording has steps of tasks or a loop (schema 1 has only names of tasks)."""
    return bool(recording.callbacks) or any(task.steps or task.created is not None for task in recording.tasks)


def has_picture(recording: Recording, *, asked: bool = False) -> bool:
    """Whether a recording has something to draw: what tasks did, or whose turn it was.

    :param asked: whether its author asked for a timeline.
    """
    return has_activity(recording) or has_turns(recording, asked=asked)


def why_no_timeline(recording: Recording, *, asked: bool = True) -> Message | None:
    """Why a recording has no timeline that says anything; None if it has one, or if nobody misses it.

    :param asked: whether its author asked for a timeline; else one is missed only where the recorder failed.
    """
    if has_picture(recording, asked=asked):
        return None
    if recording.incomplete is not None:
        return Message("There is no timeline: %s", (recording.incomplete[:_LONGEST_TEXT],))
    if asked and not recording.threads and not recording.loops:
        return Message("There is no timeline: no asyncio task ran")
    return None


def has_turns(recording: Recording, *, asked: bool = True) -> bool:
    """Whether a recording has a picture of whose turn it was.

    :param asked: whether its author asked for one; else generator expressions alone have none: many programs use one.
    """
    if recording.tasks or recording.loops or recording.callbacks or not recording.turns:
        return False
    return asked or any(one.name.rpartition(".")[2] != GENEXPR for one in recording.generators)
