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

from ...core.digest import digest
from ...core.validation.expected_output import without_expectation
from ...core.validation.predictions import PredictionError, QuestionKind, key_of_snippet
from ..build_session import session_of
from ..config import FOR_TRANSLATORS
from ..nodes import (
    await_answer,
    await_choices,
    await_predict,
    await_question,
    await_run,
    await_why,
    code_in,
    code_of,
)
from .escaping import escape
from .labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from ...core.validation.predictions import Choice, KnownMistake
    from ...course.entries import Prediction
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

STYLE, SCRIPT = "sphinx-await-predict.css", "sphinx-await-predict.js"
_DIGITS = 16


def setup_predictions(app: Sphinx) -> None:
    """Register the nodes, and the files that pages with questions load."""
    app.add_node(await_predict, html=(visit_predict, depart_predict))
    app.add_node(await_question, html=(visit_question, None))
    app.add_node(await_answer, html=(visit_answer, depart_answer))
    app.connect("html-page-context", add_prediction_files)
    app.add_post_transform(PlainPredictions)


def title_of(kind: QuestionKind, at: float, title: str = "") -> str:
    """What is asked, in its author's words or ours."""
    if title:
        return title
    words = {
        QuestionKind.ORDER: _("In which order does it print?"),
        QuestionKind.LAST: _("What does it print last?"),
        QuestionKind.TIME: _("How long does it take?"),
        QuestionKind.WHO: _("Who runs at {moment}?"),
    }
    return str(words[kind]).format(moment=_moment(at))


def _moment(at: float) -> str:
    return labels().seconds.format(number=f"{at:g}")


class Predicted:
    """What a page shows of a run that is asked about: the question, and what comes with the answer.

    :raises PredictionError: the question has no single answer.
    """

    def __init__(self, node: await_run, run: PublishableRun, markers: Sequence[str]) -> None:
        self._node = _question_around(node)
        prediction: Prediction = node["prediction"]
        self._question = prediction.question
        self._key = key_of_snippet(prediction.question, run.snippet, run.recording, run.lines, markers)
        self._code = run.snippet.code
        self._reasons = list(self._node.findall(await_why))

    @property
    def title(self) -> str:
        """What is asked."""
        return title_of(self._question.kind, self._question.at, self._node["title"])

    def question(self) -> await_question:
        """The question in HTML."""
        asked = self._question
        known = json.dumps([self._code, asked.kind, asked.at, asked.choices, asked.distractors], ensure_ascii=False)
        data = {
            "key": digest(known)[:_DIGITS],
            "kind": str(asked.kind),
            "answer": list(self._key.answer),
            "rows": [choice.row for choice in self._key.choices],
            "whys": [list(pair) for pair in self._key.mistakes],
        }
        return await_question(
            "",
            data=data,
            hint=self._hint(),
            choices=[(_text(choice), self._is_code(choice)) for choice in self._key.choices],
        )

    def plain_question(self) -> list[nodes.Node]:
        """The question as plain nodes."""
        return [nodes.paragraph("", self._hint()), nodes.bullet_list("", *map(self._item, self._key.choices))]

    def answer(self) -> list[nodes.Node]:
        """What is right, and what is said of mistakes."""
        key = self._key
        right = [key.choices[index] for index in key.answer]
        found: list[nodes.Node] = []
        if key.kind is not QuestionKind.ORDER:
            found.append(nodes.paragraph("", f"{_('Answer')}: ", *self._inline(right[0])))
        elif self._question.choices or len(right) < len(key.choices):
            found += [nodes.paragraph("", f"{_('Answer')}:"), nodes.enumerated_list("", *map(self._item, right))]
        for reason, mistake in zip(self._reasons, self._question.mistakes, strict=True):
            children = list(reason.children)
            if lead := self._lead(mistake):
                children.insert(0, nodes.paragraph("", "", nodes.emphasis("", lead), classes=["await-lead"]))
            found.append(nodes.container("", *children, classes=["await-why"]))
        return found

    def following(self, node: await_run) -> list[nodes.Node]:
        """What follows the program in the question: it comes with the answer."""
        top: nodes.Element = node
        while top.parent is not self._node:
            top = top.parent
        after = self._node.children[self._node.index(top) + 1 :]
        for one in after:
            self._node.remove(one)
        return [one for one in after if not isinstance(one, await_choices | await_why)]

    @staticmethod
    def _is_code(choice: Choice) -> bool:
        return bool(choice.text)

    def _hint(self) -> str:
        if self._key.kind is not QuestionKind.ORDER:
            return str(_("Choose one."))
        if len(self._key.answer) < len(self._key.choices):
            return str(_("Choose what is printed, in its order. Not everything here is printed."))
        return str(_("Choose the lines in the order in which they are printed."))

    def _inline(self, choice: Choice) -> list[nodes.Node]:
        text = _text(choice)
        return [nodes.literal(text, text) if self._is_code(choice) else nodes.Text(text)]

    def _item(self, choice: Choice) -> nodes.list_item:
        return nodes.list_item("", nodes.paragraph("", "", *self._inline(choice)))

    def _lead(self, mistake: KnownMistake) -> str:
        """For which mistake a sentence is."""
        if not mistake.chosen:
            return ""
        words = _("If you put “{first}” before “{second}”:") if mistake.before else _("If you chose “{first}”:")
        return str(words).format(first=mistake.chosen, second=mistake.before)


