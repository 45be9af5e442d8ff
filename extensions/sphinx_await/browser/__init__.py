"""Run a snippet in the reader's browser, inside Pyodide, under the recorder of :mod:`..core`.

``nox -s live`` compiles these files into the runtime; no Sphinx build imports them. The JavaScript beside them passes
in what only a page can do: to sleep and to receive messages. So the files also run on CPython, where they are tested.
"""
