"""What is done once when the runtime is packed, so that no reader's browser needs to."""

from __future__ import annotations

import zipfile
import zipimport
from typing import TYPE_CHECKING

from ..conftest import PROJECT, run_python
from ..support.runtime_scripts import LIVE, load

if TYPE_CHECKING:
    from pathlib import Path

_PATTERNS = """
import re, sys
sys.path[:0] = sys.argv[1:]
import sitecustomize_pyodide as ahead, pack
asked = [(r"a(?P<x>b)+[c-\uac00]", re.I), (rb"^(\\s*)#", 0), (r"[\\w.]+", re.M | re.X)]
for one in asked:
    re.compile(*one)
found = pack.patterns()
re.purge()
ahead.fill(found)
re._compiler.compile = None
made = [re.compile(*one) for one in asked]
print(made[0].match("ABBd").groupdict(), made[1].match(b"  #").groups(), made[2].flags == re.M | re.X | re.U)
"""


def test_a_zip_in_memory_gives_what_is_in_it(tmp_path: Path) -> None:
    """Whatever is in the headers of its files."""
    path = tmp_path / "some.zip"
    files = {f"folder/{number}.py": bytes(range(number)) * number for number in range(20)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, (name, data) in enumerate(files.items()):
            info = zipfile.ZipInfo(name)
            info.extra = b"\xfe\xca\x00\x00" * number
            archive.writestr(info, data)
    zipimport.zipimporter(str(path))
    entries = zipimport._zip_directory_cache[str(path)]  # type: ignore[attr-defined]
    get_data = load("sitecustomize_pyodide").get_data
    assert {name: get_data(str(path), entries[name]) for name in files} == files


def test_regular_expressions_are_found_compiled() -> None:
    """By `re` itself, which compiles none of them again."""
    done = run_python("-c", _PATTERNS, LIVE, PROJECT / "extensions")
    assert done.stdout.split("\n")[0] == "{'x': 'B'} (b'  ',) True", done.stderr
