"""The words of pictures in the language of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.locale import get_translation

if TYPE_CHECKING:
    from ...core.timeline.labels import Labels

_ = get_translation("sphinx_await")


def labels() -> Labels:
    """The words of pictures in the language of the pages."""
    from ...core.timeline.labels import Labels  # only for pages that are written

    return Labels(**label_words())


def label_words() -> dict[str, str]:
    """The same as plain data."""
    words = {
        "seconds": _("{number} s"),
        "milliseconds": _("{number} ms"),
        "line": _("line {line}"),
        "after_line": _("after line {line}"),
        "loop": _("event loop"),
        "group": _("{first} … {last} ({count})"),
        "running": _("running"),
        "switching": _("switching often"),
        "waiting": _("waiting"),
        "blocked": _("loop blocked"),
        "idle": _("idle"),
        "thread": _("thread at work"),
        "output": _("output"),
        "stderr": _("error output"),
        "cancel": _("cancellation asked for"),
        "cancel_by": _("cancellation asked for by {name}"),
        "timeout": _("time limit ran out"),
        "returned": _("returned"),
        "raised": _("raised {error}"),
        "cancelled": _("cancelled"),
        "unfinished": _("never ended"),
        "creates": _("{source} creates {target}"),
        "wakes": _("{source} wakes {target}"),
        "ran": _("ran {duration}"),
        "in_steps": _("{duration} in {count} steps"),
        "steps_within": _("{count} steps within {duration}, running {busy}"),
        "waits": _("{on} ×{count}"),
        "more": _("and {count} more"),
        "busy": _("busy {duration}"),
        "at": _("at {moment}"),
        "ended_at": _("{ending} at {moment}"),
        "task": _("Task"),
        "creator": _("Created by"),
        "ran_for": _("Ran"),
        "waited_for": _("Waited"),
        "ended": _("Ended"),
        "summary": _("{count} tasks in {duration}"),
        "summary_one": _("1 task in {duration}"),
        "blocked_loop": _("The event loop was blocked for {duration}"),
        "blocked_by": _("The event loop was blocked for {duration} by {name}"),
        "more_blocked": _("It was blocked {count} more times"),
        "more_blocked_one": _("It was blocked once more"),
        "unseen": _("{count} steps were too many to keep"),
        "unseen_one": _("1 step was too many to keep"),
    }
    return {name: str(text) for name, text in words.items()}
