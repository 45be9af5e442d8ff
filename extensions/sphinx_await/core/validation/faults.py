"""Everything that a build can find wrong. A value is the subtype of a warning: ``await.raised``."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ..text.messages import N_

if TYPE_CHECKING:
    from typing import Self


class Fault(StrEnum):
    """A kind of fault.

    :ivar meaning: one sentence in English, from which the guide's table is made.
    """

    meaning: str

    def __new__(cls, value: str, meaning: str) -> Self:
        """Create a member with its value and its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    RAISED = "raised", N_("An exception ended the program.")
    NOT_RAISED = "not_raised", N_("`raises` was given, but the program ended well or with another exception.")
    EXIT = "exit", N_("The program ended with an exit status other than 0, or was killed by a signal.")
    TIMEOUT = "timeout", N_("The program was still running at its time limit.")
    NOT_HUNG = "not_hung", N_("`hangs` was given, but the program ended by itself.")
    MISMATCH = (
        "mismatch",
        N_("The program printed something else than its comment of expected output says, or than is typed."),
    )
    STDERR = "stderr", N_("The program wrote to standard error, and `stderr=error` was given.")
    OPTION = "option", N_("A directive, a fence or its options cannot be understood.")
    EXERCISE = (
        "exercise",
        N_("A solution fails a check, a start passes all, or a wrong answer gets another sentence than its own."),
    )
    PREDICTION = "prediction", N_("A question of `exec_predict` has no single answer in the recording of its program.")
    MISSING = "missing", N_("A program has no valid recording, and `await_execute` is `cached`.")
    REFERENCE = (
        "reference",
        N_("No program has the name or the value that a page refers to, or programs of several pages have the name."),
    )
    TIMELINE = "timeline", N_("A program has no timeline, though one was asked for, or since the recorder failed.")
    UNSEEN = "unseen", N_("A program has characters that cannot be seen, so that readers see other code than runs.")
    FIGURE = "figure", N_("A program shows a figure in a window, which no page has, and displays nothing.")
    ALT = "alt", N_("A result is an image, and nobody says what there is to see, for readers who cannot see it.")
    DISPLAY = "display", N_("A program displays an image that a page may not show, such as an SVG with a script.")
    NOT_RUN = "not_run", N_("A page has Python code that looks like a program and does not run.")
    RECORDING = "recording", N_("The recording of a program is so odd that its run cannot be judged or shown.")
    CACHE = "cache", N_("A recording could not be stored, so its program runs again in the next build.")
    EXECUTOR = (
        "executor",
        N_("A worker of `await_executor` is not as this machine, so that what it records is not taken."),
    )
    PRELOAD = (
        "preload",
        N_("A module of `await_preload` opens something when it is imported: programs import it themselves."),
    )
