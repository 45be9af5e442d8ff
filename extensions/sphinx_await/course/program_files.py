"""The programs of a page as files that readers take with them: one each, all in an archive, and a notebook.

They are as they run, with hidden lines, and a part of a session has the parts before it. Nothing depends on when it is
made. Left out are programs that their author keeps from readers (``no-live``), and those of exercises.
"""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.digest import digest
from ..core.syntax import nodes_of
from ..core.validation.expected_output import without_expectation
from .jobs import jobs_of, runs_in_loop

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ..core.model.snippet import Snippet
    from .config import AwaitConfig
    from .entries import SnippetEntry

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_LONGEST = 80  # characters of the name of a file
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_IN_LOOP = "# It awaits outside of functions: python -m asyncio runs what is typed like this.\n"


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """A program that can be taken away.

    :ivar name: of its file.
    :ivar text: all that runs, with the earlier parts of its session.
    :ivar own: the program alone, for a notebook, whose cells share a state.
    :ivar raises: an exception is meant to end it.
    """

    name: str
    text: str
    own: str
    raises: bool = False


def program_files(
    entries: Sequence[SnippetEntry],
    docname: str,
    config: AwaitConfig,
    *,
    left_out: Collection[str] = (),
    asked: Collection[str] = (),
) -> list[ProgramFile]:
    """The programs of a page, in its order.

    :param left_out: names of programs of exercises.
    :param asked: names of programs about which readers are asked: what they print is not to be seen.
    """
    found: dict[str, ProgramFile] = {}
    for job in jobs_of(entries, docname, config):
        for part, entry in enumerate(job.entries):
            parts, place = job.parts_of_process(part)
            snippets = [one.snippet for one in parts[: place + 1]]
            snippet = entry.snippet
            if snippet.name in left_out or any(one.options.live is False for one in snippets):
                continue
            texts = [_text(one, config, is_asked=one.name in asked) for one in snippets]
            note = _IN_LOOP if runs_in_loop(snippet, docname, config) else ""
            is_raised = snippet.options.raises is not None
            file = ProgramFile(_file_name(snippet.name), note + "\n".join(texts), texts[-1], is_raised)
            found[snippet.name] = file
    in_order = [found[entry.snippet.name] for entry in entries if entry.snippet.name in found]
    return _with_names(in_order)


def archive(files: Sequence[ProgramFile]) -> bytes:
    """All files in one archive (ZIP)."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for file in files:
            written.writestr(zipfile.ZipInfo(file.name, _LONG_AGO), file.text, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def notebook(files: Sequence[ProgramFile], title: str) -> str:
    """All programs as cells of a notebook (nbformat 4.5). What runs a loop there awaits, since one runs already."""
    cells: list[dict[str, Any]] = [_cell("markdown", f"# {title}", "title", {})]
    for file in files:
        tags = {"tags": ["raises-exception"]} if file.raises else {}
        code = in_running_loop(file.own).rstrip("\n")
        cells.append({**_cell("code", code, file.name, tags), "execution_count": None, "outputs": []})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    made = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(made, ensure_ascii=False, indent=1) + "\n"


def in_running_loop(code: str) -> str:
    """A program for a place where an event loop runs: ``asyncio.run(main())`` outside of functions awaits there."""
    calls = [node for node in _outside_of_functions(code) if _runs_a_loop(node)]
    lines = code.split("\n")
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset), reverse=True):
        source = ast.get_source_segment(code, call.args[0])
        if source is None or call.lineno != call.end_lineno:
            continue
        line = lines[call.lineno - 1].encode()
        changed = line[: call.col_offset] + f"await {source}".encode() + line[call.end_col_offset :]
        lines[call.lineno - 1] = changed.decode()
    return "\n".join(lines)


def _outside_of_functions(code: str) -> Iterator[ast.Call]:
    tree = next(iter(nodes_of(code)), None)
    coming: list[ast.AST] = [] if tree is None else [tree]
    while coming:
        node = coming.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            yield node
        coming += ast.iter_child_nodes(node)


def _runs_a_loop(call: ast.Call) -> bool:
    return len(call.args) == 1 and not call.keywords and ast.unparse(call.func) == "asyncio.run"


def _text(snippet: Snippet, config: AwaitConfig, *, is_asked: bool) -> str:
    code = without_expectation(snippet.code, config.expect_markers) if is_asked else snippet.code
    return code if code.endswith("\n") else f"{code}\n"


def _cell(kind: str, source: str, name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {"cell_type": kind, "id": digest(name)[:8], "metadata": dict(metadata), "source": lines}


def _file_name(name: str) -> str:
    return f"{_NOT_IN_NAMES.sub('-', name)[:_LONGEST].strip('-.') or 'program'}.py"


def _with_names(files: Sequence[ProgramFile]) -> list[ProgramFile]:
    """The files, each with a name of its own: a file system may not tell small letters from large ones."""
    taken: set[str] = set()
    found = []
    for file in files:
        name = file.name
        while name.casefold() in taken:
            name = f"{name.removesuffix('.py')}-.py"
        taken.add(name.casefold())
        found.append(ProgramFile(name, file.text, file.own, file.raises))
    return found
