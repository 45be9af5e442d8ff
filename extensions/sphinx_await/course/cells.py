"""Cells of notebooks in pages: MyST-NB's ``code-cell`` and jupyter-sphinx's ``jupyter-execute``.

Where the extensions that own these directives are not loaded, cells are programs that continue each other on their
page, and the value of their last expression is displayed. What their options ask for is said here in those of
``exec_code``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

#: The directives of cells, and the extension that owns each.
OWNERS = {"code-cell": "myst_nb", "jupyter-execute": "jupyter_sphinx"}
#: Languages of cells that run, in any case; a cell without one is Python, too.
_PYTHON = frozenset({"", "python", "python3", "ipython", "ipython3", "py"})
#: What every exception is.
_ANY_EXCEPTION = "Exception"
#: Texts and lists of YAML: ``[a, b]``, ``- a - b``, ``a``.
_TAG = re.compile(r"[\w.:/]+(?:-[\w.:/]+)*")
#: Tags of a code cell that leave something out, and what does the same here. A tag may have ``_`` for ``-``, too.
_LEAVE_OUT = {
    "remove-input": {"hide": ""},
    "remove-output": {"hide_output": ""},
    "remove-cell": {"hide": "", "hide_output": ""},
    "remove-stderr": {"stderr": "hide"},
}
_FOLD = ("hide-input", "hide-output", "hide-cell")
#: Options of a code cell that are about its figures and its place in a notebook.
IGNORED = frozenset({"mystnb", "editable", "deletable", "slideshow", "jupyter"})


@dataclass(frozen=True, slots=True)
class Cell:
    """What the options of a cell ask for.

    :ivar given: the same as options of ``exec_code``.
    :ivar folds_code: readers open its code.
    :ivar folds_output: readers open its output.
    :ivar below: its code comes after its output.
    :ivar runs: else it is only shown.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    folds_code: bool = False
    folds_output: bool = False
    below: bool = False
    runs: bool = True


def cells_of(extensions: Collection[str]) -> frozenset[str]:
    """The directives of cells that no extension of a project owns."""
    return frozenset(name for name, owner in OWNERS.items() if owner not in extensions)


def read_cell(directive: str, argument: str, options: Mapping[str, str | None]) -> Cell:
    """What a cell asks for.

    :param argument: its language; of ``jupyter-execute`` a file.
    :raises OptionError: a tag asks for something to be left out or folded that cannot be.
    """
    given = {name: value or "" for name, value in options.items() if name not in IGNORED}
    if directive == "code-cell":
        return _read_code_cell(argument, given)
    return _read_jupyter_execute(argument, given)


def _read_code_cell(language: str, given: dict[str, str]) -> Cell:
    tags = frozenset(tag.replace("_", "-") for tag in _TAG.findall(given.pop("tags", "")))
    known = (*_FOLD, *_LEAVE_OUT)
    if unknown := sorted(tag for tag in tags.difference(known) if tag.startswith(("hide", "remove"))):
        raise OptionError(f"tags: one of {', '.join(known)} expected, found {unknown[0]!r:.60}")
    for tag in tags & _LEAVE_OUT.keys():
        given |= _LEAVE_OUT[tag]
    if "raises-exception" in tags:
        given.setdefault("raises", _ANY_EXCEPTION)
    is_python = language.casefold() in _PYTHON
    if not is_python:
        given["language"] = language
    return Cell(
        given,
        folds_code=not tags.isdisjoint({"hide-input", "hide-cell"}),
        folds_output=not tags.isdisjoint({"hide-output", "hide-cell"}),
        runs=is_python and "skip-execution" not in tags,
    )


def _read_jupyter_execute(file: str, given: dict[str, str]) -> Cell:
    if file:
        given["filename"] = file
    for name, ours in {"hide-code": "hide", "hide-output": "hide_output"}.items():
        if name in given:
            given[ours] = given.pop(name)
    if "raises" in given:
        given["raises"] = given["raises"].strip() or _ANY_EXCEPTION
    given.pop("stderr", None)  # here a page shows it always
    return Cell(given, below=given.pop("code-below", None) is not None)
