"""Expressions without the arguments of their calls."""

from __future__ import annotations

import pytest

from sphinx_await.core.model.calls import without_arguments


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Task-2", "Task-2"),
        ("queue.get()", "queue.get()"),
        ("asyncio.sleep(1)", "asyncio.sleep(…)"),
        ("get_running_loop().run_in_executor(None, f, g(1))", "get_running_loop().run_in_executor(…)"),
        ("session.get(url).json()", "session.get(…).json()"),
        ("say(')').then(1)", "say(…).then(…)"),
        ('say("it\'s (").then(1)', "say(…).then(…)"),
        (r"say('it\'s (').then(1)", "say(…).then(…)"),
        (r"say(rb'\')').then(1)", "say(…).then(…)"),
        ("say('''a')b''').then(1)", "say(…).then(…)"),
        ("handlers['('].get(1)", "handlers['('].get(…)"),
        ("say(1", "say(…"),
        ("(…)", "(…)"),
        (")", ")"),
    ],
)
def test_each_call_keeps_its_name(text: str, short: str) -> None:
    """Only what is between its brackets is replaced, and nothing where there is nothing."""
    assert without_arguments(text, "…") == short
    assert without_arguments(text) == short.replace("…", "")
