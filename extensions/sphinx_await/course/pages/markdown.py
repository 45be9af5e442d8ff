"""Finds fences and directives in Markdown, as MyST reads it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ...core.errors import OptionError
from ..fence_comment import OPTIONS, TAGS, AskedRun, is_html_of_options, parse_comment, parse_html
from ..prompts import PROMPT_TAGS
from .model import Directive
from .reader import RUNS, option_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from .model import Lines
    from .reader import PageReader

#: ``{name} argument`` after the signs of a fence.
_DIRECTIVE = re.compile(r"\{(?P<name>[^\s{}]+)\}(?P<argument>.*)", re.DOTALL)
_YAML = re.compile(r"(?P<name>[\w-]+)\s*:(?:\s+(?P<value>.*)|\s*)")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_TAGS = TAGS | PROMPT_TAGS
_FENCES = frozenset({"fence", "colon_fence"})


def scan(reader: PageReader, lines: Lines) -> None:
    """Give a reader all fences and directives of some lines.

    :raises ImportError: markdown-it-py or mdit-py-plugins is not installed.
    """
    # A line of Markdown may hold what only Python takes for the end of a line.
    tokens = _parser(reader.context.markdown).parse("\n".join(text for _, text in lines))
    comments: dict[int, Token] = {}
    before: dict[int, Token] = {}  # at each level, what comes right before
    for token in tokens:
        if token.nesting < 0:
            before.pop(token.level + 1, None)
        elif _is_comment(token):
            comments[id(token)] = token
        elif token.type in _FENCES:
            directive = _directive_of(token, lines)
            _take(reader, lines, token, directive, _popped(reader, comments, before, token, directive))
        if token.nesting <= 0:
            before[token.level] = token
    for comment in comments.values():
        reader.mistake(_line_of(lines, comment), "no Python fence that runs follows this comment")


@lru_cache(maxsize=8)
def _parser(extensions: frozenset[str]) -> MarkdownIt:
    """A parser of blocks only."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.attrs import attrs_block_plugin
    from mdit_py_plugins.colon_fence import colon_fence_plugin
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.field_list import fieldlist_plugin
    from mdit_py_plugins.footnote import footnote_plugin
    from mdit_py_plugins.front_matter import front_matter_plugin
    from mdit_py_plugins.myst_blocks import myst_block_plugin

    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).use(myst_block_plugin)
    parser.use(footnote_plugin, inline=False, move_to_end=False, always_match_refs=True)
    chosen = {
        "colon_fence": colon_fence_plugin,
        "deflist": deflist_plugin,
        "fieldlist": fieldlist_plugin,
        "attrs_block": attrs_block_plugin,
    }
    for name, plugin in chosen.items():
        if name in extensions:
            parser.use(plugin)
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def _is_comment(token: Token) -> bool:
    if token.type == "html_block":
        return is_html_of_options(token.content)
    return token.type == "myst_line_comment" and OPTIONS.search(token.content) is not None


def _popped(
    reader: PageReader,
    comments: dict[int, Token],
    before: Mapping[int, Token],
    fence: Token,
    directive: Directive | None,
) -> Token | None:
    """The comment right before a fence of Python, or before a directive that shows some, which is then used.

    :param before: at each level, what comes right before.
    """
    comment = before.get(fence.level)
    is_program = _language(fence) in _TAGS if directive is None else reader.is_python(directive)
    if comment is None or id(comment) not in comments or not is_program:
        return None
    return comments.pop(id(comment))


def _directive_of(token: Token, lines: Lines) -> Directive | None:
    assert token.map is not None
    start = token.map[0]
    if (found := _DIRECTIVE.fullmatch(token.info.strip())) is None:
        return None
    content = token.content.split("\n")
    numbers = [lines[min(start + 1 + at, len(lines) - 1)][0] for at in range(len(content))]
    return _directive(found, list(zip(numbers, content, strict=True)), lines[start][0])


