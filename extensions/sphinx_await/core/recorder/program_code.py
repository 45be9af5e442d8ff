"""What tracers that listen to :mod:`sys.monitoring` have in common: the code of the program, and when they give way."""

from __future__ import annotations

import sys
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Tools that nobody has taken, by their numbers: those that Python names are for debuggers, profilers and the like.
TOOLS = (4, 3)
#: Names by which a program may come to see a tool, its callbacks, or the audit event that they raise.
_GIVE_WAY = frozenset({"monitoring", "settrace", "setprofile", "addaudithook"})


def with_inner(code: CodeType) -> Iterator[CodeType]:
    """A code, and all that is in it."""
    ahead = [code]
    while ahead:
        one = ahead.pop()
        yield one
        ahead += (constant for constant in one.co_consts if type(constant) is CodeType)


def is_on_the_watch(found: Iterable[CodeType]) -> bool:
    """Whether a program may notice that its code is listened to."""
    return any(not _GIVE_WAY.isdisjoint(one.co_names) for one in found)


def leave_tool(tool: int, codes: Iterable[CodeType], events: Iterable[int]) -> None:
    """Listen to nothing any more, and leave the tool to others."""
    monitoring: Any = sys.monitoring  # type: ignore[attr-defined, unused-ignore]
    monitoring.set_events(tool, 0)
    for code in codes:
        monitoring.set_local_events(tool, code, 0)
    for event in events:
        monitoring.register_callback(tool, event, None)
    monitoring.free_tool_id(tool)
