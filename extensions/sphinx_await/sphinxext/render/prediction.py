"""Questions about a run: what a page shows before the answer, and with it.

In HTML, the figure of the run has the code, the question, and a fold with the answer: output, picture, facts. A script
makes buttons of the choices. Other builders have the answers at the end of the document.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import get_translation
from sphinx.transforms.post_transforms import SphinxPostTransform

from ..build_session import session_of
from ..config import FOR_TRANSLATORS
from ..nodes import await_answer, await_choices, await_predict, await_question, await_run, await_why, code_in, code_of
from .escaping import escape

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from ..outcome import PublishableRun
    from .question import Predicted

_ = get_translation("sphinx_await")

STYLE, SCRIPT = "sphinx-await-predict.css", "sphinx-await-predict.js"
#: The classes of what has all answers of a document, and of solutions of exercises among them, which are the last.
_FOOT, SOLUTION = "await-answers", "await-solution"


def predicted(env: BuildEnvironment, node: await_run, run: PublishableRun) -> Predicted | None:
    """The question about a run; None if there is none, or if it has no answer, which the build reported."""
    if "prediction" not in node:
        return None
    from .question import question_of  # mostly no page has a question

    return question_of(env, node, run)


def unanswerable(env: BuildEnvironment, node: await_run, run: PublishableRun) -> list[nodes.error]:
    """What is wrong with the question about a run: a page that is written in spite of it must not look right."""
    if "prediction" not in node or run.problems:
        return []
    from .question import error_of  # as above

    return error_of(env, node, run)


def hide_expectation(env: BuildEnvironment, node: await_run) -> None:
    """Leave the comment of expected output out of the code that a question shows: it has the answer."""
    block = code_in(node)
    if "prediction" not in node or block is None or session_of(env).builder == FOR_TRANSLATORS:
        return
    from .question import shown_code  # as above

    block.rawsource = shown_code(env, code_of(block))
    block[:] = [nodes.Text(block.rawsource)]


class PlainPredictions(SphinxPostTransform):
    """Takes questions apart after their runs were filled, and puts the answers at the foot of their documents."""

    def run(self, **_kwargs: Any) -> None:
        """Replace the nodes that only HTML knows, and remove what no page shows."""
        session = session_of(self.env)
        if session.builder == FOR_TRANSLATORS:
            return
        for part in [
            node for node in self.document.findall(nodes.Element) if isinstance(node, await_choices | await_why)
        ]:
            part.parent.remove(part)
        if session.format == "html":
            _tell_equal_questions_apart(self.document)
            return
        asked: dict[nodes.Element, list[await_predict]] = {}
        for node in self.document.findall(await_predict):
            asked.setdefault(document_around(node), []).append(node)
        for document, questions in asked.items():
            for number, node in enumerate(questions, 1):
                _take_apart(node, foot_of(document), f" {number}" if len(questions) > 1 else "")


def _take_apart(node: await_predict, foot: nodes.Element, number: str) -> None:
    """Put the answer of a question at the foot. The number tells it from others, which may have the same title."""
    for answer in list(node.findall(await_answer)):
        answer.parent.remove(answer)
        heading = nodes.paragraph("", "", nodes.strong("", f"{_('Answer')}{number}: {answer['title']}"))
        made = nodes.container("", heading, *answer.children, classes=["await-answer"])
        solutions = (child for child in foot if isinstance(child, nodes.container) and SOLUTION in child["classes"])
        first = next(solutions, None)
        foot.insert(len(foot) if first is None else foot.index(first), made)
    from .question import title_of  # as above

    title = title_of(node["kind"], node["at"], node["title"])
    heading = nodes.paragraph("", "", nodes.strong("", f"{_('Predict')}{number}: {title}"))
    node.replace_self(nodes.container("", heading, *node.children, classes=["await-predict"]))


def document_around(node: nodes.Element) -> nodes.Element:
    """The document that a node is in; a book has several."""
    while node.parent is not None and not isinstance(node, addnodes.start_of_file):
        node = node.parent
    return node


def foot_of(document: nodes.Element) -> nodes.Element:
    """What has the answers of a document: at its end, but before the documents that a book has after it."""
    sections = [child for child in document if isinstance(child, nodes.section)]
    place = sections[-1] if sections else document
    index = len(place)
    while index and _has_documents(last := place[index - 1]):
        index -= 1
        if isinstance(last, nodes.section):
            place, index = last, len(last)
    before = place[index - 1] if index else None
    if isinstance(before, nodes.container) and _FOOT in before["classes"]:
        return before
    foot = nodes.container("", nodes.rubric("", str(_("Answers and solutions"))), classes=[_FOOT])
    place.insert(index, foot)
    return foot


def _has_documents(node: nodes.Node) -> bool:
    return next(node.findall(addnodes.start_of_file), None) is not None


def _tell_equal_questions_apart(document: nodes.document) -> None:
    """Make the keys by which readers' answers are kept unique on a page."""
    seen: Counter[str] = Counter()
    for node in document.findall(await_question):
        key = node["data"]["key"]
        seen[key] += 1
        if seen[key] > 1:
            node["data"] = node["data"] | {"key": f"{key}-{seen[key]}"}


