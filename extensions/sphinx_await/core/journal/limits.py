"""How much of a run is recorded.

A recording is a page's picture and not a log. The first :data:`DETAILED_STEPS` steps are recorded in full. Of later
steps, those that end in a bare yield (a loop around ``asyncio.sleep(0)``) are only counted, and after
:data:`MOST_STEPS` all are; when and how each task ended is still recorded. The first :data:`MOST_TASKS` tasks are
recorded; later ones are counted, and what they do is counted with the steps. Of each name, the first
:data:`LONGEST_NAME` characters are recorded.

What a reader looks for is recorded beyond these limits: steps of :data:`LONG_STEP` and more, up to
:data:`MOST_LONG_STEPS`; and up to :data:`MOST_LATE_TASKS` later tasks that have a long step, print, or fail.
"""

from __future__ import annotations

DETAILED_STEPS = 16_000
MOST_STEPS = 20_000
MOST_TASKS = 2_000
#: Nanoseconds from which on a step is long.
LONG_STEP = 10_000_000
MOST_LONG_STEPS = 4_000
MOST_LATE_TASKS = 200
#: Lines at which long steps were seen.
MOST_SAMPLES = 2_000
#: Callbacks, events and work of threads together.
MOST_NOTES = 5_000
#: Turns of generators, and generators that have any. After the first that is too many none is recorded.
MOST_TURNS = 500
MOST_GENERATORS = 200
#: Lines of the program that run, and functions and classes of which they are. All of them together take a recorder 1 to
#: 2 ms, so that they do not show in the times of a run, which are right within the larger of 10 ms and 2 %. On a slow
#: machine and in a browser fewer are too many, see ``recorder/lines.py``. When there are too many, none is kept.
MOST_LINES = 2_000
MOST_LINE_CODE = 1_000
#: What is traced on Python 3.11, where lines of libraries count: each takes half a microsecond.
MOST_TRACED = 20_000
#: Call sites: a line and what is awaited there.
MOST_SITES = 25_000
#: Tasks that waits for several name, all waits together.
MOST_AWAITED = 100 * MOST_NOTES
#: Starts and stops of event loops.
MOST_LOOP_NOTES = 10_000
#: New names of tasks while they run. The last name of each is always recorded.
MOST_RENAMES = 10_000
#: Characters of the name of a task, a coroutine, a thread, a function or a type.
LONGEST_NAME = 200
#: Characters of a sentence about the recorder.
LONGEST_REPORT = 2_000
#: Bytes of an entry of the access log, and of all of them.
LONGEST_ACCESS, MOST_ACCESSES = 1 << 16, 8 << 20
#: Bytes of the record of a failure, whose texts have bounds of their own.
LONGEST_FAILURE = 2 << 20
#: Parts of a program.
MOST_PARTS = 10_000
#: Records but for those of output: more than a recorder ever writes.
MOST_OTHER_RECORDS = 400_000
#: Nanoseconds from which on a callback of a library is recorded. Those of the program always are.
LONG_CALLBACK = 5_000_000
