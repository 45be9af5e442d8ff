"""A run in the hands of its reader: what a page says of it, and the files that make it run.

The page is written whole; an element in each figure holds the program, and a script that makes buttons of it. If the
runtime was not built, there is neither.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation
from sphinx.util import logging

from ...core.digest import digest
from ...engine.settings import Host
from ..domain import domain_of
from ..nodes import await_live
from .html import PICTURE_STYLE
from .labels import label_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ..outcome import Outcome

logger = logging.getLogger(__name__)
_ = get_translation("sphinx_await")

#: Below ``_static``: everything that a live run needs.
FOLDER = "await-live"
SCRIPT, STYLE, COURSE = "element.js", "element.css", "course.json"
#: What the script asks for when it is needed.
_ASKED_FOR = ("live-runner.js", "editor.js", "codemirror.js")
_FILES = (SCRIPT, STYLE, *_ASKED_FOR)
#: Names a folder with another runtime than the one that comes with the package.
RUNTIME = "SPHINX_AWAIT_RUNTIME"
#: Without this file, a folder holds no runtime.
MANIFEST = "manifest.json"
_HERE = Path(__file__).parents[2] / "browser"
_DIGITS = 16


def is_live(app: Sphinx) -> bool:
    """Whether readers of these pages may run programs: wanted, and there is what runs them."""
    wanted = app.builder.format == "html" and app.builder.name != "epub" and bool(app.config.await_live)
    return wanted and _runtime().joinpath(MANIFEST).is_file()


def live_state(app: Sphinx) -> str:
    """What pages that offer a run show of the configuration; empty if none does."""
    if not is_live(app):
        return ""
    config = app.config
    return repr((config.await_hosts, config.await_output_limit, config.await_environment))


def add_live_files(app: Sphinx, _env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: put what runs programs below the output folder, or say that it is missing."""
    if not _has_programs(app):
        return []
    if is_live(app):
        _copy_all(Path(app.outdir, "_static", FOLDER))
        _write(Path(app.outdir, "_static", FOLDER, COURSE), json.dumps(_course(app), ensure_ascii=False))
    elif app.builder.name in {"html", "dirhtml", "singlehtml"} and app.config.await_live:
        logger.info("live is off: %s has no runtime for browsers (in a clone, `nox -s live` builds it)", _runtime())
    return []


def live_of(
    app: Sphinx, docname: str, snippet: Snippet, outcome: Outcome, checks: Sequence[dict[str, str]]
) -> list[await_live]:
    """What a page offers its readers for a run, if anything.

    :param checks: what a program that solves an exercise has to do: ``test`` and ``hint`` of each.
    """
    from .picture import prefix_of

    if snippet.options.live is False or not is_live(app):
        return []
    names = [part.name for part in outcome.parts]
    earlier = outcome.parts[: names.index(snippet.name)]
    hindrance = None if snippet.options.live else _hindrance(app, [*earlier, snippet], outcome.recording)
    before = [part.code for part in earlier]
    program = {
        "name": f"{prefix_of(docname, snippet.name)}-live",
        "title": snippet.name,
        "key": digest("\0".join([*before, snippet.code]))[:_DIGITS],
        "code": snippet.code,
        "shown": snippet.shown,
        "before": before,
        "only": str(_("This example runs only while the pages are built: %s") % hindrance) if hindrance else "",
        "checks": list(checks),
    }
    return [await_live("", program=program)]


def visit_live(self: HTML5Translator, node: await_live) -> None:
    """Write the element and its program, which nothing shows."""
    text = json.dumps(node["program"], ensure_ascii=False).replace("<", "\\u003c")
    self.body.append(f'<await-live><script type="application/json">{text}</script></await-live>\n')
    raise nodes.SkipNode


def add_live_script(app: Sphinx, _page: str, _template: str, _context: Any, doctree: nodes.document | None) -> None:
    """On ``html-page-context``: script and style, on pages that offer a run. Its words stand on its tag."""
    if doctree is None or next(doctree.findall(await_live), None) is None:
        return
    folder = Path(app.outdir, "_static", FOLDER)
    files = {name: _named(folder / name) for name in (*_ASKED_FOR, COURSE)}
    app.add_css_file(PICTURE_STYLE)
    app.add_css_file(f"{FOLDER}/{STYLE}")
    on_tag: dict[str, Any] = {"data-await-live": json.dumps({"files": files, "words": _words()}, ensure_ascii=False)}
    app.add_js_file(f"{FOLDER}/{SCRIPT}", type="module", **on_tag)


