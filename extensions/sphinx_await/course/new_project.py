"""A small course to begin with, made of the files in ``template``; and what an existing site has to add."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from .._version import __version__
from ..core.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable
    from pathlib import Path

#: Those in which there are chapters.
LANGUAGES = ("en", "ko")
#: Files whose names begin with a dot have this in the package, where tools would take them for their own.
_DOT = "dot-"
#: What may be in a folder that counts as empty.
_MAY_BE_THERE = {".git"}
#: Where a site usually has its conf.py.
_PLACES = ("", "docs", "doc", "source", "docs/source", "doc/source")
_LINES = """\
extensions = [..., {names}]  # beside those that are there
await_run_fences = ["**"]  # the plain ```python fences of every page run; or leave it out and use exec_code
exclude_patterns = [..., "_build"]  # where the site is built below its sources"""


@dataclass(frozen=True, slots=True)
class NewProject:
    """What is asked about a new course.

    :ivar title: one line of text.
    :ivar language: one of :data:`LANGUAGES`.
    """

    title: str
    language: str

    def __post_init__(self) -> None:
        """:raises OptionError: the title is no line of text."""
        if not self.title.strip() or not self.title.isprintable():
            raise OptionError(f"--title: one line of text expected, found {self.title!r}")

    def files(self) -> dict[str, str]:
        """The text of each file, by its path within the course."""
        template = resources.files(__package__) / "template"
        found = dict(_texts(template / "shared")) | dict(_texts(template / self.language))
        values = {
            # JSON's strings are strings of Python, too.
            '"@TITLE@"': json.dumps(self.title, ensure_ascii=False),
            "@MARKDOWN_TITLE@": re.sub(r"([\\`*_\[\]{}<>&#$])", r"\\\1", self.title),
            "@LANGUAGE@": self.language,
            "@VERSION@": __version__,
        }
        return {path: _filled(text, values) for path, text in sorted(found.items())}


def title_of(folder: Path) -> str:
    """A title for the course in a folder, from its name."""
    words = re.sub(r"[-_\s]+", " ", folder.resolve().name).strip()
    return words[:1].upper() + words[1:] or "Course"


def write_project(project: NewProject, folder: Path) -> list[str]:
    """Write a new course into a folder, which is made if it is missing.

    :returns: the paths that were written, within the folder.
    :raises OptionError: something is there already, or cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or {path.name for path in folder.iterdir()} - _MAY_BE_THERE):
            kind = "a folder that is not empty" if folder.is_dir() else "no folder"
            raise OptionError(f"{folder}: this is {kind}; name a new one (nothing was written)")
        for path, text in (files := project.files()).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise OptionError(f"{error.filename or folder}: {error.strerror}") from None
    return list(files)


def advice_for_site(folder: Path) -> str:
    """What to add to the conf.py of a site that is there already, whose root may be this folder.

    :raises OptionError: there is no conf.py where a site has it.
    """
    found = next((path for place in _PLACES if (path := folder / place / "conf.py").is_file()), None)
    if found is None:
        places = ", ".join(place or "." for place in _PLACES)
        raise OptionError(f"no conf.py in {places}; `sphinx-await new FOLDER` makes a course with one")
    text = found.read_text(encoding="utf-8", errors="replace")
    if re.search(r"""["']sphinx_await["']""", text):
        return f"{found} names sphinx_await already."
    names = '"sphinx_await"' if "myst" in text else '"myst_parser", "sphinx_await"'
    lines = [f"Put into {found}:", "", _LINES.format(names=names)]
    if re.search(r"""["']sphinx_exec_code["']""", text):
        lines += ["", 'Take "sphinx_exec_code" out: its directives are run by sphinx_await, which keeps their options.']
    lines += ["", f"Then: python -m sphinx -W --keep-going {found.parent} {found.parent / '_build' / 'html'}"]
    return "\n".join(lines)


def _texts(folder: Traversable, within: str = "") -> Iterator[tuple[str, str]]:
    for entry in folder.iterdir():
        name = f"{within}{entry.name.replace(_DOT, '.', 1) if entry.name.startswith(_DOT) else entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _texts(entry, f"{name}/")
        else:
            yield name, entry.read_text(encoding="utf-8")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in the places of their names, at once, so that no value is taken for a name."""
    return re.sub("|".join(map(re.escape, values)), lambda found: values[found[0]], text)
