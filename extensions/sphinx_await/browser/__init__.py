"""Runs a snippet in the reader's browser, inside Pyodide, under the recorder of :mod:`..core`.

These files are precompiled into the runtime by ``nox -s live``; no Sphinx build imports them. The JavaScript beside
them hands in what only a page can do: to wait, and to be told. So they run on CPython too, where they are tested.
"""
