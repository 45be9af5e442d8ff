"""Reading pages: directives, roles and fences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def add_markup(app: Sphinx) -> None:
    """Add all markup to an application, unless an earlier build of the same application did."""
    from sphinx.util.docutils import is_directive_registered

    from ...course.cells import cells_of
    from .cells import NotebookCell
    from .exec_code import ExecCode
    from .exercise import (
        ExecCheck,
        ExecExercise,
        ExecFeedback,
        ExecHint,
        ExecLines,
        ExecSolution,
        ExecStart,
        ExecWrong,
    )
    from .fences import RunFences
    from .prediction import ExecChoices, ExecDistractors, ExecPredict, ExecWhy
    from .references import ExecCompare, ExecTime, ExecValue
    from .run_index import ExecDownloads, ExecIndex, ExecProgress
    from .tables import AwaitConfigTable, AwaitWarningTable

    if RunFences in app.registry.get_transforms():
        return
    app.add_directive("exec_code", ExecCode, override=True)
    app.add_directive("exec_exercise", ExecExercise, override=True)
    app.add_directive("exec_start", ExecStart, override=True)
    app.add_directive("exec_lines", ExecLines, override=True)
    app.add_directive("exec_check", ExecCheck, override=True)
    app.add_directive("exec_hint", ExecHint, override=True)
    app.add_directive("exec_feedback", ExecFeedback, override=True)
    app.add_directive("exec_wrong", ExecWrong, override=True)
    app.add_directive("exec_solution", ExecSolution, override=True)
    app.add_directive("exec_predict", ExecPredict, override=True)
    app.add_directive("exec_choices", ExecChoices, override=True)
    app.add_directive("exec_distractors", ExecDistractors, override=True)
    app.add_directive("exec_why", ExecWhy, override=True)
    app.add_directive("exec_compare", ExecCompare, override=True)
    app.add_directive("exec_index", ExecIndex, override=True)
    app.add_directive("exec_downloads", ExecDownloads, override=True)
    app.add_directive("exec_progress", ExecProgress, override=True)
    app.add_directive("await_config", AwaitConfigTable, override=True)
    app.add_directive("await_warnings", AwaitWarningTable, override=True)
    app.add_role("exec_time", ExecTime(), override=True)
    app.add_role("exec_value", ExecValue(), override=True)
    for name in cells_of(app.extensions):
        if not is_directive_registered(name):
            app.add_directive(name, NotebookCell)
    app.add_transform(RunFences)
