"""The lesson's own vocabulary: snippets, recordings, and what is computed from them.

Standard library only. The same files run in CPython and in Pyodide, so nothing here may import the engine,
Sphinx, or a third-party module.
"""
