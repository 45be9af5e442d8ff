"""The tools that build the courses: how each is configured, started, and given a course in its own markup."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .courses import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .courses import Chapter, Course

PROJECT = Path(__file__).parents[2]

#: The distributions whose versions decide what is measured.
DISTRIBUTIONS = (
    *("sphinx-await", "sphinx", "docutils", "myst-parser", "pygments", "alabaster", "furo", "aiohttp"),
    *("sphinx-exec-code", "myst-nb", "jupyter-cache", "nbclient", "ipykernel", "sphinx-gallery", "joblib"),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A way to build a course.

    :ivar how: what it does with the programs, in words.
    :ivar markup: ``fence``, ``exec_code``, ``notebook`` or ``script``.
    :ivar conf: lines of its conf.py.
    :ivar arguments: more for sphinx-build.
    :ivar runs: it runs programs, so its pages must show what they print.
    :ivar ours: it is this project.
    """

    name: str
    how: str
    markup: str
    conf: str
    arguments: tuple[str, ...] = ()
    runs: bool = True
    ours: bool = False


_OURS = 'extensions = ["myst_parser", "sphinx_await"]\nawait_run_fences = ["*"]\n'
_EXEC_CODE = 'extensions = ["myst_parser", "sphinx_exec_code"]\n'
_NOTEBOOKS = 'extensions = ["myst_nb"]\nnb_execution_show_tb = True\n'
_GALLERY = """\
extensions = ["sphinx_gallery.gen_gallery"]
sphinx_gallery_conf = {
    "examples_dirs": "scripts",
    "gallery_dirs": "gallery",
    "filename_pattern": "chapter_",
    "parallel": 2,
    "image_scrapers": (),
    "reset_modules": (),
    "download_all_examples": False,
    "write_computation_times": False,
}
"""

TOOLS = (
    Tool("floor", "plain Sphinx and myst-parser: nothing runs", "fence", 'extensions = ["myst_parser"]\n', runs=False),
    Tool("await", "sphinx-await: a fresh process a program, all at once", "fence", _OURS, ours=True),
    Tool("await-j2", "the same, `sphinx-build -j 2`", "fence", _OURS, ("-j", "2"), ours=True),
    Tool("exec-code", "sphinx-exec-code: a fresh interpreter a program, one after another", "exec_code", _EXEC_CODE),
    Tool("exec-code-j2", "the same, `sphinx-build -j 2`", "exec_code", _EXEC_CODE, ("-j", "2")),
    Tool(
        "myst-nb-auto",
        "myst-nb, execution mode `auto`: a kernel a chapter",
        "notebook",
        _NOTEBOOKS + 'nb_execution_mode = "auto"\n',
    ),
    Tool(
        "myst-nb-cache",
        "myst-nb, execution mode `cache`: the same, with jupyter-cache",
        "notebook",
        _NOTEBOOKS + 'nb_execution_mode = "cache"\n',
    ),
    Tool("gallery", "sphinx-gallery, `parallel` 2: a script a chapter, its programs are cells", "script", _GALLERY),
)

_HEADER = "project = 'A course'\nhtml_theme = 'alabaster'\n"
_NOTEBOOK = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
_FENCES = {"fence": "python", "exec_code": "{exec_code}", "notebook": "{code-cell} ipython3"}


def write_course(tool: Tool, course: Course, folder: Path, edit: Edit) -> None:
    """Write the sources of a course into a folder; a file that would stay as it is is not touched."""
    for name, text in _files(tool, course, edit):
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _files(tool: Tool, course: Course, edit: Edit) -> Iterator[tuple[str, str]]:
    yield "conf.py", _HEADER + tool.conf
    chapters = course.chapters(edit)
    if tool.markup == "script":
        yield "index.rst", "A course\n========\n\n.. toctree::\n\n   gallery/index\n"
        yield "scripts/GALLERY_HEADER.rst", "Chapters\n========\n"
        for chapter in chapters:
            yield f"scripts/{chapter.name}.py", _script(chapter)
        return
    names = "".join(f"{chapter.name}\n" for chapter in chapters)
    yield "index.md", f"# A course\n\n```{{toctree}}\n{names}```\n"
    for chapter in chapters:
        yield f"{chapter.name}.md", _page(chapter, tool.markup)


def _page(chapter: Chapter, markup: str) -> str:
    parts = [f"{part.prose}\n\n```{_FENCES[markup]}\n{part.code}```\n" for part in chapter.parts]
    head = _NOTEBOOK if markup == "notebook" else ""
    return head + "\n".join([f"# {chapter.title}\n\n{chapter.intro}\n", *parts])


def _script(chapter: Chapter) -> str:
    parts = [f"# %%\n# {part.prose}\n\n{part.code}" for part in chapter.parts]
    bar = "=" * len(chapter.title)
    return "\n".join([f'"""\n{chapter.title}\n{bar}\n\n{chapter.intro}\n"""\n', *parts])


_FLOOR = '\nextensions = [name for name in extensions if name != "sphinx_await"]\n'


def write_own_course(tool: Tool, folder: Path, edit: Edit) -> None:
    """Write this repository's course into a folder, or edit it there.

    :raises ValueError: no place was found for the edit.
    """
    if edit is Edit.NONE:
        if not folder.exists():
            _copy_own_course(tool, folder)
        return
    path = folder / "source" / "asyncio.md"
    edited = _edit_snippet if edit is Edit.SNIPPET else _edit_prose
    path.write_text(edited(path.read_text(encoding="utf-8")), encoding="utf-8")


def _copy_own_course(tool: Tool, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in ("source", "examples"):
        if (PROJECT / name).exists():
            shutil.copytree(PROJECT / name, folder / name)
    conf = (PROJECT / "conf.py").read_text(encoding="utf-8")
    (folder / "conf.py").write_text(conf + ("" if tool.ours else _FLOOR), encoding="utf-8")


def _edit_snippet(text: str) -> str:
    """Change one line of the first program there without options: it gets a comment."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line == "```python" and not any("await:" in before for before in lines[max(0, number - 2) : number]):
            lines[number + 1] += "  # edited"
            return "\n".join(lines)
    raise ValueError("no plain Python fence was found in asyncio.md")


def _edit_prose(text: str) -> str:
    """Add a sentence to the first paragraph below the title."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if re.match(r"\w|`\w", line) and any(before.startswith("# ") for before in lines[:number]):
            lines[number] += " 한 문장을 더합니다."
            return "\n".join(lines)
    raise ValueError("no paragraph was found below the title of asyncio.md")