def _has_programs(app: Sphinx) -> bool:
    """Whether there is a program that a page may offer to run."""
    domain = domain_of(app.env)
    found = (snippet for snippets in domain.data["snippets"].values() for snippet in snippets)
    return domain.runner is not None and any(snippet["options"]["live"] is not False for snippet in found)


def _hindrance(app: Sphinx, parts: Sequence[Snippet], made: Recording) -> str | None:
    """What keeps a program from running in a browser, by name."""
    from ...core.validation.browser_support import obstacle

    answering = {stand_in.host for stand_in in made.stand_ins}
    handled = (name for name, host in _hosts(app) if host.handler and name in answering)
    return obstacle([part.code for part in parts], made, app.config.await_environment) or next(handled, None)


def _hosts(app: Sphinx) -> Iterator[tuple[str, Host]]:
    for name, given in app.config.await_hosts.items():
        yield name.lower(), Host.parse(name, given)


def _course(app: Sphinx) -> dict[str, Any]:
    """What every program of a course is handed: the lesson web, the words of pictures, bytes of output."""
    hosts = {name: asdict(host) for name, host in _hosts(app) if not host.handler}
    return {"hosts": hosts, "labels": label_words(), "limit": app.config.await_output_limit}


def _runtime() -> Path:
    return Path(os.environ.get(RUNTIME) or _HERE / "runtime")


def _copy_all(target: Path) -> None:
    """Put everything into a folder, and take away what an earlier version had there."""
    target.mkdir(parents=True, exist_ok=True)
    found = [*(_HERE / "static" / name for name in _FILES), *_runtime().iterdir()]
    sources = {path.name: path for path in found if path.is_file()}
    for name, source in sources.items():
        if not _is_copy(source, target / name):
            shutil.copy2(source, target / name)
    for path in target.iterdir():
        if path.is_file() and path.name not in {*sources, COURSE}:
            path.unlink()


def _is_copy(source: Path, copy: Path) -> bool:
    try:
        one, other = source.stat(), copy.stat()
    except OSError:
        return False
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def _named(path: Path) -> str | None:
    """A file's name with what tells its versions apart; None if it is not there."""
    return f"{path.name}?v={digest(path.read_bytes())[:8]}" if path.exists() else None


def _words() -> dict[str, str]:
    """What the element says, in the language of the page; ``{names}`` are filled in by the script."""
    words = {
        "run": _("Run"),
        "stop": _("Stop"),
        "edit": _("Edit"),
        "reset": _("Reset"),
        "share": _("Link"),
        "mine": _("My run"),
        "built": _("The page's run"),
        "choice": _("Which run is shown"),
        "output": _("Output of my run"),
        "picture": _("My run in words"),
        "editor": _("Program, to be edited. Tab leaves it."),
        "starting": _("Starting Python"),
        "loading": _("Loading Python: {loaded} of {total} MB"),
        "running": _("Running"),
        "took": _("{number} s"),
        "ended": _("Ended after {seconds} s"),
        "stopped": _("Stopped after {seconds} s"),
        "stopped_early": _("Stopped"),
        "wrong": _("{error} at line {line}"),
        "wrong_somewhere": _("Ended by {error}"),
        "waits": _("It waits for something that nobody will ever do. Stop ends it."),
        "busy": _("It computes without ever letting go of the event loop. Stop ends it."),
        "off": _("It could not be run: {reason}"),
        "copied": _("A link with this program was copied"),
        "linked": _("A link with this program is in the address bar"),
        "shared": _("This program came with the link. It runs only when you press."),
        "shared_beside": _(
            "This program came with the link. It runs only when you press. "
            "Your own edited program stays as it is; changes to this one are not kept."
        ),
        "too_long": _("The program is too long for a link"),
        "broken": _("The program in the link could not be read"),
        "kept": _("This is your edited program"),
        "earlier": _("Programs of this page that run before it: {count}"),
        "silent": _("It printed nothing."),
        "more": _("It printed more lines than are shown."),
        "error": _("error output"),
        "passed": _("done"),
        "missed": _("not yet"),
        "solved": _("Everything is done: this program solves the exercise."),
    }
    return {name: str(text) for name, text in words.items()}
