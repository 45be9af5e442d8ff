"""Fetches the inventories that references to Python and aiohttp resolve through, and keeps what the course needs.

``refresh.py`` fetches both from the sites of the documentation; ``refresh.py python=FILE aiohttp=FILE`` takes files.
"""

from __future__ import annotations

import builtins
import re
import sys
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
#: The modules of Python of which the course speaks; the built-in names belong to none.
MODULES = frozenset({
    "abc", "asyncio", "builtins", "collections", "concurrent", "contextlib", "contextvars", "dataclasses", "enum",
    "functools", "inspect", "itertools", "selectors", "signal", "socket", "sys", "threading", "time", "types", "typing",
})  # fmt: skip
#: Types that are documented with the built-in ones and have no name there.
_BUILTIN_TYPES = frozenset({
    "agen", "class", "codeobject", "container", "contextmanager", "coroutine", "definition", "frame", "generator",
    "genericalias", "instance", "iterator",
})  # fmt: skip
_OBJECT = re.compile(r"(\S+)\s+py:")
_HEADER_LINES = 4


@dataclass(frozen=True)
class Source:
    """Where an inventory comes from, and which objects of it are kept (None: all)."""

    address: str
    modules: frozenset[str] | None = None


SOURCES = {
    "python": Source("https://docs.python.org/ko/3/objects.inv", MODULES),
    "aiohttp": Source("https://docs.aiohttp.org/en/stable/objects.inv"),
}


def trim(content: bytes, modules: frozenset[str] | None) -> bytes:
    """An inventory with the Python objects of some modules only.

    :raises ValueError: it is no inventory of version 2.
    """
    *header, body = content.split(b"\n", _HEADER_LINES)
    if header[:1] != [b"# Sphinx inventory version 2"]:
        raise ValueError("it is no inventory of version 2")
    lines = zlib.decompress(body).decode("utf-8").splitlines(keepends=True)
    kept = "".join(line for line in lines if _is_kept(line, modules))
    return b"\n".join([*header, zlib.compress(kept.encode("utf-8"), 9)])


def _is_kept(line: str, modules: frozenset[str] | None) -> bool:
    name = _OBJECT.match(line)
    if name is None or modules is None:
        return name is not None
    top, dot, _ = name[1].partition(".")
    # Without a dot it is built in, or a module; `str.format` belongs to a built-in type.
    return top in modules or hasattr(builtins, top) or top in _BUILTIN_TYPES or not dot


def fetch(address: str) -> bytes:
    """What is at an address.

    :raises OSError: it cannot be reached.
    """
    with urllib.request.urlopen(address, timeout=30) as response:  # noqa: S310 - the addresses stand above
        return bytes(response.read())


def main(arguments: list[str]) -> None:
    """Write each inventory; one that cannot be had leaves the kept one as it is and ends this with an error."""
    files = dict(argument.split("=", 1) for argument in arguments)
    failed = []
    for name, source in SOURCES.items():
        path = HERE / f"{name}.inv"
        place = files.get(name, source.address)
        try:
            content = trim(Path(place).read_bytes() if name in files else fetch(place), source.modules)
        except (OSError, ValueError, zlib.error) as error:
            failed.append(f"{name}: {place}: {error}")
            continue
        path.write_bytes(content)
        print(f"{path.name}: {len(content)} bytes, from {place}")
    if failed:
        sys.exit("\n".join(["not refreshed; the kept inventories are as they were:", *failed]))


if __name__ == "__main__":
    main(sys.argv[1:])