def visit_predict(self: HTML5Translator, node: await_predict) -> None:
    """Open a question."""
    from .question import title_of  # as above

    title = title_of(node["kind"], node["at"], node["title"])
    named: dict[str, Any] = {"role": "group", "aria-label": f"{_('Predict')}: {title}"}
    self.body.append(self.starttag(node, "div", CLASS="await-predict", **named))
    self.body.append(
        f'<p class="await-title"><span class="await-tag">{escape(_("Predict"))}</span> {escape(title)}</p>\n'
    )


def depart_predict(self: HTML5Translator, _node: await_predict) -> None:
    """Close the question."""
    self.body.append("</div>\n")


def visit_question(self: HTML5Translator, node: await_question) -> None:
    """Write the choices as a list, which the script turns into buttons."""
    data = "" if self.builder.name == "epub" else f' data-await-question="{escape(json.dumps(node["data"]))}"'
    texts = (f"<code>{escape(text)}</code>" if is_code else escape(text) for text, is_code in node["choices"])
    items = "".join(f"<li>{text}</li>\n" for text in texts)
    self.body.append(f'<div class="await-question"{data}>\n<p class="await-ask">{escape(node["hint"])}</p>\n')
    self.body.append(f'<ul class="await-choices">\n{items}</ul>\n</div>\n')
    raise nodes.SkipNode


def visit_answer(self: HTML5Translator, node: await_answer) -> None:
    """Open the fold of the answer."""
    self.body.append(self.starttag(node, "details", CLASS="await-answer"))
    self.body.append(f"<summary>{escape(_('Show the answer'))}</summary>\n")


def depart_answer(self: HTML5Translator, _node: await_answer) -> None:
    """Close the fold."""
    self.body.append("</details>\n")


def add_prediction_files(app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document) -> None:
    """On ``html-page-context``: add style and script to pages with a question. The script's words are on its tag."""
    if next(doctree.findall(await_predict), None) is None:
        return
    app.add_css_file(STYLE)
    if app.builder.name != "epub":
        words: dict[str, Any] = {"data-await-predict": json.dumps(_words(), ensure_ascii=False)}
        app.add_js_file(SCRIPT, type="module", **words)


def _words() -> dict[str, str]:
    """The words of the script, in the language of the page; the script fills in ``{names}``."""
    words = {
        "check": _("Check"),
        "again": _("Try again"),
        "right": _("Right."),
        "wrong": _("Not so."),
        "wrong_order": _("Not so: what is number {place} here comes as number {real}."),
        "wrong_extra": _("Not so: what is number {place} here is never printed."),
        "wrong_missing": _("Not so: something that is printed is missing."),
        "is_right": _("right"),
        "is_wrong": _("wrong"),
        "is_answer": _("this is right"),
        "is_place": _("is number {real}"),
        "is_extra": _("is never printed"),
    }
    return {name: str(text) for name, text in words.items()}
