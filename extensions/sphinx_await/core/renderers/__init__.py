"""Writes timelines as SVG, LaTeX and text, and recordings as trace events."""
