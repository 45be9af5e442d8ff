"""Runs in HTML: the visitors of their nodes, and the scripts of a page.

A figure is code, output, picture (if it has one) and facts, in this order, and complete without the script. The script
puts a header with buttons before them.
"""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation

from ...core.text.xml_characters import plain
from ..nodes import (
    await_code,
    await_exercise,
    await_facts,
    await_figure,
    await_fold,
    await_indexed,
    await_outputs,
    await_picture,
)
from ..page_language import fallback, language_of
from .escaping import escape, size_words
from .static_files import (
    BIDI_STYLE,
    PICTURE_SCRIPT,
    PICTURE_STYLE,
    SCRIPT,
    clock_address,
    hint_address,
    player_address,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

_ = get_translation("sphinx_await")

#: Output of more lines is folded, and then its first ``LINES_BEFORE_FOLD`` are shown: a fold hides a good many lines.
LONGEST_UNFOLDED = 30
LINES_BEFORE_FOLD = 20

#: A figure of at most so many lines of code and output is not cut when the page is printed.
LINES_KEPT_TOGETHER = 25


def visit_figure(self: HTML5Translator, node: await_figure) -> None:
    """Open the figure."""
    failed = " await-failed" if node["failed"] else ""
    data: dict[str, Any] = {"data-name": node["name"], "data-wall": f"{node['wall']:.6f}"}
    if other := _fallback(self):
        data["lang"] = other
        for caption in node.findall(nodes.caption):
            caption["classes"].append(f"language-{_own_language(self)}")  # docutils makes an attribute of it
    if _is_short(node):
        data["data-whole"] = ""  # to be printed on one page
    self.body.append(self.starttag(node, "figure", CLASS=f"await-run{failed}", **data))


def _fallback(self: HTML5Translator) -> str | None:
    return fallback(self.builder.env, self.builder.current_docname)


def _own_language(self: HTML5Translator) -> str:
    return language_of(self.builder.env, self.builder.current_docname).replace("_", "-")


def _as_author(self: HTML5Translator) -> dict[str, Any]:
    """Attributes of what an author wrote, where the words around it are in another language than the page."""
    return {"lang": _own_language(self)} if _fallback(self) else {}


def depart_figure(self: HTML5Translator, _node: await_figure) -> None:
    """Close the figure."""
    self.body.append("</figure>\n")


def visit_exercise(self: HTML5Translator, node: await_exercise) -> None:
    """Open an exercise."""
    named: dict[str, Any] = {"role": "group", "aria-label": node["title"] or _("Exercise")}
    if "key" in node:
        named["data-await-exercise"] = node["key"]
    self.body.append(self.starttag(node, "div", CLASS="await-exercise", **named))
    if node["title"]:
        self.body.append(f'<p class="await-title">{escape(node["title"])}</p>\n')


def depart_exercise(self: HTML5Translator, _node: await_exercise) -> None:
    """Close the exercise."""
    self.body.append("</div>\n")


def visit_fold(self: HTML5Translator, node: await_fold) -> None:
    """Open folded content."""
    part = {"data-await-part": node["part"]} if "part" in node else {}
    self.body.append(self.starttag(node, "details", CLASS="await-fold", **part))
    self.body.append(f"<summary>{escape(node.shown_summary)}</summary>\n")


def depart_fold(self: HTML5Translator, _node: await_fold) -> None:
    """Close folded content."""
    self.body.append("</details>\n")


def visit_code(self: HTML5Translator, node: await_code) -> None:
    """Open the box of the code; the keyboard can reach it to scroll."""
    self.body.append(self.starttag(node, "div", CLASS="await-code", **_as_author(self), **_scroller(node["label"])))


def depart_code(self: HTML5Translator, _node: await_code) -> None:
    """Close the box of the code."""
    self.body.append("</div>\n")


def visit_indexed(_self: HTML5Translator, _node: await_indexed) -> None:
    """Write nothing: the visitor around it has."""
    raise nodes.SkipNode


def visit_facts(self: HTML5Translator, node: await_facts) -> None:
    """Open the line below the run."""
    self.body.append(f'<{_facts_tag(node)} class="await-facts">')


def depart_facts(self: HTML5Translator, node: await_facts) -> None:
    """Close the line below the run."""
    self.body.append(f"</{_facts_tag(node)}>\n")


def _facts_tag(node: await_facts) -> str:
    """A figure's caption is its own child."""
    return "p" if node.get("folded") else "figcaption"


def visit_outputs(self: HTML5Translator, node: await_outputs) -> None:
    """Write the output line by line; long output is folded."""
    fold = _fold(node)
    rows = [
        _gap(node, index) + _mark(node, index) + _row(node, index, text)
        for index, text in enumerate(_highlighted(self, node))
    ]
    self.body.append(self.starttag(node, "div", CLASS="await-outputs", **_as_author(self)))
    self.body.append(_lines(self, node, rows[:fold]))
    if rest := rows[fold:]:
        size = {"lines": len(rest), "size": _size(node["lines"][fold:])}
        summary = escape(_("%(lines)d more lines (%(size)s)") % size)
        self.body.append(f'<details class="await-more"><summary>{summary}</summary>\n')
        self.body.append(_lines(self, node, rest) + "</details>\n")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def add_script(app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document) -> None:
    """Load script and text style in a page that shows a run. Attributes of the script's tag hold its words."""
    shown = (node for node in doctree.findall() if isinstance(node, await_figure | await_picture))
    if app.builder.name == "epub" or next(shown, None) is None:
        return
    words: dict[str, Any] = {
        "data-await-copy": str(_("Copy")),
        "data-await-copied": str(_("Copied")),
        "data-await-refused": str(_("Could not be copied")),
        "data-await-moments": str(_("Moments (s)")),
    }
    app.add_js_file(SCRIPT, loading_method="defer", **words)
    app.add_css_file(BIDI_STYLE)


def visit_picture(self: HTML5Translator, node: await_picture) -> None:
    """Write a picture."""
    from .picture import write_html_picture  # only for pages that are written

    write_html_picture(self, node)


def add_picture_files(app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document) -> None:
    """Load the style and script of pictures in a page that has a picture."""
    if app.builder.name != "epub" and next(doctree.findall(await_picture), None):
        offer = {
            "script": player_address(),
            "clock": clock_address(),
            "hint": hint_address(),
            "together": str(_("On one clock")),
            "step": str(_("Step by step")),
            "failed": str(_("could not be loaded")),
        }
        on_tag: dict[str, Any] = {"data-await-player": json.dumps(offer, ensure_ascii=False)}
        app.add_css_file(PICTURE_STYLE)
        app.add_js_file(PICTURE_SCRIPT, type="module", **on_tag)


def _is_short(node: await_figure) -> bool:
    outputs = sum(len(block["lines"]) - block.astext().count("\n") for block in node.findall(await_outputs))
    return node.astext().count("\n") + outputs <= LINES_KEPT_TOGETHER


def _scroller(label: str) -> dict[str, Any]:
    """Attributes that make a scrolling box focusable, and name it."""
    return {"role": "group", "aria-label": label, "tabindex": "0"}


def _lines(self: HTML5Translator, node: await_outputs, rows: list[str]) -> str:
    return f"{self.starttag(nodes.Element(), 'pre', '', **_scroller(node['label']))}{''.join(rows)}</pre>\n"


def _fold(node: await_outputs) -> int:
    """The number of lines before the fold."""
    count = len(node["lines"])
    return LINES_BEFORE_FOLD if count > LONGEST_UNFOLDED else count


def _size(lines: list[tuple[float, str, str | None, str]]) -> str:
    return size_words(sum(len(text.encode("utf-8", "surrogatepass")) + 1 for _at, _stream, _task, text in lines))


def _highlighted(self: HTML5Translator, node: await_outputs) -> list[str]:
    """The HTML of each line: coloured by the program, or highlighted if the author named a language for the output."""
    texts = [plain(text) for _at, _stream, _task, text in node["lines"]]
    if node["language"] in {"none", "text"}:
        return [_styled(text, styles) for text, styles in zip(texts, node["styles"], strict=True)]
    # With nowrap there is one line of HTML for each line of text: Pygments closes its spans at line ends.
    coloured = self.highlighter.highlight_block("\n".join(texts), node["language"], location=node, nowrap=True)
    lines = coloured.removesuffix("\n").split("\n")
    return lines + [""] * (len(texts) - len(lines))


def _styled(text: str, styles: list[tuple[int, int, tuple[str, ...], str]]) -> str:
    """A line with the colours and links of a terminal."""
    written, at = "", 0
    for start, end, names, link in styles:
        classes = " ".join(f"await-ansi-{name}" for name in names)
        inner = html.escape(text[start:end], quote=False)
        written += html.escape(text[at:start], quote=False)
        inner = f'<span class="{classes}">{inner}</span>' if classes else inner
        written += f'<a class="reference external" href="{html.escape(link)}">{inner}</a>' if link else inner
        at = end
    return written + html.escape(text[at:], quote=False)


def _row(node: await_outputs, index: int, text: str) -> str:
    at, stream, task, _text = node["lines"][index]
    classes = f"await-output await-{stream}" + (" hll" if index + 1 in node["emphasized"] else "")
    owner = f' data-task="{escape(task)}"' if task is not None else ""
    number = f'<span class="linenos">{node["before"] + index + 1}</span>' if node["linenos"] else ""
    own, moment = "", f"{at:.3f}"
    if (ids := node["marks"].get(index)) is not None:
        own, moment = f' id="{ids[0]}"', f'<a href="#{ids[1]}">{moment}</a>'
    moment = f'<span class="await-time">{moment}</span>'
    return f'<span class="{classes}"{own}{owner}>{moment}{number}<span class="await-text">{text}</span>\n</span>'


def _gap(node: await_outputs, index: int) -> str:
    """What is said where lines are missing."""
    words = node["omitted"].get(index)
    return f'<span class="await-gap">{escape(words)}</span>' if words else ""


def _mark(node: await_outputs, index: int) -> str:
    """A label where standard error begins: colour alone is not enough to mark it."""
    streams = [stream for _at, stream, _task, _text in node["lines"][max(0, index - 1) : index + 1]]
    if streams[-1] != "stderr" or (index and index != _fold(node) and streams[0] == "stderr"):
        return ""
    return f'<span class="await-mark">{escape(_("error output"))}</span>'
