"""On ``doctree-read``: collects the data of a document for the environment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.ext.ifconfig import ifconfig

from ...core.digest import digest
from ...core.errors import OptionError
from ...course.entries import Check, Condition, Exercise, FeedbackEntry, Prediction, Reference, SnippetEntry, free_name
from ...course.page_defaults import NONE, set_up, with_defaults
from ..build_session import session_of
from ..domain import domain_of
from ..names import run_anchor
from ..nodes import (
    GOAL,
    RATIO_TO,
    RUN_OF,
    VALUE,
    await_check,
    await_choice,
    await_choices,
    await_compared,
    await_exercise,
    await_feedback,
    await_predict,
    await_run,
    await_why,
    code_in,
    code_of,
    first_number,
    place_in,
)
from .exercise import shuffle
from .fences import PAGE_DEFAULTS
from .prediction import read_mistake
from .source_lines import file_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sphinx.environment import BuildEnvironment

    from ...core.model.snippet import Snippet
    from ...core.validation.predictions import KnownMistake
    from ...course.page_defaults import PageDefaults

#: The programs of an exercise.
_ROLES = ("start", "solution")
_KEY_DIGITS = 12


def collect_runs(env: BuildEnvironment, doctree: nodes.document) -> str:
    """Name the runs in document order, keep their data in the domain, and return the name of the document."""
    docname = env.current_document.docname
    domain = domain_of(env)
    defaults: PageDefaults = env.current_document.get(PAGE_DEFAULTS) or NONE
    entries: list[SnippetEntry] = []
    runs = list(doctree.findall(await_run))
    given = {node["snippet"].name for node in runs}
    named: dict[str, SnippetEntry] = {}
    for node in runs:
        _take_displayed(env, docname, node)
    for exercise in doctree.findall(await_exercise):
        _shuffle_anew(env, docname, exercise)
    for number, node in enumerate(runs, 1):
        snippet: Snippet = node["snippet"]
        snippet = replace(snippet, options=with_defaults(snippet.options, defaults.options))
        name = snippet.name
        if name in named:
            message = f"there is another program named {name!r} on this page: {named[name].place}"
            domain.note_mistake(docname, snippet.file, snippet.line_in_file(1), message)
        is_named = name != "" and name not in named
        if not is_named:
            name = free_name(name or docname, number, given)
        node["docname"], node["snippet"] = docname, replace(snippet, name=name)
        node["ids"] = [run_anchor(docname, name)]
        entry = SnippetEntry(node["snippet"], place_in(node) is None, tuple(_conditions(node)), is_named)
        if is_named:
            named[name] = entry
        entries.append(entry)
    entries = set_up(entries, docname, session_of(env).config, defaults)
    for node, entry in zip(runs, entries, strict=True):
        node["snippet"] = entry.snippet
    _check_meetings(env, docname, entries)
    if entries:
        domain.note_snippets(docname, entries)
    _collect_exercises(env, docname, doctree)
    _collect_predictions(env, docname, doctree)
    _collect_references(env, docname, doctree)
    return docname


def _check_meetings(env: BuildEnvironment, docname: str, entries: Sequence[SnippetEntry]) -> None:
    """Report programs that cannot meet what they name."""
    if any(entry.snippet.options.meets for entry in entries):
        from ...course.meetings import meeting_mistakes  # few programs meet

        for entry, message in meeting_mistakes(entries):
            domain_of(env).note_mistake(docname, entry.snippet.file, entry.snippet.line_in_file(1), message)


def _conditions(node: nodes.Element) -> Iterator[Condition]:
    for around in _around(node, addnodes.only, ifconfig):
        yield Condition(type(around).__name__, around["expr"])


def _take_displayed(env: BuildEnvironment, docname: str, node: await_run) -> None:
    """Give a run the code that the page shows."""
    snippet: Snippet = node["snippet"]
    try:
        node["snippet"] = _as_displayed(env, node, snippet)
    except OptionError as error:
        domain_of(env).note_mistake(docname, snippet.file, snippet.line_in_file(1), str(error))


def _shuffle_anew(env: BuildEnvironment, docname: str, exercise: await_exercise) -> None:
    """Shuffle the lines of an exercise whose solution was translated."""
    runs = {run["role"]: run for run in exercise.findall(await_run) if run.get("role") in _ROLES}
    if len(runs) < len(_ROLES) or "ordering" not in runs["start"]:
        return
    solution: Snippet = runs["solution"]["snippet"]
    try:
        shuffle(runs["start"], solution, runs["start"]["snippet"].name)
    except OptionError as error:
        domain_of(env).note_mistake(docname, solution.file, solution.line_in_file(1), f"exec_lines: {error}")


def _as_displayed(env: BuildEnvironment, node: await_run, snippet: Snippet) -> Snippet:
    """The snippet with the code that the page shows: a translation may have changed it.

    :raises OptionError: lines of it are hidden, and the translation has another number of lines.
    """
    displayed = node.attributes.pop("displayed", None)
    block = code_in(node)
    if displayed is None or block is None or code_of(block).rstrip("\n") == displayed.rstrip("\n"):
        return snippet
    from .translation import translated, translation_of

    now = translation_of(env, displayed) or code_of(block)
    block.rawsource = now
    block[:] = [nodes.Text(now)]
    return translated(snippet, displayed.rstrip("\n"), now.rstrip("\n"), first_number(block))


def _collect_references(env: BuildEnvironment, docname: str, doctree: nodes.document) -> None:
    """Keep the places that name runs, and report each ``exec_time`` or ``exec_value`` in a heading.

    Tables of contents are made before the value is known. A translated paragraph was parsed several times: only what
    is in the document now counts.
    """
    domain = domain_of(env)
    for node in doctree.findall(nodes.Element):
        if isinstance(node, await_compared):
            domain.note_reference(Reference(docname, node["name"], *_place_of(env, node)))
        elif RUN_OF in node:
            file, line = _place_of(env, node)
            for name in filter(None, (node[RUN_OF], node.get(RATIO_TO))):
                domain.note_reference(Reference(docname, name, file, line, node[VALUE]))
            if isinstance(node.parent, nodes.title):
                role = node["await_role"]
                message = f"{role} cannot be in a heading: a table of contents would show the name of the run"
                domain.note_mistake(docname, file, line, message)


def _place_of(env: BuildEnvironment, node: nodes.Element) -> tuple[str, int]:
    """The file of a node and its line; in a translation, those of what was translated."""
    around: nodes.Element | None = node
    while around is not None:
        if around.get("translated") and around.source and around.line:
            node = around
        around = around.parent
    return file_of(env, node.source), node.line or 1


def _goals_of(exercise: await_exercise) -> Iterator[nodes.list_item]:
    """The goals of an exercise, one for each of its checks."""
    for item in exercise.findall(nodes.list_item):
        if GOAL in item and next(_around(item, await_exercise)) is exercise:
            yield item


def _around(node: nodes.Element, *kinds: type[nodes.Element]) -> Iterator[nodes.Element]:
    """The nodes of some kinds around a node, the nearest first."""
    while node.parent is not None:
        node = node.parent
        if isinstance(node, kinds):
            yield node


def _with_hint(check: Check, goal: nodes.list_item) -> Check:
    return replace(check, hint=" ".join(goal.astext().split()))


def _key_of(start: await_run, *, is_named: bool) -> str:
    """By what an exercise is remembered: its name, or its program, since numbers of programs change."""
    return start["snippet"].name if is_named else digest(start["snippet"].code)[:_KEY_DIGITS]


def _collect_exercises(env: BuildEnvironment, docname: str, doctree: nodes.document) -> None:
    """Keep the exercises of a document, and report their parts that are outside of any exercise."""
    domain = domain_of(env)
    within: set[int] = set()
    for node in doctree.findall(await_exercise):
        runs = [run for run in node.findall(await_run) if "role" in run]
        programs = {run["role"]: run for run in runs if run["role"] in _ROLES}
        sentences = list(node.findall(await_feedback))
        for index, sentence in enumerate(sentences):
            sentence["index"] = index
        wrong = [run for one in sentences for run in one.findall(await_run)]
        within.update(map(id, (*sentences, *programs.values(), *wrong)))
        if "checks" in node:  # what they are about was translated since then
            node["checks"] = tuple(map(_with_hint, node["checks"], _goals_of(node)))
            if "start" in programs:
                programs["start"]["checks"] = node["checks"]
                programs["start"]["feedback"] = tuple(one["condition"] for one in sentences)
        if "checks" in node and len(programs) == len(_ROLES):
            start, solution = (programs[role]["snippet"].name for role in _ROLES)
            feedback = tuple(map(_feedback, sentences))
            key = node["key"] = _key_of(programs["start"], is_named=domain.is_named(docname, start))
            rest = (node["checks"], feedback, node["title"], key, programs["start"]["snippet"].code)
            domain.note_exercise(Exercise(docname, start, solution, *rest))
    for part in [one for one in doctree.findall(nodes.Element) if isinstance(one, await_check | await_feedback)]:
        if id(part) not in within:
            name = "exec_check" if isinstance(part, await_check) else "exec_feedback"
            domain.note_mistake(docname, part["file"], part["line"], f"{name} is in no exec_exercise")
            part.parent.remove(part)
    for run in doctree.findall(await_run):
        if "role" in run and id(run) not in within and "at_end" not in run.parent:
            snippet = run["snippet"]
            around = "exec_feedback" if run["role"] == "wrong" else "exec_exercise"
            is_shuffled = "ordering" in run
            message = f"exec_{'lines' if is_shuffled else run['role']} is in no {around}"
            line = min(snippet.lines) if is_shuffled else snippet.line_in_file(1)
            domain.note_mistake(docname, snippet.file, line, message)


def _feedback(node: await_feedback) -> FeedbackEntry:
    wrong = tuple(run["snippet"].name for run in node.findall(await_run))
    return FeedbackEntry(node["condition"], node["file"], node["line"], wrong)


def _collect_predictions(env: BuildEnvironment, docname: str, doctree: nodes.document) -> None:
    """Keep the questions about runs, and report parts of questions that are outside of any."""
    domain = domain_of(env)
    within: set[int] = set()
    for node in doctree.findall(await_predict):
        parts = [part for part in node.findall(nodes.Element) if isinstance(part, await_choices | await_why)]
        within.update(map(id, parts))
        runs = list(node.findall(await_run))
        if len(runs) != 1:
            message = f"exec_predict: one program expected, found {len(runs)}"
            domain.note_mistake(docname, node["file"], node["line"], message)
            continue
        run: await_run = runs[0]
        if run["snippet"].typed is not None:
            message = "exec_predict: a program with prompts shows what it displays; ask about a plain one"
            domain.note_mistake(docname, node["file"], node["line"], message)
            continue
        try:
            prediction = _prediction(docname, node, run["snippet"].name, parts)
        except _PartError as error:
            domain.note_mistake(docname, error.part["file"], error.part["line"], str(error))
            continue
        run["prediction"] = prediction
        domain.note_prediction(prediction)
    for part in list(doctree.findall(nodes.Element)):
        if isinstance(part, await_choices | await_why) and id(part) not in within:
            name = "exec_why" if isinstance(part, await_why) else _CHOICES[part["wrong"]]
            domain.note_mistake(docname, part["file"], part["line"], f"{name} is in no exec_predict")
            part.parent.remove(part)


#: The directives of choices, by whether these are wrong.
_CHOICES = {False: "exec_choices", True: "exec_distractors"}


class _PartError(OptionError):
    """A part of a question means nothing."""

    def __init__(self, message: str, part: nodes.Element) -> None:
        super().__init__(message)
        self.part = part


def _prediction(docname: str, node: await_predict, run: str, parts: Sequence[nodes.Element]) -> Prediction:
    """A question with the texts that the page shows: a translation may have changed them.

    :raises _PartError: a part of it means nothing.
    """
    from ...core.validation.predictions import CHOICES, DISTRACTORS, WHOLE, Question  # many courses have none

    choices: dict[bool, list[str]] = {False: [], True: []}
    places: dict[str, tuple[str, int]] = {WHOLE: (node["file"], node["line"])}
    mistakes: list[KnownMistake] = []
    for part in parts:
        place = part["file"], part["line"]
        if isinstance(part, await_why):
            places[str(len(mistakes))] = place
            try:
                mistakes.append(read_mistake(part["mistake"]))
            except OptionError as error:
                raise _PartError(str(error), part) from None
        else:
            choices[part["wrong"]] += [one["choice"] for one in part.findall(await_choice)]
            places[DISTRACTORS if part["wrong"] else CHOICES] = place
    question = Question(node["kind"], node["at"], tuple(choices[False]), tuple(choices[True]), tuple(mistakes))
    return Prediction(docname, run, question, places)
