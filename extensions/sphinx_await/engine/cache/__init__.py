"""Recordings on disk, and what makes them invalid."""
