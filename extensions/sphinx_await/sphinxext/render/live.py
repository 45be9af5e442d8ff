"""Programs that readers run in their browser: the element in the page.

The page is complete without them. An element in each figure holds the program, and a script turns it into buttons. If
the runtime was not built, there is neither.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import get_translation

from ...core.digest import digest
from ..build_session import session_of
from ..domain import domain_of
from ..names import run_prefix
from ..nodes import await_live
from ..page_language import language_of
from .escaping import escape
from .live_files import COURSE, FOLDER, SCRIPT, STYLE, course_file, hosts_of, is_live, static_files
from .static_files import PICTURE_STYLE, PLAYER_SCRIPT, player_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.writers.html5 import HTML5Translator

    from ...core.model.recording import Recording
    from ...core.model.snippet import Snippet
    from ...course.config import AwaitConfig
    from ...course.entries import Check
    from ..outcome import PublishableRun

_ = get_translation("sphinx_await")

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Offered:
    """A program that readers may run.

    :ivar docname: the document that shows it.
    :ivar earlier: the snippets of its session that run before it.
    :ivar recording: of its run when the pages were built; None if this Python is none for it.
    """

    docname: str
    snippet: Snippet
    earlier: tuple[Snippet, ...] = ()
    recording: Recording | None = None

    @classmethod
    def of(cls, run: PublishableRun) -> Self:
        """The program of a run."""
        return cls(run.docname, run.snippet, run.earlier, run.recording)

    @property
    def name(self) -> str:
        """The name of the run."""
        return self.snippet.name


def live_of(
    env: BuildEnvironment,
    run: Offered,
    checks: Sequence[Check] = (),
    feedback: Sequence[str] = (),
    order: Mapping[str, Any] | None = None,
) -> list[await_live]:
    """The element in which readers run a program, or that says why they cannot; none if it is switched off.

    :param checks: of the exercise that begins with this program.
    :param feedback: the conditions of its sentences for wrong answers.
    :param order: its lines, if readers put them in order.
    """
    if run.snippet.options.live is False or not is_live(env):
        return []
    # What an author keeps out of readers' browsers is not in the page, and what continues it cannot run there.
    kept = next((part for part in run.earlier if part.options.live is False), None)
    if kept is not None:
        obstacle: str | None = "no-live"
    else:
        obstacle = _two_at_once(env, run) or (None if run.snippet.options.live else _obstacle(env, run))
    from ...course.jobs import runs_in_loop  # as below

    before = [] if kept else [part.code for part in run.earlier]
    config = session_of(env).config
    parts = () if kept else (*run.earlier, run.snippet)
    in_loop = [number for number, part in enumerate(parts) if runs_in_loop(part, run.docname, config)]
    program = {
        "name": f"{run_prefix(run.docname, run.name)}-live",
        "title": run.name,
        "key": f"{digest(chr(0).join([*before, run.snippet.code]))[:_DIGITS]}:{_given_name(run)}",
        "code": run.snippet.code,
        "shown": run.snippet.shown,
        "hangs": run.snippet.options.hangs,
        "stops": run.snippet.options.stop_after,
        "stdin": run.snippet.options.stdin,
        "before": before,
        "in_loop": in_loop,
        **_of_displays(parts, run.docname, config),
        "only": str(_("Cannot run in a browser (%s)") % obstacle) if obstacle else "",
        "checks": [{"test": check.test, "hint": check.hint} for check in checks],
        "feedback": list(feedback),
    }
    if order is not None:
        program["order"] = {**order, "words": _words_of_order()}
    return [await_live("", program=program)]


def _of_displays(parts: Sequence[Snippet], docname: str, config: AwaitConfig) -> dict[str, Any]:
    """What a program needs that displays something; most programs display nothing."""
    from ...course.jobs import shows_last_value

    found: dict[str, Any] = {}
    if last_values := [number for number, part in enumerate(parts) if shows_last_value(part, docname, config)]:
        found["last_values"] = last_values
    if parts and (words := parts[-1].options.alternatives):
        found["alt"] = words
    return found


def _given_name(run: Offered) -> str:
    """The name that an author gave a program; empty for one that only has its number on the page."""
    return "" if re.fullmatch(rf"{re.escape(run.docname)}-\d+", run.name) else run.name


def tell_equal_programs_apart(document: nodes.document) -> None:
    """Make the keys by which readers' edits are kept unique on a page.

    A key is a digest of the program, with its name. Equal programs without names are counted: their numbers on the page
    change when another program is put before them.
    """
    seen: Counter[str] = Counter()
    for node in document.findall(await_live):
        program = node["program"]
        key = program["key"]
        seen[key] += 1
        if seen[key] > 1:
            node["program"] = program | {"key": f"{key}{seen[key]}"}


def visit_live(self: HTML5Translator, node: await_live) -> None:
    """Write the element and its program, which is not displayed."""
    text = json.dumps(node["program"], ensure_ascii=False).replace("<", "\\u003c")
    note = ""
    if "order" in node["program"] and not node["program"]["only"]:
        words = _("Press “%s”: each line then has buttons that move it.") % _("Edit")
        note = f'<p class="await-note await-to-order">{escape(words)}</p>'
    self.body.append(f'<await-live><script type="application/json">{text}</script>{note}</await-live>\n')
    raise nodes.SkipNode


def add_live_script(app: Sphinx, page: str, _template: str, _context: Any, doctree: nodes.document) -> None:
    """On ``html-page-context``: add script and style to pages with a runnable program. Its words are on its tag."""
    if next(doctree.findall(await_live), None) is None:
        return
    folder = Path(app.outdir, "_static", FOLDER)
    later = (path.name for path in static_files() if path.name not in {SCRIPT, STYLE})
    files = {name: _named(folder / name) for name in later}
    files[COURSE] = _named(folder / course_file(language_of(app.env, page), app.config))
    files[PLAYER_SCRIPT] = f"../{player_address()}"
    app.add_css_file(PICTURE_STYLE)
    app.add_css_file(f"{FOLDER}/{STYLE}")
    on_tag: dict[str, Any] = {"data-await-live": json.dumps({"files": files, "words": _words()}, ensure_ascii=False)}
    app.add_js_file(f"{FOLDER}/{SCRIPT}", type="module", **on_tag)


def _two_at_once(env: BuildEnvironment, run: Offered) -> str | None:
    """What keeps a program from running in a browser that is of no use without another one."""
    from ...course.meetings import is_in_meeting  # an unchanged build writes no page

    is_met = is_in_meeting(run.name, domain_of(env).snippets_of(run.docname))
    return str(_("two programs that run at the same time")) if is_met else None


def _obstacle(env: BuildEnvironment, run: Offered) -> str | None:
    """What keeps a program from running in a browser, by name."""
    from ...core.validation.browser_support import obstacle  # an unchanged build writes no page

    if other := next((part for part in (*run.earlier, run.snippet) if not _runs_there(part)), None):
        return f"Python {other.options.python}"
    answering = {stand_in.host for stand_in in run.recording.stand_ins} if run.recording else set()
    handled = (name for name, host in hosts_of(env) if host.handler and name in answering)
    codes = [part.code for part in (*run.earlier, run.snippet)]
    config = session_of(env).config
    if any(part.typed is not None for part in (*run.earlier, run.snippet)):
        return ">>>"
    if run.earlier and any(part.options.stdin for part in (*run.earlier, run.snippet)):
        return "stdin"  # one input for all parts of a session, of which a reader sees the last
    return obstacle(codes, run.recording, config.environment) or next(handled, None)


def _runs_there(snippet: Snippet) -> bool:
    """Whether the Python of readers' browsers is one for a program."""
    if snippet.options.python is None:
        return True
    from ...course.built_parts import runtime_python  # few programs name versions
    from ...course.python_versions import fits

    return fits(snippet.options, runtime_python())


