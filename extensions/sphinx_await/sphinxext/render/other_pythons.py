"""Says in a page why a program did not run: it is for other Pythons than the one on which the site's programs run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx.locale import get_translation

if TYPE_CHECKING:
    from ...core.model.snippet import Options
    from ...course.config import AwaitConfig

_ = get_translation("sphinx_await")

#: One bound, which has words; other versions are said as their author writes them.
_BOUND = re.compile(r"(>=|<)\s*([0-9.]+)")


def why_not_run(options: Options, config: AwaitConfig) -> str:
    """Why a program did not run on the Python of the site's programs; empty if it is one for it."""
    if options.python is None or config.fits(options):
        return ""
    return str(_("Not run with %(here)s: this program is for Python %(versions)s.")) % {
        "here": config.interpreter().name,
        "versions": _in_words(options.python),
    }


def _in_words(versions: str) -> str:
    bound = _BOUND.fullmatch(versions)
    if bound is None:
        return versions
    words = _("%s or newer") if bound[1] == ">=" else _("before %s")
    return str(words) % bound[2]
