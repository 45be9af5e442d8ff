"""Snippets, recordings, the recorder, and everything that is computed from a recording.

Standard library only. The same files run in CPython and in Pyodide, so nothing here may import the engine,
Sphinx, or a third-party module.
"""
