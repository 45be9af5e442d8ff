"""Which audit events are noticed in the process of a program, and what is done then.

A program may add a hook of its own, which sees all events. So from then on nothing of ours may raise one that plain
Python would not raise: to look at a frame or at a folder is such an event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.recorder.execution import Execution
    from ...core.recorder.recorder import Recorder
    from .access_log import AccessLog
    from .imports import ImportObserver


def notice_audit_events(log: AccessLog, recorder: Recorder, execution: Execution, observer: ImportObserver) -> None:
    """Notice audit events from now on; there is no way back. One hook is for all: each costs each event."""

    def hook_added(event: tuple[Any, ...]) -> None:
        recorder.step_aside(event)
        for one in (log, execution, observer):
            one.hook_added()

    handlers: dict[str, Callable[[tuple[Any, ...]], None]] = {
        "sys.unraisablehook": execution.caught,
        "sys.addaudithook": hook_added,
        **recorder.wants_to_know(),
    }
    log.start(handlers)
