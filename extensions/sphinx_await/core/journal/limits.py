"""How much of a run is kept.

A recording is a page's picture, not a log. What a program does first is kept in full: :data:`DETAIL` steps. Of the
steps after that those that end in a bare yield (a loop around ``asyncio.sleep(0)``) are only counted, and after
:data:`MOST_STEPS` all are: there remains when and how each task ended. Of tasks the first :data:`MOST_TASKS` are
kept, and whatever a task without a place did is counted with the steps.
"""

from __future__ import annotations

DETAIL = 16_000
MOST_STEPS = 20_000
MOST_TASKS = 2_000
#: Callbacks, events and work of threads together.
MOST_NOTES = 5_000
#: Places in a program: a line and what is awaited there.
MOST_SITES = 25_000
#: Nanoseconds from which on a callback of a library's own is told; those of the program always are.
LONG_CALLBACK = 5_000_000
