"""The question about a run: what is asked, and what comes with the answer.

A page without a question does not import this module.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import get_translation

from ...core.digest import digest
from ...core.validation.expected_output import without_expectation
from ...core.validation.predictions import PredictionError, QuestionKind, key_of_snippet
from ..build_session import session_of
from ..nodes import await_choices, await_predict, await_question, await_run, await_why
from .labels import labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.environment import BuildEnvironment

    from ...core.validation.predictions import Choice, KnownMistake
    from ...course.entries import Prediction
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

_DIGITS = 16


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


def question_of(env: BuildEnvironment, node: await_run, run: PublishableRun) -> Predicted | None:
    """The question about a run; None if it has no answer, which the build reported."""
    try:
        return Predicted(node, run, session_of(env).config.expect_markers)
    except PredictionError:
        return None


def error_of(env: BuildEnvironment, node: await_run, run: PublishableRun) -> list[nodes.error]:
    """What is wrong with the question about a run."""
    try:
        Predicted(node, run, session_of(env).config.expect_markers)
    except PredictionError as error:
        return [nodes.error("", nodes.paragraph("", error.words.said(_)))]
    return []


def shown_code(env: BuildEnvironment, code: str) -> str:
    """The code that a question shows: without the comment of expected output, which has the answer."""
    return without_expectation(code, session_of(env).config.expect_markers)
