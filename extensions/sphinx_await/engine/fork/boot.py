"""Starts the fork server. It is run as a script: what a script finds in ``sys.modules`` is what programs will find.

The module that traces imports is executed by hand, before anything is imported that a fresh interpreter has not.
"""

import sys

fresh = [*sys.modules]

import os  # noqa: E402 - a fresh interpreter has imported it
from _frozen_importlib import module_from_spec  # noqa: E402
from _frozen_importlib_external import spec_from_file_location  # noqa: E402

PACKAGE = "sphinx_await"
GRAPH = "sphinx_await.engine.program_process.module_graph"


def main() -> None:
    """Read the configuration, set the import path, and become the fork server."""
    control, config = map(int, sys.argv[1:3])
    path, _, data = os.pread(config, os.fstat(config).st_size, 0).partition(b"\0\0")
    sys.path[:] = path.decode("utf-8", "surrogateescape").split("\0")
    module = sys.modules[GRAPH] = type(sys)(GRAPH)
    file = os.path.join(os.path.dirname(os.path.dirname(__file__)), "program_process", "module_graph.py")
    with open(file, "rb") as source:
        exec(compile(source.read(), file, "exec"), module.__dict__)  # noqa: S102 - see above
    graph = module.ModuleGraph(fresh)
    graph.trace()
    if sys.argv[3:]:
        find_package()
    from sphinx_await.engine.fork.server import main as serve

    serve(control, data, graph)


def find_package() -> None:
    """Import the package of this file, which this Python need not have, but nothing that lies beside it."""
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    spec = spec_from_file_location(PACKAGE, os.path.join(folder, "__init__.py"), submodule_search_locations=[folder])
    assert spec is not None
    assert spec.loader is not None
    sys.modules[PACKAGE] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACKAGE])


if __name__ == "__main__":
    main()
