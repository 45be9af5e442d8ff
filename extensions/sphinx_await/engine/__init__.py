"""Starts isolated processes, many at once, and brings recordings back. Knows nothing of Sphinx."""
