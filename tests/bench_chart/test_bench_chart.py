"""What the benchmarks measured, drawn on a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bs4 import BeautifulSoup

from ..sphinxext.conftest import Project

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "# A\n\n:::{bench_chart} sleepy\n:::\n"
DATA = {"sleepy": {"floor": [0.5, 0.45, 0.6], "await": [1.0, 0.9, 1.2], "other & old": [2.0, 2.0, 2.0]}}


def charted(folder: Path, data: str) -> Project:
    """A project whose page has a chart."""
    project = Project(folder)
    project.write("conf.py", 'extensions = ["myst_parser", "bench_chart"]\nmyst_enable_extensions = ["colon_fence"]\n')
    project.write("index.md", PAGE)
    project.write("benchmarks.json", data)
    return project


def test_each_tool_has_a_bar_as_long_as_its_median(tmp_path: Path) -> None:
    """Its name and number stand beside it, and who sees no picture hears both."""
    built = charted(tmp_path, json.dumps(DATA)).build("-W")
    assert (built.status, built.err) == (0, "")
    (chart,) = BeautifulSoup(built.page(), "html.parser").select("svg.bench-chart")
    assert chart["aria-label"] == "sleepy, cold builds: floor 0.50 s; await 1.00 s; other & old 2.00 s"
    floor, ours, other = (float(str(bar["width"])) for bar in chart.select("rect"))
    assert (ours / floor, other / floor) == (2, 4)
    assert [text.get_text() for text in chart.select(".number")] == ["0.50 s", "1.00 s", "2.00 s"]
    assert [bar.get_text() for bar in chart.select(".ours")] == ["await", ""]


def test_a_chart_without_its_numbers_is_an_error_at_its_line(tmp_path: Path) -> None:
    """The message names the file that has none of the course, and what writes it."""
    for data in ('{"tiny": {}}', "[]", "no JSON", '{"sleepy": {"floor": ["x", 1, 2]}}'):
        err = charted(tmp_path / str(abs(hash(data))), data).build().err
        assert "index.md:3: ERROR" in err
        assert "tests/bench/report.py writes it" in err


def test_a_page_in_another_language_says_in_it_what_the_same_numbers_are(tmp_path: Path) -> None:
    """They are those of the page that it translates."""
    project = charted(tmp_path, json.dumps(DATA))
    project.write("index.md", "# A\n\n```{toctree}\nko/index\n```\n")
    chart = ("```{bench_chart} sleepy", ":data: ../benchmarks.json", ":label: 처음 빌드", "```")
    project.write("ko/index.md", "# A\n\n" + "\n".join(chart) + "\n")
    built = project.build("-W")
    assert (built.status, built.err) == (0, "")
    assert 'aria-label="sleepy, 처음 빌드: floor 0.50 s' in built.page("ko/index.html")


def test_new_numbers_are_drawn_without_a_change_of_the_page(tmp_path: Path) -> None:
    """The page depends on their file."""
    project = charted(tmp_path, json.dumps(DATA))
    project.build()
    project.write("benchmarks.json", json.dumps({"sleepy": {"floor": [0.7, 0.7, 0.7]}}))
    assert "floor 0.70 s" in project.build().page()
