"""Says what is wrong where a recording cannot be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sphinx.locale import get_translation
from sphinx.util import logging

from ...core.text.terminal import for_terminal
from ...core.validation.faults import Fault

if TYPE_CHECKING:
    from docutils import nodes

_ = get_translation("sphinx_await")
logger = logging.getLogger(__name__)


def warn_of(name: str, error: Exception, node: nodes.Node) -> None:
    """Report that a run cannot be shown, with the place of its node."""
    reason = for_terminal(f"{type(error).__name__}: {error!s:.200}")
    message = "%s: its recording cannot be shown (%s); `await_execute = 'force'` makes a new one"
    logger.warning(message, name, reason, location=node, type="await", subtype=Fault.RECORDING)


def cannot_be_shown() -> str:
    """What the page says in the place of a run."""
    return str(_("The recording of this run cannot be shown."))
