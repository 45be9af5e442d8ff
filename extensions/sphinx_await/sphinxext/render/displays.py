"""Displays in pages, in the form that each builder can show: images that Sphinx copies like any other, or nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import get_translation

from ...core.digest import digest
from ...core.model.displays import HTML, IMAGES, LATEX, MARKDOWN, PLAIN, SUFFIXES, SVG, image_bytes
from ..build_session import session_of
from ..nodes import await_display
from .downloads import DISPLAYS

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")


def alternative(run: PublishableRun, number: int) -> str:
    """The alternative text of a display.

    :param number: its index in the recording, from 0.
    """
    return run.recording.displays[number].alt or str(_("Result %(number)d of %(name)s")) % {
        "number": number + 1,
        "name": run.name,
    }


def display_node(env: BuildEnvironment, run: PublishableRun, number: int) -> await_display:
    """A display for HTML: its image, other nodes, or its text."""
    display = run.recording.displays[number]
    task = None if display.task is None else run.recording.tasks[display.task].name
    image = image_node(env, run, number)
    if image is None:
        content = content_node(env, run, number)
        if content is None:
            text = display.data.get(PLAIN, alternative(run, number))
            content = nodes.literal_block(text, text, language="none")
        return await_display("", content, at=display.at, task=task, label=alternative(run, number))
    node = await_display("", image, at=display.at, task=task)
    # A book has one image, which is for a light page.
    if session_of(env).builder != "epub" and (dark := image_node(env, run, number, dark=True)) is not None:
        image["classes"].append("await-light")
        dark["classes"].append("await-dark")
        node += dark
    return node


def content_node(env: BuildEnvironment, run: PublishableRun, number: int) -> nodes.Element | None:
    """What is shown of a display without an image; None if that is its text."""
    data, session = run.recording.displays[number].data, session_of(env)
    if LATEX in data and session.formulas:
        # What Sphinx expects of a formula that has neither a name nor a number.
        return nodes.math_block("", data[LATEX], label=None, number=None, docname=run.docname)
    if HTML in data and session.format == "html":
        return nodes.raw(data[HTML], data[HTML], format="html")
    if MARKDOWN in data:
        from .markdown import markdown_nodes  # few programs write it

        if found := markdown_nodes(data[MARKDOWN]):
            return nodes.container("", *found, classes=["await-markdown"])
    return None


def image_node(env: BuildEnvironment, run: PublishableRun, number: int, *, dark: bool = False) -> nodes.image | None:
    """The image of a display in the form that the builder likes best; None if there is none that it can show.

    :param dark: the one for dark pages.
    """
    display, session = run.recording.displays[number], session_of(env)
    forms = display.dark if dark else display.data
    kinds = [kind for kind in session.image_types if kind in forms and kind in IMAGES]
    if not kinds and session.converts_images and SVG in forms:
        kinds = [SVG]
    if not kinds:
        return None
    kind = kinds[0]
    data = image_bytes(kind, forms[kind])
    path = session.outdir / DISPLAYS / f"await-{digest(data)}.{SUFFIXES[kind]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    uri = path.as_posix()
    env.images.add_file(run.docname, uri)
    node = nodes.image("", uri=uri, candidates={kind: uri}, alt=alternative(run, number))
    if display.width is not None:
        node["width"] = f"{display.width}px"
    return node


def visit_display(self: HTML5Translator, node: await_display) -> None:
    """Open a display."""
    attributes = {} if node["task"] is None else {"data-task": node["task"]}
    if label := node.get("label"):  # it may be wide, so it can be scrolled by keyboard, too; an image is made to fit
        attributes |= {"tabindex": "0", "role": "group", "aria-label": label}
    self.body.append(self.starttag(node, "div", CLASS="await-display", **attributes))
    self.body.append(f'<span class="await-time">{node["at"]:.3f}</span>')


def depart_display(self: HTML5Translator, _node: await_display) -> None:
    """Close it."""
    self.body.append("</div>\n")
