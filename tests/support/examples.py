"""How many examples of hypothesis a test tries."""

import os

#: Whether other examples are tried each time, and as many as a test asks for.
RANDOM = os.environ.get("HYPOTHESIS") == "random"


def examples(most: int = 100) -> int:
    """A quarter of ``most``, the same each time; with ``HYPOTHESIS=random`` all, and others each time."""
    return most if RANDOM else max(25, most // 4)
