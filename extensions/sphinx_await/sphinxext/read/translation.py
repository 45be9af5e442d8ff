"""Programs of translated pages: the code that a page shows is the code that runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.locale import init
from sphinx.util.i18n import docname_to_domain

from ...core.errors import OptionError
from ...course.prompts import read_typed

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

    from ...core.model.snippet import Snippet


def translation_of(env: BuildEnvironment, displayed: str) -> str | None:
    """The translation of a literal block in the catalogues of the project; None if it has none.

    Sphinx marks up a translated block as reStructuredText, of which MyST makes another text.
    """
    config = env.config
    folders = [str(Path(env.srcdir, folder)) for folder in config.locale_dirs]
    domain = docname_to_domain(env.current_document.docname, config.gettext_compact)
    catalogue, _found = init(folders, config.language, domain)
    texts = (displayed, displayed.rstrip("\n"), displayed.rstrip("\n") + "\n")
    return next((now for text in texts if (now := catalogue.gettext(text)) != text), None)


def translated(snippet: Snippet, displayed: str, now: str, first: int) -> Snippet:
    """The snippet, with the translation of its displayed code.

    :param displayed: the code that its author wrote, without the lines that are hidden.
    :param now: the code that the page shows.
    :param first: the number that the page shows at its first line.
    :raises OptionError: lines of it are hidden, and the translation has another number of lines.
    """
    if snippet.typed is not None:
        code, typed = read_typed(now, 1)
        count, last = len(code.lines), len(snippet.lines) - 1
        lines_in_file = tuple(snippet.lines[min(index, last)] for index in range(count))
        shown = tuple(range(first, first + count))
        return replace(snippet, code=code.executed, lines=lines_in_file, shown=shown, typed=typed)
    before, after, lines = displayed.split("\n"), now.split("\n"), snippet.code.split("\n")
    numbers = snippet.shown or tuple(range(first, first + len(lines)))
    if len(before) == len(after):
        for index, number in enumerate(numbers[: len(lines)]):
            place = None if number is None else number - first
            if place is not None and place < len(after) and before[place] != after[place]:
                shift = _indentation(lines[index]) - _indentation(before[place])
                lines[index] = " " * shift + after[place] if shift >= 0 else after[place][-shift:]
        return replace(snippet, code="\n".join(lines))
    if snippet.code.rstrip("\n") != displayed:
        raise OptionError("the translation of a program with hidden lines must have as many lines as the original")
    last = len(snippet.lines) - 1
    lines_in_file = tuple(snippet.lines[min(index, last)] for index in range(len(after)))
    return replace(snippet, code=now, lines=lines_in_file, shown=tuple(range(first, first + len(after))))


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
