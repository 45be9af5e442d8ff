"""Variables that Python reads at its start do what they do under ``python``, or are refused with a word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sphinx_await.core.errors import OptionError
from sphinx_await.engine.process_environment import check_variables, plain_environment
from sphinx_await.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Run

#: Shows whatever such a variable may change.
PROGRAM = """
import asyncio, faulthandler, locale, os, sys, tracemalloc, warnings
print(sys.flags, sys.warnoptions, sys._xoptions, __debug__)
print([(one[0], str(one[1]), one[2], str(one[3]), one[4]) for one in warnings.filters])
print(hash('a') if os.environ.get('PYTHONHASHSEED') else 'random')
def f():
    "text"
print(f.__doc__, list(f.__code__.co_positions())[-1])
print(sys.getdefaultencoding(), sys.getfilesystemencoding(), sys.stdout.encoding, sys.stdout.errors)
print(locale.getpreferredencoding(False), open('x', 'w').encoding)
print(tracemalloc.is_tracing(), tracemalloc.get_traceback_limit(), faulthandler.is_enabled())
print(sys.get_int_max_str_digits(), sys.pycache_prefix, sys.breakpointhook is sys.__breakpointhook__)
print(os.path.dirname(os.path.abspath(__file__)) == sys.path[0], '/etc' in sys.path)
print(sorted(set(os.environ) - {'HOME', 'TMPDIR', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'}))
print(sys.orig_argv[0] == sys.executable, sys.orig_argv[-1:] == sys.argv)
async def main(): print(asyncio.get_running_loop().get_debug())
asyncio.run(main())
warnings.warn('shown'); warnings.warn('old', DeprecationWarning); open('x')
print('\\d', 1 is 1)
assert not __debug__, 'asserted'
"""

#: Together, for each set needs a fork server of its own.
SETS = [
    {},
    {
        "PYTHONOPTIMIZE": "2",
        "PYTHONHASHSEED": "1",
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONTRACEMALLOC": "3",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONINTMAXSTRDIGITS": "700",
        "PYTHONNODEBUGRANGES": "1",
        "PYTHONWARNDEFAULTENCODING": "1",
        "PYTHONPYCACHEPREFIX": "/nowhere",
        "PYTHONUTF8": "0",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": "/etc",
    },
    {"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "default,error::BytesWarning", "PYTHONOPTIMIZE": "", "LC_ALL": "C"},
    {"PYTHONWARNINGS": "error::UserWarning", "PYTHONUNBUFFERED": "1", "PYTHONBREAKPOINT": "0", "PYTHONMALLOC": "debug"},
]


@pytest.mark.parametrize("variables", SETS)
def test_a_variable_does_what_it_does_under_python(
    tmp_path: Path, run_with: Callable[[Settings], Run], variables: dict[str, str]
) -> None:
    """Flags, warnings, encodings, hashes, assertions, debug modes and the import path."""
    (tmp_path / "snippet.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-u", "snippet.py"],
        cwd=tmp_path,
        env=plain_environment() | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path)} | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    recording = run_with(Settings(environment=variables))(PROGRAM)
    text = re.sub(r"/[\w/.-]*/run-home/", "", "".join(output.text for output in recording.outputs))
    assert text.splitlines() == done.stdout.replace(f"{tmp_path}{os.sep}", "").splitlines()
    assert recording.exit == done.returncode


@pytest.mark.parametrize("name", ["PYTHONHOME", "PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONIOENCODING", "PYTHONVERBOSE"])
def test_a_variable_that_cannot_work_is_refused(name: str) -> None:
    """With its name."""
    with pytest.raises(OptionError, match=f"await_environment: {name} cannot be set"):
        check_variables({name: "1"})
