"""``sphinx-await serve``."""

from __future__ import annotations

import os
import socket
import sys
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import OptionError
from ..core.text.terminal import for_terminal
from ..course.project import CONF
from .warm_builds import WarmBuilds

if TYPE_CHECKING:
    import argparse

_MISSING = "serve needs sphinx-autobuild: pip install 'sphinx-await[serve]'"
#: Folders that no author edits, beside the output and the recordings.
_IGNORED = (".git", ".hg", ".venv", "venv", ".nox", ".tox", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache")
#: What vim writes to see whether it may.
_PROBE = "4913"


def run_serve_command(arguments: argparse.Namespace) -> int:
    """Build, serve, and build again at each change; a wrong program is a message, and the page shows it.

    :raises OptionError: sphinx-autobuild is missing, or there is no conf.py.
    """
    if find_spec("sphinx_autobuild") is None:
        raise OptionError(_MISSING)
    from ..sphinxext.conf_file import read_configuration

    source = Path(os.path.abspath(arguments.source))
    conf = Path(os.path.abspath(arguments.conf or source))
    if not (conf / CONF).is_file():
        raise OptionError(f"{conf} has no conf.py; --conf DIR names the folder of one")
    out = Path(os.path.abspath(arguments.out or source / "_build" / "serve"))
    before = list(sys.path)
    config, values = read_configuration(conf)
    extensions = [name for name in values.get("extensions", ()) if isinstance(name, str)]
    options = ["-b", "html", "-c", str(conf), "-d", str(out.with_name(f"{out.name}-doctrees"))]
    builds = WarmBuilds([*options, "-D", "await_on_error=warn", str(source), str(out)], source, extensions)
    sys.path[:] = before  # each build executes conf.py itself
    status = builds.build(lambda _: None)
    if not (out / "index.html").is_file() and status:
        return status
    address = "127.0.0.1", arguments.port or _free_port()
    url = f"http://{address[0]}:{address[1]}"
    print(f"sphinx-await: {url} follows {for_terminal(str(source))}; Ctrl+C ends it", flush=True)
    if arguments.open:
        webbrowser.open(url)
    from .server import serve

    watched = list(dict.fromkeys([source, conf, *(Path(os.path.abspath(one)) for one in arguments.watch)]))
    folders = [out, out.with_name(f"{out.name}-doctrees"), config.cache_folder(conf)]
    ignored = [
        *map(str, folders),
        *(f"*/{name}" for name in _IGNORED),
        *(f"*/{name}/*" for name in _IGNORED),
        f"*/{_PROBE}",
    ]
    try:
        serve(builds, out, watched, ignored, address, failed=bool(status))
    finally:
        builds.close()
    return 0


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
