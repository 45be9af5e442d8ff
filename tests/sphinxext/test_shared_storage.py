"""Builds that share recordings by a storage: an S3 server and a web server on the loopback, and a folder."""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import os
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from .conftest import CONF, Project

if "NOX_CURRENT_SESSION" not in os.environ:  # a session has everything that the tests need
    pytest.importorskip("s3fs", reason="not all of the dependency group `tests` is installed")
    pytest.importorskip("moto", reason="not all of the dependency group `tests` is installed")

from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Built

PAGE = "# Course\n\n```python\nprint('printed by', 'one')\n```\n\n```python\nprint('printed by', 'two')\n```\n"
SLOW = "```python\nimport time\ntime.sleep(3)\nprint('printed by', 'slow')\n```\n"
EXPECTED = ["printed by one", "printed by two"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadedMotoServer]:
    """An S3 server with the bucket ``course``, which builds find by the variables that every client of S3 reads."""
    started = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "name",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    connection = http.client.HTTPConnection(host, port, timeout=20)
    connection.request("PUT", "/course")
    assert connection.getresponse().status == http.HTTPStatus.OK
    connection.close()
    yield started
    with contextlib.suppress(Exception):  # a test may have stopped it
        started.stop()


def checkout(folder: Path, url: str, page: str = PAGE) -> Project:
    """The project on one machine, with nothing in its own folder of recordings."""
    made = Project(folder)
    made.write("conf.py", f"{CONF}await_cache_url = {url!r}\n")
    made.write("index.md", page)
    return made


def visible(built: Built) -> list[str]:
    """The lines that programs printed, as the page shows them."""
    return re.findall(r"printed by [a-z]+", built.page())


@pytest.mark.usefixtures("server")
def test_two_builders_share_an_s3_server(tmp_path: Path) -> None:
    """At once or one after another: pages are right, and a third machine runs nothing."""
    url = "s3://course/recordings"
    builders = [checkout(tmp_path / name, url) for name in ("first", "second")]
    with ThreadPoolExecutor(2) as both:
        built = [*both.map(Project.build, builders)]
    third = checkout(tmp_path / "third", url).build("-W")
    assert third.ran == []
    for one in (*built, third):
        assert (one.status, one.err) == (0, "")
        assert visible(one) == EXPECTED


def test_a_server_that_stops_in_the_middle_costs_a_message(server: ThreadedMotoServer, tmp_path: Path) -> None:
    """The page is right, what the server had is of use to others, and what it lacks is in the builder's folder."""
    url = "s3://course/recordings"
    first = checkout(tmp_path / "first", url, f"{PAGE}\n{SLOW}")

    def stop_when_something_is_stored() -> None:
        while not [*(first.folder / ".await-cache").glob("*.json")]:
            time.sleep(0.02)
        server.stop()

    watcher = threading.Thread(target=stop_when_something_is_stored, daemon=True)
    watcher.start()
    built = first.build()
    watcher.join(20)
    assert built.status == 0
    assert "is not used further in this build" in built.err
    assert "[await.cache]" in built.err
    assert visible(built) == [*EXPECTED, "printed by slow"]
    first.clean()
    again = first.build()
    assert again.status == 0
    assert again.ran == []
    assert visible(again) == [*EXPECTED, "printed by slow"]


def test_a_web_server_gives_recordings_and_takes_none(tmp_path: Path) -> None:
    """A machine without the right to write reads what another has put there."""
    shared = tmp_path / "shared"
    assert checkout(tmp_path / "first", shared.as_uri()).build().status == 0
    kept = {path.name for path in shared.iterdir()}
    handler = functools.partial(QuietHandler, directory=str(shared))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_address[1]}"
        built = checkout(tmp_path / "second", url, PAGE.replace("two", "three")).build("-W")
        web.shutdown()
    assert (built.status, len(built.ran)) == (0, 1)
    assert visible(built) == ["printed by one", "printed by three"]
    assert {path.name for path in shared.iterdir()} == kept


def test_a_project_without_a_storage_imports_nothing_of_it(tmp_path: Path) -> None:
    """Neither fsspec nor what it needs."""
    one = checkout(tmp_path / "one", "")
    one.write(
        "conf.py",
        f"{CONF}import sys\ndef setup(app):\n    app.connect('build-finished', "
        "lambda *_: print('fsspec imported:', 'fsspec' in sys.modules))\n",
    )
    assert "fsspec imported: False" in one.build().out


def test_what_is_no_address_is_an_error_of_the_configuration(tmp_path: Path) -> None:
    """Before anything is read."""
    built = checkout(tmp_path / "one", "ftp://host/folder").build()
    assert built.status == 2
    assert "await_cache_url: one of file, memory, s3, gs, http, https expected, found 'ftp'" in built.err


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files, and prints nothing."""

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""
