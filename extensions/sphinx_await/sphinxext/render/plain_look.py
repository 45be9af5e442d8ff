"""Runs as sphinx-exec-code shows them, on pages that ``await_plain`` names: code and output, nothing around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from ...core.model.displays import PLAIN
from ..build_session import session_of
from ..nodes import place_in
from ..words import left_out
from .displays import alternative, content_node, image_node
from .output_places import emphasized_lines, fill_with_rows, in_order, remove_place, with_caption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.environment import BuildEnvironment

    from ..nodes import await_run
    from ..outcome import PublishableRun


def is_plain(env: BuildEnvironment, node: await_run) -> bool:
    """Whether a run is shown so. The programs of an exercise are not: their page is made to run them."""
    config = session_of(env).config
    if not config.plain or "role" in node:
        return False
    from ...course.patterns import matches  # most courses have no such page

    return matches(node["docname"], config.plain)


def shown_plainly(env: BuildEnvironment, node: await_run, run: PublishableRun) -> list[nodes.Node]:
    """The blocks of a run, with its output in its placeholder: without blank lines before and after it."""
    place = place_in(node)
    if place is None:
        return list(node.children)
    rows = list(_rows(env, run))
    while rows and isinstance(rows[0], str) and not rows[0].strip():
        del rows[0]
    while rows and isinstance(rows[-1], str) and not rows[-1].strip():
        del rows[-1]
    if not rows:
        remove_place(node)
        return list(node.children)
    if isinstance(rows[-1], str):
        rows[-1] = rows[-1].rstrip()
    if emphasized := emphasized_lines(place, len(rows)):
        place["highlight_args"] = {**place.get("highlight_args", {}), "hl_lines": emphasized}
    fill_with_rows(place, with_caption(node, place), rows, place["language"])
    return list(node.children)


def _rows(env: BuildEnvironment, run: PublishableRun) -> Iterator[str | nodes.Node]:
    for one in in_order(run):
        if isinstance(one, int):
            yield _display(env, run, one)
            continue
        for line in run.lines[slice(*one)]:
            if line.omitted:
                yield left_out(line.omitted)
            yield line.text


def _display(env: BuildEnvironment, run: PublishableRun, number: int) -> str | nodes.Node:
    """A display in the form that the builder can show."""
    session, data = session_of(env), run.recording.displays[number].data
    image = image_node(env, run, number)
    if image is None:
        content = content_node(env, run, number)
        return data.get(PLAIN, alternative(run, number)) if content is None else content
    shown = nodes.paragraph("", "", image)
    if session.format == "html" and session.builder != "epub":
        dark = image_node(env, run, number, dark=True)
        if dark is not None:
            image["classes"].append("await-light")
            dark["classes"].append("await-dark")
            shown += dark
    return shown