def _language(token: Token) -> str:
    return (token.info.split() or [""])[0].casefold() if token.type == "fence" else ""


def _line_of(lines: Lines, comment: Token) -> int:
    """The line of a comment with its options."""
    assert comment.map is not None
    first, end = comment.map
    return next((number for number, text in lines[first:end] if "await:" in text), lines[first][0])


def _take(reader: PageReader, lines: Lines, token: Token, directive: Directive | None, comment: Token | None) -> None:
    assert token.map is not None
    start = token.map[0]
    if directive is not None and comment is None:
        reader.directive(directive, lambda body: scan(reader, body))
        return
    if directive is None and _language(token) not in _TAGS:
        return
    try:
        asked = None if comment is None else _asked(comment)
    except OptionError as error:
        assert comment is not None
        reader.mistake(_line_of(lines, comment), str(error))
        return
    if directive is not None:
        assert comment is not None
        assert asked is not None
        reader.commented(directive, asked, _line_of(lines, comment))
        return
    first = lines[start + 1][0] if start + 1 < len(lines) else lines[start][0]
    reader.fence(token.content, first, asked, prompts=_language(token) in PROMPT_TAGS)


def _asked(comment: Token) -> AskedRun:
    return parse_html(comment.content) if comment.type == "html_block" else parse_comment(comment.content)


def _directive(found: re.Match[str], content: Lines, line: int) -> Directive:
    """A directive with its options, which are lines ``:name: value``, or YAML between ``---``."""
    name, argument = found["name"], found["argument"].strip()
    if content and not content[-1][1]:
        content = content[:-1]  # the end of the last line
    block: list[str] = []
    if content and content[0][1].startswith("---"):
        end = next((at for at, (_, text) in enumerate(content[1:], 1) if text.startswith("---")), len(content))
        block = [text for _, text in content[1:end]]
        content = content[end + 1 :]
    else:
        while content and content[0][1].lstrip().startswith(":") and not content[0][1].lstrip().startswith(":::"):
            block.append(content[0][1].lstrip()[1:])
            content = content[1:]
    options, wrong = _options(block)
    if name in RUNS:
        known = option_names(name)
        options = {name: value for name, value in options.items() if name in known}  # MyST warns of others
        content = [(line, argument), *content] if argument else content
    return Directive(name, argument, options, content, line, wrong)


def _options(block: Sequence[str]) -> tuple[dict[str, str], str]:
    """The options of lines of YAML, and what is wrong with them, in words."""
    try:
        import yaml
    except ImportError:  # myst-parser needs it, and a reader of Markdown alone does not
        return _simple_options(block)
    try:
        found = yaml.load("\n".join(block), Loader=yaml.BaseLoader)  # noqa: S506 - it makes texts, lists and dicts only
    except yaml.YAMLError:
        return _simple_options(block)
    if found is None:
        return {}, ""
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in [*found, *found.values()]):
        simple, wrong = _simple_options(block)  # MyST takes "[a, b]" as a text
        is_nested = isinstance(found, dict) and (wrong or any(isinstance(one, dict) for one in found.values()))
        return ({str(name): _text_of(value) for name, value in found.items()}, "") if is_nested else (simple, wrong)
    return {name.strip(): value.strip() for name, value in found.items()}, ""


def _text_of(value: object) -> str:
    """The text of an option that has several lines: of a list its items, and nothing of what is nested deeper."""
    if isinstance(value, list):
        return " ".join(one for one in value if isinstance(one, str))
    return value.strip() if isinstance(value, str) else ""


def _simple_options(block: Sequence[str]) -> tuple[dict[str, str], str]:
    """The options of lines that each have one."""
    options, wrong = {}, ""
    for text in block:
        if not (line := _COMMENT.sub("", text).strip()):
            continue
        found = _YAML.fullmatch(line)
        if found is None:
            wrong = "an option that cannot be read: write `:name: value`"
            continue
        value = (found["value"] or "").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        options[found["name"]] = value
    return options, wrong