def _text(choice: Choice) -> str:
    if choice.seconds is not None:
        return labels().duration(choice.seconds)
    return choice.text or str(_("none: all of them wait"))


def _question_around(node: nodes.Element) -> await_predict:
    while not isinstance(node, await_predict):
        assert node.parent is not None
        node = node.parent
    return node


def predicted(env: BuildEnvironment, node: await_run, run: PublishableRun) -> Predicted | None:
    """The question about a run; None if there is none, or if it has no answer, which the build reported."""
    if "prediction" not in node:
        return None
    try:
        return Predicted(node, run, session_of(env).config.expect_markers)
    except PredictionError:
        return None


def unanswerable(env: BuildEnvironment, node: await_run, run: PublishableRun) -> list[nodes.error]:
    """What is wrong with the question about a run: a page that is written in spite of it must not look right."""
    if "prediction" not in node or run.problems:
        return []
    try:
        Predicted(node, run, session_of(env).config.expect_markers)
    except PredictionError as error:
        return [nodes.error("", nodes.paragraph("", error.words.said(_)))]
    return []


def hide_expectation(env: BuildEnvironment, node: await_run) -> None:
    """Leave the comment of expected output out of the code that a question shows: it has the answer."""
    session = session_of(env)
    block = code_in(node)
    if "prediction" not in node or block is None or session.builder == FOR_TRANSLATORS:
        return
    code = without_expectation(code_of(block), session.config.expect_markers)
    block.rawsource = code
    block[:] = [nodes.Text(code)]


class PlainPredictions(SphinxPostTransform):
    """Takes questions apart after their runs were filled, and puts the answers at the foot of their documents."""

    default_priority = 12  # after the runs

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
            asked.setdefault(_document_around(node), []).append(node)
        for document, questions in asked.items():
            for number, node in enumerate(questions, 1):
                _take_apart(node, _foot_of(document), f" {number}" if len(questions) > 1 else "")


def _take_apart(node: await_predict, foot: nodes.Element, number: str) -> None:
    """Put the answer of a question at the foot. The number tells it from others, which may have the same title."""
    for answer in list(node.findall(await_answer)):
        answer.parent.remove(answer)
        heading = nodes.paragraph("", "", nodes.strong("", f"{_('Answer')}{number}: {answer['title']}"))
        foot += nodes.container("", heading, *answer.children, classes=["await-answer"])
    title = title_of(node["kind"], node["at"], node["title"])
    heading = nodes.paragraph("", "", nodes.strong("", f"{_('Predict')}{number}: {title}"))
    node.replace_self(nodes.container("", heading, *node.children, classes=["await-predict"]))


def _document_around(node: nodes.Element) -> nodes.Element:
    """The document that a node is in; a book has several."""
    while node.parent is not None and not isinstance(node, addnodes.start_of_file):
        node = node.parent
    return node


def _foot_of(document: nodes.Element) -> nodes.Element:
    """Where the answers of a document are: at the end of its last part of the first level."""
    sections = [child for child in document.children if isinstance(child, nodes.section)]
    return sections[-1] if sections else document


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


def add_prediction_files(
    app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document | None
) -> None:
    """On ``html-page-context``: add style and script to pages with a question. The script's words are on its tag."""
    if doctree is None or next(doctree.findall(await_predict), None) is None:
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
