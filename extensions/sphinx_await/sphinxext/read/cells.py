"""The directives of notebooks' cells, where the extensions that own them are not loaded. Nothing runs here."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from sphinx.locale import get_translation

from ...core.errors import OptionError
from ...course.cells import IGNORED, read_cell
from ..domain import note_mistake
from ..nodes import await_fold, await_run, place_in
from .exec_code import BlockOptions, ExecCode

if TYPE_CHECKING:
    from docutils import nodes

    from ...course.cells import Cell

_ = get_translation("sphinx_await")

_FLAGS = dict.fromkeys(("hide-code", "hide-output", "code-below"), directives.flag)
_TEXTS = dict.fromkeys(("tags", "stderr", "raises", *IGNORED), directives.unchanged)


class NotebookCell(ExecCode):
    """``code-cell`` of MyST-NB, and ``jupyter-execute`` of jupyter-sphinx."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {**ExecCode.option_spec, **_FLAGS, **_TEXTS}
    is_cell = True

    def run(self) -> list[nodes.Node]:
        """The run's node; nothing of an empty cell, and only code of one that does not run.

        A cell with a mistake is only shown, too.
        """
        argument = " ".join(self.arguments)
        texts = {name: value if isinstance(value, str) else "" for name, value in self.options.items()}
        try:
            cell = read_cell(self.name, argument, texts)
        except OptionError as error:
            note_mistake(self.env, *self._where(), str(error))
            return self._block(BlockOptions.of({}, "", "python"), list(self.content))
        self.options = {
            name: self.options[name] if texts.get(name) == value else self.option_spec[name](value)
            for name, value in cell.given.items()
        }
        if "filename" not in self.options and not any(line.strip() for line in self.content):
            return []
        if not cell.runs:
            block = BlockOptions.of(self.options, "", "python")
            return [] if block.hide else self._block(block, list(self.content))
        made = super().run()
        for node in made:
            if isinstance(node, await_run):
                _arrange(node, cell)
        return made

    def _path_of(self, filename: str) -> str:
        """The path of the file with the code, which is found from the page."""
        return os.path.abspath(self.env.relfn2path(filename)[1])


def _arrange(node: await_run, cell: Cell) -> None:
    """Fold parts of a run, and put its code below its output, as its cell asks for."""
    place = place_in(node)
    parts = {"output": place if place is None or place.parent is node else place.parent}
    parts["code"] = next((child for child in node.children if child is not parts["output"]), None)
    folds = {"code": (cell.folds_code, _("Code")), "output": (cell.folds_output, _("Output"))}
    for name, (is_folded, kind) in folds.items():
        part = parts[name]
        if part is not None and is_folded:
            fold = await_fold("", summary="", kind=str(kind))
            part.replace_self(fold)
            fold += part
    if cell.below and len(node.children) > 1:
        node["below"] = True
        node[:] = [*node.children[1:], node.children[0]]
