"""The files with which readers run programs in their browser, below ``_static``."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.util import logging

from ...course.built_parts import has_runtime, missing_parts, runtime_folder
from ..build_session import session_of
from ..domain import domain_of
from ..page_language import ENGLISH, languages_of, speak

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

    from ...engine.hosts import Host

logger = logging.getLogger(__name__)

#: The folder below ``_static`` with the files that a live run needs.
FOLDER = "await-live"
SCRIPT, STYLE, COURSE = "element.js", "element.css", "course.json"
_STATIC = Path(__file__).parents[2] / "browser" / "static"


def is_live(env: BuildEnvironment) -> bool:
    """Whether readers of these pages can run programs: it is enabled, and the runtime is there."""
    session = session_of(env)
    wanted = session.format == "html" and session.builder != "epub" and session.config.live
    return wanted and has_runtime()


def live_state(env: BuildEnvironment) -> list[Any]:
    """The part of the configuration that pages with runnable programs contain; empty if readers cannot run programs."""
    if not is_live(env):
        return []
    config = session_of(env).config
    return [config.hosts, config.output_limit, config.environment, env.config.language]


def add_live_files(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """On ``env-updated``: copy the runtime to the output folder, or report that it is missing."""
    if session_of(env).store is None or not domain_of(env).offers_programs():
        return []
    if is_live(env):
        folder = Path(app.outdir, "_static", FOLDER)
        courses = {course_file(language, app.config): language for language in languages_of(env)}
        _copy_all(folder, keep=courses)
        for name, language in courses.items():
            # What decides its content is in the fingerprint: in an unchanged build it is right.
            if session_of(env).judge is None or not (folder / name).exists():
                speak(app.config, language)
                _write(folder / name, json.dumps(_course(env), ensure_ascii=False))
        if missing := missing_parts():
            logger.info("live: %s", missing)
    elif app.builder.name in {"html", "dirhtml", "singlehtml"} and session_of(env).config.live:
        logger.info("live is off: %s", missing_parts())
    return []


def hosts_of(env: BuildEnvironment) -> Iterator[tuple[str, Host]]:
    """The mock hosts that programs are given, by name."""
    from ...engine.hosts import Host

    for name, given in session_of(env).config.hosts.items():
        yield name.lower(), Host.parse(name, given)


def static_files() -> list[Path]:
    """The scripts and the style sheet of the element."""
    return sorted(path for path in _STATIC.iterdir() if path.suffix in {".js", ".css"})


def course_file(language: str, config: Config) -> str:
    """The name of the file with what all programs of pages in a language share."""
    own = config.language or ENGLISH
    return COURSE if language == own else f"course-{language.replace('/', '_')}.json"


def _copy_all(target: Path, keep: Collection[str]) -> None:
    """Copy everything into a folder, and remove what an earlier version had there but for some names."""
    target.mkdir(parents=True, exist_ok=True)
    sources = {path.name: path for path in (*static_files(), *runtime_folder().iterdir()) if path.is_file()}
    for name, source in sources.items():
        if not _is_copy(source, target / name):
            shutil.copy2(source, target / name)
    for path in target.iterdir():
        if path.is_file() and path.name not in {*sources, *keep}:
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


def _course(env: BuildEnvironment) -> dict[str, Any]:
    """What all programs of a course share: mock hosts, output limit, texts of pictures, what messages mean."""
    from .explanations import explanations
    from .labels import feedback_label_words, label_words, step_label_words  # an unchanged build has written them

    hosts = {name: asdict(host) for name, host in hosts_of(env) if not host.handler}
    words = {"labels": label_words(), "step_labels": step_label_words(), "feedback_labels": feedback_label_words()}
    said = {"explanations": explanations()}
    return {"hosts": hosts, **words, **said, "limit": session_of(env).config.output_limit}
