"""How a filled run looks in HTML: the nodes, and their visitors."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.locale import get_translation

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator

_ = get_translation("sphinx_await")

#: Longer output is folded after this many lines.
UNFOLDED_LINES = 30


class await_figure(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """A run: ``name``, ``wall`` (seconds), ``failed``."""


class await_outputs(nodes.General, nodes.Element):  # noqa: N801
    """Output: ``lines`` of (moment in seconds, stream, task's name or None, text), and how to show them.

    ``marks``: for a line that has a mark in the picture, its own id and the mark's.
    """


class await_facts(nodes.General, nodes.TextElement):  # noqa: N801
    """What was measured, as one line."""


def visit_figure(self: HTML5Translator, node: await_figure) -> None:
    """Open the figure."""
    failed = " await-failed" if node["failed"] else ""
    data = {"data-name": node["name"], "data-wall": f"{node['wall']:.6f}"}
    self.body.append(self.starttag(node, "figure", CLASS=f"await-run{failed}", **data))


def depart_figure(self: HTML5Translator, _node: await_figure) -> None:
    """Close the figure."""
    self.body.append("</figure>\n")


def visit_facts(self: HTML5Translator, node: await_facts) -> None:
    """Open the line below the run."""
    self.body.append(self.starttag(node, "figcaption", "", CLASS="await-facts"))


def depart_facts(self: HTML5Translator, _node: await_facts) -> None:
    """Close the line below the run."""
    self.body.append("</figcaption>\n")


def visit_outputs(self: HTML5Translator, node: await_outputs) -> None:
    """Write the output line by line; long output is folded."""
    texts = _highlighted(self, node)
    rows = [_mark(node, index) + _row(node, index, text) for index, text in enumerate(texts)]
    attributes = {"role": "group", "aria-label": node["label"]}
    self.body.append(self.starttag(node, "div", CLASS="await-outputs", **attributes))
    self.body.append(f'<pre tabindex="0">{"".join(rows[:UNFOLDED_LINES])}</pre>\n')
    if rest := rows[UNFOLDED_LINES:]:
        summary = escape(_("%d more lines") % len(rest))
        self.body.append(f'<details class="await-more"><summary>{summary}</summary>\n')
        self.body.append(f'<pre tabindex="0">{"".join(rest)}</pre></details>\n')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _highlighted(self: HTML5Translator, node: await_outputs) -> list[str]:
    """Each line's HTML, coloured if the author named a language for the output."""
    texts = [text for _at, _stream, _task, text in node["lines"]]
    if node["language"] in {"none", "text"}:
        return [escape(text, quote=False) for text in texts]
    # With nowrap there is one line of HTML for each line of text: Pygments closes its spans at line ends.
    html = self.highlighter.highlight_block("\n".join(texts), node["language"], location=node, nowrap=True)
    lines = html.removesuffix("\n").split("\n")
    return lines + [""] * (len(texts) - len(lines))


def _row(node: await_outputs, index: int, html: str) -> str:
    at, stream, task, _text = node["lines"][index]
    classes = f"await-output await-{stream}" + (" hll" if index + 1 in node["emphasized"] else "")
    owner = f' data-task="{escape(task)}"' if task is not None else ""
    number = f'<span class="linenos">{index + 1}</span>' if node["linenos"] else ""
    own, moment = "", f"{at:.3f}"
    if (ids := node["marks"].get(index)) is not None:
        own, moment = f' id="{ids[0]}"', f'<a href="#{ids[1]}">{moment}</a>'
    moment = f'<span class="await-time">{moment}</span>'
    return f'<span class="{classes}"{own}{owner}>{moment}{number}<span class="await-text">{html}</span>\n</span>'


def _mark(node: await_outputs, index: int) -> str:
    """A label where a stretch of standard error begins: it is told apart by more than colour."""
    streams = [stream for _at, stream, _task, _text in node["lines"][max(0, index - 1) : index + 1]]
    if streams[-1] != "stderr" or (index and index != UNFOLDED_LINES and streams[0] == "stderr"):
        return ""
    return f'<span class="await-mark">{escape(_("error output"))}</span>'
