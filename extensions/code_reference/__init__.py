"""Tables of the guide that are read from the code, so that they cannot say something else.

``command_options COMMAND`` has the options of a command line, ``run_options`` those of programs, ``check_words`` what
checks may use, and ``recording_fields OBJECT`` the fields of an object of the JSON Schema beside the page, or in the
folder above. With ``:language: ko`` each cell is what ``ko.po`` beside this file says for it.

Pages must be Markdown.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

    from .tables import Row

#: The file that describes recordings, which tools/recording_schema.py writes from their dataclasses.
_SCHEMA = "recording.schema.json"
_HERE = Path(__file__).parent


class _CodeTable(SphinxDirective):
    """A table whose rows a file has. The page is read again when that file or the catalogue has changed."""

    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"language": directives.unchanged_required}
    heads: ClassVar[Row]

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        from .tables import markdown_table

        file, rows = self.rows()
        self.env.note_dependency(file)
        table = [self.heads, *rows]
        if language := self.options.get("language"):
            table = self._translated(table, language)
        box = nodes.Element()
        lines = markdown_table(table[0], table[1:])
        self.state.nested_parse(StringList(lines, source=file), self.content_offset, box)
        return box.children

    def _translated(self, table: Iterable[Row], language: str) -> list[Row]:
        from .tables import translations

        catalogue = _HERE / f"{language}.po"
        if not catalogue.is_file():
            raise self.error(f"there is no catalogue {catalogue.name!r}")
        self.env.note_dependency(str(catalogue))
        known = translations(catalogue)
        return [tuple(known.get(cell, cell) for cell in row) for row in table]

    def rows(self) -> tuple[str, Iterable[Row]]:
        """Return the path of the file, and the rows."""
        raise NotImplementedError


class CommandOptions(_CodeTable):
    """``command_options``: the options of a command of ``sphinx-await``, as ``--help`` has them."""

    required_arguments = 1
    heads = ("option", "effect")

    def rows(self) -> tuple[str, Iterable[Row]]:
        """Option and effect."""
        from sphinx_await import cli

        from .tables import command_rows

        _parser, commands = cli.make_parsers()
        name = self.arguments[0]
        if name not in commands:
            raise self.error(f"there is no command {name!r}; there are: {', '.join(commands)}")
        return str(cli.__file__), command_rows(commands[name])


class RunOptions(_CodeTable):
    """``run_options``: the options of a program."""

    heads = ("option", "meaning")

    def rows(self) -> tuple[str, Iterable[Row]]:
        """Option and meaning."""
        from sphinx_await.core.model import snippet

        from .tables import option_rows

        return str(snippet.__file__), option_rows(snippet.Options.__doc__ or "", snippet.PARSERS, snippet.FORMS)


class CheckWords(_CodeTable):
    """``check_words``: what a check may use, as the module that judges checks describes it."""

    heads = ("in a check", "meaning")

    def rows(self) -> tuple[str, Iterable[Row]]:
        """Word and meaning."""
        from sphinx_await.core.validation import exercise_checks

        from .tables import definition_rows

        return str(exercise_checks.__file__), definition_rows(exercise_checks.__doc__ or "")


class RecordingFields(_CodeTable):
    """``recording_fields``: the fields of an object in a recording."""

    required_arguments = 1
    heads = ("field", "type", "meaning", "default")

    def rows(self) -> tuple[str, Iterable[Row]]:
        """Field, type, meaning and default."""
        from .tables import field_rows

        _name, file = self.env.relfn2path(_SCHEMA)
        if not Path(file).is_file():  # a translation of the page is in a folder of its own
            _name, file = self.env.relfn2path(f"../{_SCHEMA}")
        schema = json.loads(Path(file).read_text(encoding="utf-8"))
        objects = {"Recording": schema, **schema["$defs"]}
        name = self.arguments[0]
        if name not in objects:
            raise self.error(f"there is no object {name!r}; there are: {', '.join(objects)}")
        return file, field_rows(objects[name]["properties"])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives to a Sphinx application."""
    app.add_directive("command_options", CommandOptions)
    app.add_directive("run_options", RunOptions)
    app.add_directive("check_words", CheckWords)
    app.add_directive("recording_fields", RecordingFields)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
