"""The texts of pictures in the language of the pages."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from sphinx.locale import get_translation

if TYPE_CHECKING:
    from ...core.steps.words import StepLabels
    from ...core.timeline.labels import Labels

_ = get_translation("sphinx_await")


def labels() -> Labels:
    """The texts of pictures in the language of the pages."""
    from ...core.timeline.labels import Labels  # only for pages that are written

    return Labels(**label_words())


def step_labels() -> StepLabels:
    """The texts of runs to step through in the language of the pages."""
    from ...core.steps.words import StepLabels

    return StepLabels(**step_label_words())


def step_label_words() -> dict[str, str]:
    """The texts of runs to step through as plain data."""
    from ...core.steps.words import StepLabels

    return {one.name: str(_(str(one.default))) for one in fields(StepLabels)}


def feedback_label_words() -> dict[str, str]:
    """The general sentences for wrong answers as plain data."""
    from ...core.validation.feedback import FeedbackLabels

    return {one.name: str(_(str(one.default))) for one in fields(FeedbackLabels)}


def label_words() -> dict[str, str]:
    """The texts of pictures as plain data."""
    from ...core.timeline.labels import Labels

    return {one.name: str(_(str(one.default))) for one in fields(Labels)}
