"""The settings of an engine, which hold for all its programs."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .runtime_info import Interpreter, this_python

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .hosts import Host

DEFAULT_TIMEOUT = 10.0
DEFAULT_OUTPUT_LIMIT = 1_000_000
DEFAULT_MEMORY_LIMIT = 512 << 20
SANDBOXES = ("auto", "strict", "off")


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """How programs are run.

    :ivar jobs: how many programs may compute at once; sleeping ones do not count.
    :ivar hosts: mock hosts, by name.
    :ivar network: programs reach the real network, and there are no mock hosts.
    :ivar environment: variables of programs, beside the few that every process needs.
    :ivar files: files that are copied into the folder of every program: path there, and path on disk.
    :ivar working_dir: the folder programs run in; None gives each a temporary one.
    :ivar root: the folder of the project, by which paths are the same in every checkout.
    :ivar neighbours: folders whose content programs find in their folder, too, to be read.
    :ivar path: folders that come first on the import path of programs.
    :ivar python_path: what comes after these; None: the ``sys.path`` of this process, but for the folder in which it
        was started.
    :ivar output_limit: bytes of output that are kept of one program.
    :ivar memory_limit: bytes of private memory that each process of a program may have; 0 for no limit.
    :ivar sandbox: ``auto`` isolates programs as far as the system can, ``strict`` refuses to run them if something is
        missing, ``off`` gives each program a process of its own and nothing more.
    :ivar preload: modules that the fork server imports in addition.
    :ivar fork: programs are forked from a fork server; otherwise each gets a fresh interpreter.
    :ivar interpreter: another Python than this one, on which programs run; None: they run on this one.
    """

    jobs: int = field(default_factory=lambda: len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2)
    hosts: Mapping[str, Host] = field(default_factory=dict)
    network: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    working_dir: str | None = None
    root: str | None = None
    neighbours: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    python_path: tuple[str, ...] | None = None
    output_limit: int = DEFAULT_OUTPUT_LIMIT
    memory_limit: int = DEFAULT_MEMORY_LIMIT
    sandbox: str = "auto"
    preload: tuple[str, ...] = ()
    fork: bool = sys.platform == "linux"
    interpreter: Interpreter | None = None

    @property
    def python(self) -> Interpreter:
        """The Python on which programs run."""
        return self.interpreter or this_python()

    def to_dict(self) -> dict[str, Any]:
        """The settings as data for JSON, for a process of the Python on which programs run."""
        return asdict(replace(self, interpreter=None))

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Settings:
        """Read what :meth:`to_dict` returned."""
        from .hosts import Host  # few courses have hosts

        hosts = {name: Host(**host) for name, host in data["hosts"].items()}
        lists = {name: tuple(data[name]) for name in ("path", "preload", "neighbours")}
        python_path = None if data["python_path"] is None else tuple(data["python_path"])
        return cls(**{**data, "hosts": hosts, **lists, "python_path": python_path})
