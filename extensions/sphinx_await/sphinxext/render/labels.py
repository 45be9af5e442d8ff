"""The texts of pictures in the language of the pages."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sphinx.locale import get_translation

if TYPE_CHECKING:
    from ...core.timeline.labels import Labels

_ = get_translation("sphinx_await")


def labels() -> Labels:
    """The texts of pictures in the language of the pages."""
    from ...core.timeline.labels import Labels  # only for pages that are written

    return Labels(**label_words())


def label_words() -> dict[str, str]:
    """The texts of pictures as plain data."""
    from ...core.timeline.labels import Labels

    return {one.name: str(_(str(one.default))) for one in fields(Labels)}
