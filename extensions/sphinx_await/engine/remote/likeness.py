"""What a worker must have in common with the builder, and what of it it has not.

It is what decides whether a recording in the cache is valid here: a recording that was made elsewhere must be one that
could have been made here.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from ...core.errors import OptionError
from ...core.model.dependencies import Dependencies
from ..cache.dependencies import Environment
from ..cache.distributions import Distributions
from ..cache.store import digest_of_recorder
from ..process_environment import folder_left_out, without_folder
from ..runtime_info import BUILD, PLATFORM, PYTHON
from .messages import Likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..program import Program
    from ..settings import Settings

#: In a path that is sent, the environment of Python: it may be elsewhere on another machine.
_PREFIX = "{prefix}"


def settings_to_send(settings: Settings) -> Settings:
    """The settings with the import path of this process, so that programs elsewhere have the same."""
    path = settings.python_path
    if path is None:
        path = without_folder(sys.path, folder_left_out())
    return replace(settings, python_path=tuple(_sent(entry) for entry in path))


def settings_received(settings: Settings) -> Settings:
    """What :func:`settings_to_send` made, on the machine of a worker.

    One program computes at a time: a worker that may use several cores runs as many orders at once.
    """
    path = tuple(_received(entry) for entry in settings.python_path or ())
    return replace(settings, python_path=path, jobs=1)


def _sent(path: str) -> str:
    inside = path == sys.prefix or path.startswith(f"{sys.prefix}{os.sep}")
    return f"{_PREFIX}{path[len(sys.prefix) :]}" if inside else path


def _received(path: str) -> str:
    return f"{sys.prefix}{path.removeprefix(_PREFIX)}" if path.startswith(_PREFIX) else path


def likeness_of(settings: Settings, environment: Environment, programs: Iterable[Program]) -> Likeness:
    """What workers must have in common with this process.

    :param programs: those that they will run.
    """
    installed = Distributions()
    names = {name for program in programs for name in program.imports()}
    names |= {name.partition(".")[0] for name in settings.preload}
    named = [
        *(("exec_code_source_folders", path) for path in settings.path),
        *(("exec_code_working_dir", path) for path in (settings.working_dir,) if path),
        *(("the import path", path) for path in environment.path),
    ]
    return Likeness(
        python=PYTHON,
        platform=PLATFORM,
        build=BUILD,
        recorder=digest_of_recorder(),
        declared=environment.declared,
        distributions={name: _state_of(installed, name) for name in _needed(installed, names)},
        folders={_sent(path): value for value, path in reversed(named) if os.path.isdir(path)},
    )


def _needed(installed: Distributions, modules: Iterable[str]) -> list[str]:
    """The installed distributions that bring modules, and those that these require in any case."""
    from packaging.requirements import InvalidRequirement, Requirement

    todo = [name for module in modules for name in installed.of(module)]
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in found or not installed.version(name):
            continue
        found.add(name)
        for line in importlib.metadata.requires(name) or ():
            with contextlib.suppress(InvalidRequirement):  # what an installer has let through
                requirement = Requirement(line)
                if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                    todo.append(requirement.name)
    return sorted(found)


def _state_of(installed: Distributions, name: str) -> str:
    return f"{installed.version(name)} {installed.content(name)}"


def unlikeness(expected: Likeness, settings: Settings) -> str:
    """What of it this process has not, in words that follow the name of a worker; "" if it has all.

    :param settings: those with which programs would run here.
    """
    return next(_differences(expected, settings), "")


def _differences(expected: Likeness, settings: Settings) -> Iterator[str]:
    """What differs, the first cause first: with another Python, much else does."""
    if (expected.python, expected.platform) != (PYTHON, PLATFORM):
        yield f"has {PYTHON} on {PLATFORM}, and this build {expected.python} on {expected.platform}"
    if expected.build != BUILD:
        yield f"has another build of {PYTHON}"
    if expected.recorder != digest_of_recorder():
        yield "has another version of sphinx-await"
    for sent, value in expected.folders.items():
        path = _received(sent)
        if not os.path.isdir(path):
            yield f"has no folder {path} ({value})"
    try:
        declared = Environment(settings).declared
    except OptionError as error:
        yield f"has not all that is given to programs ({error})"
        return
    for name in sorted(declared.keys() | expected.declared.keys()):
        if declared.get(name) != expected.declared.get(name):
            yield f"has not what this build has as: {name}"
    yield from _other_distributions(expected)


def _other_distributions(expected: Likeness) -> Iterator[str]:
    installed = Distributions()
    for name, there in expected.distributions.items():
        if (here := _state_of(installed, name)) != there:
            version, wanted = here.partition(" ")[0], there.partition(" ")[0]
            if version == wanted:
                yield f"has {name} {version} with other files"
            yield f"has {name} {version}, and this build {name} {wanted}" if version else f"has no {name} {wanted}"


def invalid_here(environment: Environment, requires: Dependencies) -> str:
    """Why a recording that was made elsewhere would not be valid here; "" if it is."""
    if not requires.complete:  # then not all of it is known, and what is not equals nothing
        requires = Dependencies(
            distributions=requires.distributions, installed=requires.installed, declared=requires.declared
        )
    return next(environment.changes(requires), "")
