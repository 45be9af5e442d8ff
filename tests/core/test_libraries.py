"""Whose file a frame is executed from."""

from __future__ import annotations

import asyncio

import pytest

from sphinx_await.core.recorder import libraries


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/home/me/course/helper.py", "helper.py"),
        (asyncio.__file__, ""),
        (libraries.__file__, ""),
        ("/srv/env/lib/python3.13/site-packages/aiohttp/client.py", ""),
        ("<string>", ""),
        ("<frozen importlib._bootstrap>", ""),
        ("uvloop/loop.pyx", ""),
        ("aiohttp/_websocket/reader_c.py", ""),
    ],
)
def test_only_imported_files_of_the_project_have_names(file: str, name: str) -> None:
    """What Cython compiled names a source that is not here, and no library's line is shown as the project's."""
    assert libraries.name_in_project(file) == name
