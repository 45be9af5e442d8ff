"""Limits of what an author can ask for."""

from __future__ import annotations

LONGEST_TIMEOUT = 1_000_000  # seconds: eleven days
