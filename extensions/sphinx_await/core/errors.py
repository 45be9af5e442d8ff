"""What can go wrong, as one hierarchy.

AwaitError
├── RecordingError     a text that should be a recording is not one
├── OptionError        an option of a snippet, or a configuration value, that means nothing
├── CheckError         a check of an exercise that means nothing
└── EngineError        programs cannot be run at all (not: a program that fails, which is a recording)
"""

from __future__ import annotations


class AwaitError(Exception):
    """Base of every error that sphinx-await raises on purpose."""


class RecordingError(AwaitError):
    """A text is not a recording of a schema that this version reads."""


class OptionError(AwaitError):
    """A snippet's option or a configuration value cannot be understood; the message says which and why."""


class EngineError(AwaitError):
    """The engine cannot run programs here; the message says what is missing."""


class CheckError(AwaitError):
    """A check of an exercise cannot be read, or fails itself; the message says which and why."""
