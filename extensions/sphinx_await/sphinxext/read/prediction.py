"""Questions about a run, which a reader answers before seeing its output.

``exec_predict`` holds a program and asks about its run; ``exec_choices`` and ``exec_distractors`` say what a reader
chooses from, ``exec_why`` what is said of a mistake. The recording of the run is the answer key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from ...core.errors import OptionError
from ..domain import note_mistake
from ..nodes import await_choice, await_choices, await_predict, await_why
from .exec_code import place_of

if TYPE_CHECKING:
    from docutils import nodes

    from ...core.validation.predictions import KnownMistake, QuestionKind

#: A text in quotation marks, or a word such as a time or the name of a task.
_TERM = r"""\s*(?:"(?P<double{0}>[^"]*)"|'(?P<single{0}>[^']*)'|(?P<word{0}>[^\s"'<]+))\s*"""
_MISTAKE = re.compile(f"{_TERM.format(1)}(?:<{_TERM.format(2)})?")
_LONGEST_MOMENT = 1_000_000  # seconds


class ExecPredict(SphinxDirective):
    """A question about the program in it. Its title is the argument."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = {"kind": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        """The question with everything in it; a kind that there is not is a mistake."""
        from ...core.validation.predictions import QuestionKind  # many courses have no question

        file, line = place_of(self)
        kind, at = QuestionKind.ORDER, 0.0
        try:
            kind, at = read_kind(self.options.get("kind") or kind)
        except OptionError as error:
            note_mistake(self.env, file, line, f"exec_predict: {error}")
        title = self.arguments[0] if self.arguments else ""
        node = await_predict("", title=title, kind=kind, at=at, file=file, line=line)
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def read_kind(text: str) -> tuple[QuestionKind, float]:
    """A kind of question, and the moment of ``who``: ``who 0.25``.

    :raises OptionError: there is no such kind, or the moment is missing or means nothing.
    """
    from ...core.validation.predictions import QuestionKind

    word, *rest = text.split()
    there = (
        f"{', '.join(kind for kind in QuestionKind if kind is not QuestionKind.WHO)}, or who and a moment in seconds"
    )
    if word not in set(QuestionKind) or len(rest) != (word == QuestionKind.WHO):
        raise OptionError(f"kind: one of {there} expected, found {text!r:.60}")
    if not rest:
        return QuestionKind(word), 0.0
    try:
        at = float(rest[0].removesuffix("s"))
    except ValueError:
        at = -1.0
    if not 0 <= at <= _LONGEST_MOMENT:
        raise OptionError(f"kind: {rest[0]!r:.60} is no moment; seconds are expected, such as who 0.25")
    return QuestionKind.WHO, at


class ExecChoices(SphinxDirective):
    """What a reader chooses from, a line each."""

    has_content = True
    wrong = False

    def run(self) -> list[nodes.Node]:
        """The choices, for the question around them."""
        file, line = place_of(self)
        node = await_choices("", wrong=self.wrong, file=file, line=line)
        texts = [text.strip() for text in self.content if text.strip()]
        if not texts:
            note_mistake(self.env, file, line, f"{self.name}: a choice in each line expected, found none")
        node += [await_choice("", choice=text) for text in texts]
        for each in (node, *node.children):
            self.set_source_info(each)
        return [node]


class ExecDistractors(ExecChoices):
    """Choices that are wrong."""

    wrong = True


class ExecWhy(SphinxDirective):
    """A sentence for readers who answer wrongly.

    The argument names the mistake; without an argument it is for each mistake that has no sentence of its own.
    """

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The sentence, for the question around it."""
        file, line = place_of(self)
        if not any(part.strip() for part in self.content):
            note_mistake(self.env, file, line, "exec_why: what is to be said is missing")
        node = await_why("", mistake=self.arguments[0] if self.arguments else "", file=file, line=line)
        self.set_source_info(node)
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


def read_mistake(text: str) -> KnownMistake:
    """A mistake as its author names it: ``"A" < "B"`` (A was put before B), ``"A"`` (A was chosen), or nothing.

    :raises OptionError: the text is none of these.
    """
    from ...core.validation.predictions import KnownMistake

    match = _MISTAKE.fullmatch(text)
    if text and match is None:
        raise OptionError(f'exec_why: "A" < "B" or "A" expected (A was put before B; A was chosen), found {text!r:.60}')
    terms = match.groupdict(default="") if match else {}
    first, second = ("".join(terms.get(f"{form}{n}", "") for form in ("double", "single", "word")) for n in (1, 2))
    return KnownMistake(first, second)
