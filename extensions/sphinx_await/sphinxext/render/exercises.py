"""Exercises in HTML: what is said of wrong answers, and what a page loads to remember what a reader has solved.

Without a script everything is there: hints and solution in folds. A script opens the hints one by one, keeps the
solution back until a try, and keeps on the reader's device which exercises are tried and solved.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..build_session import session_of
from ..config import FOR_TRANSLATORS
from ..nodes import await_count, await_exercise, await_feedback, await_progress
from .static_files import progress_address

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

    from ..progress import ExerciseRow

_ = get_translation("sphinx_await")

STYLE, SCRIPT = "sphinx-await-exercise.css", "sphinx-await-exercise.js"


def visit_feedback(self: HTML5Translator, node: await_feedback) -> None:
    """Open what is said of wrong answers, which is shown only when one was given."""
    data: dict[str, Any] = {"data-await-index": str(node.get("index", ""))}
    self.body.append(self.starttag(node, "div", CLASS="await-feedback", hidden="hidden", **data))


def depart_feedback(self: HTML5Translator, _node: await_feedback) -> None:
    """Close it."""
    self.body.append("</div>\n")


def visit_count(self: HTML5Translator, node: await_count) -> None:
    """Open the number of exercises and questions of a page."""
    data: dict[str, Any] = {"data-await-exercises": json.dumps(list(node["exercises"]), ensure_ascii=False)}
    if node["questions"]:
        data["data-await-questions"] = str(node["questions"])
    self.body.append(self.starttag(node, "span", "", CLASS="await-count", **data))


def depart_count(self: HTML5Translator, _node: await_count) -> None:
    """Close it."""
    self.body.append("</span>")


class FillProgress(SphinxPostTransform):
    """Puts a list of the pages with exercises in the place of each ``exec_progress``, in every builder's own form."""

    def run(self, **_kwargs: Any) -> None:
        """Fill every list of the document."""
        session = session_of(self.env)
        if session.builder == FOR_TRANSLATORS:
            return
        is_counted = session.format == "html" and session.builder != "epub"
        for node in list(self.document.findall(await_progress)):
            from ..progress import exercise_rows  # few pages have such a list

            rows = exercise_rows(self.env, node["patterns"])
            items = [_item(node["docname"], row, is_counted=is_counted) for row in rows]
            empty = nodes.paragraph("", str(_("There are no exercises here.")))
            node.replace_self(nodes.bullet_list("", *items, classes=["await-progress"]) if items else empty)


def _item(docname: str, row: ExerciseRow, *, is_counted: bool) -> nodes.list_item:
    link: dict[str, Any] = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{row.docname}", "refdoc": docname}
    to_page = pending_xref("", nodes.inline("", row.title), **link, refexplicit=True, refwarn=True)
    said = [_("%d questions") % row.questions] if row.questions > 1 else [_("1 question")] * row.questions
    said += [_("%d exercises") % len(row.keys)] if len(row.keys) > 1 else [_("1 exercise")] * len(row.keys)
    words = ", ".join(map(str, said))
    count = await_count(words, words, exercises=row.keys, questions=row.questions) if is_counted else nodes.Text(words)
    return nodes.list_item("", nodes.paragraph("", "", to_page, nodes.Text(": "), count))


def add_exercise_files(app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document | None) -> None:
    """On ``html-page-context``: add style and script to pages with exercises. The script's words are on its tag."""
    if doctree is None or app.builder.name == "epub":
        return
    if not any(isinstance(node, await_exercise | await_count) for node in doctree.findall(nodes.Element)):
        return
    words = json.dumps({**_words(), "list": progress_address()}, ensure_ascii=False)
    on_tag: dict[str, Any] = {"data-await-exercises": words}
    app.add_css_file(STYLE)
    app.add_js_file(SCRIPT, type="module", **on_tag)


def _words() -> dict[str, str]:
    """The words of the script, in the language of the page; the script fills in ``{names}``."""
    words = {
        "solved": _("solved"),
        "ask": _("Show the solution before a try"),
        "count": _("{solved} of {all} exercises solved"),
        "answered": _("{answered} of {all} questions answered"),
        "export": _("Save as a file"),
        "clear": _("Clear"),
        "sure": _("Clear all? Press again."),
        "cleared": _("Cleared: no exercise counts as solved any more."),
        "kept": _("What you have solved is kept in this browser only, and sent nowhere."),
    }
    return {name: str(text) for name, text in words.items()}
