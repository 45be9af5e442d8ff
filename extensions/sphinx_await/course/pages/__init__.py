"""Finds the programs of pages without Sphinx: in Markdown, in reStructuredText, and in docstrings."""
