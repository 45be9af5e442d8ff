"""Starts the fork server. It is run as a script: what a script finds in ``sys.modules`` is what programs will find.

The module that traces imports is executed by hand, before anything is imported that a fresh interpreter has not.
"""

import sys

fresh = [*sys.modules]

import os  # noqa: E402 - a fresh interpreter has imported it

GRAPH = "sphinx_await.engine.program_process.module_graph"


def main() -> None:
    """Read the configuration, set the import path, and become the fork server."""
    control, config = map(int, sys.argv[1:])
    path, _, data = os.pread(config, os.fstat(config).st_size, 0).partition(b"\0\0")
    sys.path[:] = path.decode("utf-8", "surrogateescape").split("\0")
    module = sys.modules[GRAPH] = type(sys)(GRAPH)
    file = os.path.join(os.path.dirname(os.path.dirname(__file__)), "program_process", "module_graph.py")
    with open(file, "rb") as source:
        exec(compile(source.read(), file, "exec"), module.__dict__)  # noqa: S102 - see above
    graph = module.ModuleGraph(fresh)
    graph.trace()
    from sphinx_await.engine.fork.server import main as serve

    serve(control, data, graph)


if __name__ == "__main__":
    main()
