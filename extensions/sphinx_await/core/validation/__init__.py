"""Checks: expected output, verdicts, exercises, and what a browser supports."""
