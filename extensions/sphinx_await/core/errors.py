"""The hierarchy of errors.

AwaitError
├── RecordingError     a text is not a recording
├── OptionError        an option of a snippet or a configuration value is invalid
├── CheckError         a check of an exercise is invalid
└── EngineError        no program can run at all (a program that fails is no error: it is recorded)
"""

from __future__ import annotations


class AwaitError(Exception):
    """Base of every error that sphinx-await raises on purpose."""


class RecordingError(AwaitError):
    """A text is not a recording, or has a schema that this version cannot read."""


class OptionError(AwaitError):
    """An option of a snippet or a configuration value is invalid; the message gives its name and the reason."""


class EngineError(AwaitError):
    """The engine cannot run programs on this system; the message names what is missing."""


class CheckError(AwaitError):
    """A check of an exercise is invalid, or raises an error; the message gives the check and the reason."""
