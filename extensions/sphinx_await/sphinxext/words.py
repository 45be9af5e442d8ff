"""Words about a run that several parts of a page say, in its language."""

from __future__ import annotations

from sphinx.locale import get_translation

_ = get_translation("sphinx_await")


def left_out(count: int) -> str:
    """The words where lines of a long output are missing."""
    return str(_("… %d lines were too many to keep …") % count)