def _named(path: Path) -> str | None:
    """A file's name with its version; None if there is no such file."""
    return f"{path.name}?v={digest(path.read_bytes())[:8]}" if path.exists() else None


def _words() -> dict[str, str]:
    """The words of the element, in the language of the page; the script fills in ``{names}``."""
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
        "step": _("Step by step"),
        "editor": _("Program editor. Tab leaves it."),
        "starting": _("Starting Python"),
        "loading": _("Loading Python: {loaded} of {total} MB"),
        "running": _("Running"),
        "took": _("{number} s"),
        "ended": _("Ended after {seconds} s"),
        "stopped": _("Stopped after {seconds} s"),
        "stopped_early": _("Stopped"),
        "hung": _("Stopped after {seconds} s: this program is meant not to end"),
        "unfinished": _("Where it was then:"),
        "wrong": _("{error} at line {line}"),
        "wrong_somewhere": _("Ended by {error}"),
        "waits": _("It waits for something that will never happen. Press Stop to end it."),
        "busy": _("It is blocking the event loop. Press Stop to end it."),
        "computing": _("It is computing. Press Stop to end it."),
        "off": _("It cannot be run: {reason}"),
        "copied": _("A link with this program was copied"),
        "linked": _("A link with this program is in the address bar"),
        "shared": _("This program is from the link. It runs only when you press Run."),
        "shared_beside": _(
            "This program is from the link. It runs only when you press Run. "
            "Your own edited program is unchanged; changes to this one are not kept."
        ),
        "too_long": _("The program is too long for a link"),
        "broken": _("The program in the link could not be read"),
        "kept": _("This is your edited program"),
        "kept_older": _("This is your edited program. The page's program has changed since."),
        "unkept": _("The browser has no room to keep your last changes: they last as long as this page is open."),
        "earlier": _("Programs of this page that run first: {count}"),
        "silent": _("It printed nothing."),
        "more": _("It printed more than is kept."),
        "left_out": _("{count} lines are left out here."),
        "stale_mine": _("My run was of another version of the program than the one shown."),
        "stale_built": _("The page's run is of the original program, not of the one shown."),
        "has_edits": _("This is the page's program. Your edited version of it is kept."),
        "open_kept": _("Open my version"),
        "error": _("error output"),
        "passed": _("done"),
        "missed": _("not yet"),
        "unjudged": _("not judged"),
        "retry": _("This device was busy, and a time was missed: trying again"),
        "late": _("This device was busy: the program was late by itself. On a quiet device it may pass."),
        "solved": _("Everything is done: this program solves the exercise."),
        "undo": _("Bring my program back"),
        "is_reset": _("This is the page's program again."),
        "to_code": _("Back to the code"),
        "to_result": _("Show the result"),
        "input": _("What input() reads, a line each"),
        "recording": _("Recording (JSON)"),
        "stand_ins": _("Stand-ins answered, not the real hosts: {hosts}."),
        "beside": _("Beside the page's run"),
        "needs_input": _("Type what input() is to read, then press Run. Without it, there is nothing to read."),
    }
    return {name: str(text) for name, text in words.items()}


def _words_of_order() -> dict[str, str]:
    """The words of lines that are put in order."""
    words = {
        "label": _("Lines to put in order"),
        "up": _("Up"),
        "down": _("Down"),
        "out": _("Less indentation"),
        "in": _("More indentation"),
        "moved": _("{line}: line {place} of {all}"),
        "stepped": _("{line}: indented by {columns}"),
    }
    return {name: str(text) for name, text in words.items()}
