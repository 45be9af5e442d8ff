"""References to Python and aiohttp resolve through inventories that are kept in the repository."""

from __future__ import annotations

import re
import runpy
import shutil
from typing import TYPE_CHECKING

from sphinx.util.inventory import InventoryFile

from ..conftest import PROJECT, run_python

if TYPE_CHECKING:
    from pathlib import Path

    from ..sphinxext.conftest import Project

KEPT = PROJECT / "source" / "_inventories"
REFERENCES = {
    "py:func": ["asyncio.gather", "asyncio.run", "next", "time.sleep"],
    "py:class": ["asyncio.TaskGroup", "aiohttp.ClientSession", "type", "collections.abc.Generator"],
    "py:meth": ["asyncio.loop.run_in_executor", "generator.send", "object.__init_subclass__"],
    "py:exc": ["StopIteration", "asyncio.CancelledError"],
}


def test_objects_of_python_and_aiohttp_become_links(small: Project) -> None:
    """With the course's own mapping, where there is no network; what a chapter may name is there."""
    mapping = runpy.run_path(str(PROJECT / "conf.py"))["intersphinx_mapping"]
    assert all("://" not in location for _, location in mapping.values())
    small.write("conf.py", f"{small.read('conf.py')}intersphinx_mapping = {mapping!r}\nnitpicky = True\n")
    lines = [f"- {{{role}}}`{name}`" for role, names in REFERENCES.items() for name in names]
    small.write("index.md", "# References\n\n" + "\n".join(lines) + "\n")
    built = small.build("-W")
    assert built.status == 0, built.err
    links = re.findall(r'<a class="reference external" href="([^"]+)"', built.page())
    assert len(links) == len(lines)
    assert "https://docs.python.org/ko/3/library/asyncio-task.html#asyncio.gather" in links
    assert "https://docs.aiohttp.org/en/stable/client_reference.html#aiohttp.ClientSession" in links


def test_refreshing_keeps_the_modules_of_the_course(tmp_path: Path) -> None:
    """What is kept of an inventory can be refreshed from itself, byte for byte."""
    shutil.copy(KEPT / "refresh.py", tmp_path)
    files = [f"{name}={KEPT / name}.inv" for name in ("python", "aiohttp")]
    done = run_python(tmp_path / "refresh.py", *files)
    assert done.returncode == 0, done.stderr
    for name in ("python", "aiohttp"):
        content = (tmp_path / f"{name}.inv").read_bytes()
        assert content == (KEPT / f"{name}.inv").read_bytes()
        assert len(content) < 50_000
        assert all(kind.startswith("py:") for kind in InventoryFile.loads(content, uri="").data)


def test_what_cannot_be_fetched_leaves_what_is_kept(tmp_path: Path) -> None:
    """It ends with an error that names what could not be had."""
    shutil.copy(KEPT / "refresh.py", tmp_path)
    (tmp_path / "python.inv").write_bytes(b"kept")
    (tmp_path / "wrong").write_bytes(b"no inventory")
    done = run_python(tmp_path / "refresh.py", f"python={tmp_path / 'wrong'}", f"aiohttp={tmp_path / 'missing'}")
    assert done.returncode == 1
    assert f"python: {tmp_path / 'wrong'}: it is no inventory of version 2" in done.stderr
    assert f"aiohttp: {tmp_path / 'missing'}: " in done.stderr
    assert (tmp_path / "python.inv").read_bytes() == b"kept"
