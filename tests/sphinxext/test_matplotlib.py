"""Figures of matplotlib in pages."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING

import pytest
from bs4 import BeautifulSoup

if TYPE_CHECKING:
    from .conftest import Project

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("matplotlib") is None, reason="matplotlib is missing: it is in the dependency group tests"
)

PAGE = """# A

<!-- await: alt="a line | bars" -->
```python
import matplotlib.pyplot as plt
plt.plot([1, 2, 4], color="black")
print("before")
plt.show()
print("after")
fig, ax = plt.subplots()
ax.bar([1, 2], [3, 4], color=["black", "white"])
plt.show()
plt.show()
```

<!-- await: last-value alt="displayed | the value | left open" -->
```python
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from sphinx_await import display
first, _axes = plt.subplots(num="first")
display(first)
plt.figure("open").gca().scatter(range(100), range(100))
plt.figure("last")
```

<!-- await: alt="many points" -->
```python
import matplotlib.pyplot as plt
plt.plot(range(30_000), [n * 7919 % 104729 for n in range(30_000)], "k.")
plt.show()
```
"""


def test_figures_are_shown_in_order_for_light_and_dark_pages(project: Project) -> None:
    """Without a call to save: as drawings, of many points as images of twice the density; the same each time."""
    project.write("index.md", PAGE)
    built = project.build("-W")
    assert built.status == 0, built.err
    first, second, third = BeautifulSoup(built.page(), "html.parser").select("figure.await-run")
    shown = [one.get("alt") or one.get_text() for one in first.select(".await-text, img.await-light")]
    assert shown == ["before", "a line", "after", "bars"]
    light, dark = ([str(one["src"]) for one in first.select(f"img.{kind}")] for kind in ("await-light", "await-dark"))
    assert {name.rpartition(".")[2] for name in light + dark} == {"svg"}
    drawn, inverted = ((built.folder / names[0]).read_text("utf-8") for names in (light, dark))
    assert "stroke: #000000" in drawn
    assert "#000000" not in inverted
    width = re.search(r'width="([\d.]+)pt"', drawn)
    assert width is not None
    assert abs(float(width[1]) / 72 * 96 - int(re.findall(r"\d+", str(first.select("img")[0]["style"]))[0])) < 3
    assert [one["alt"] for one in second.select("img.await-light")] == ["displayed", "the value", "left open"]
    (image,) = third.select("img.await-light")
    assert str(image["src"]).endswith(".png")
    data = (built.folder / str(image["src"])).read_bytes()
    (pixels,) = re.findall(r"\d+", str(image["style"]))
    assert int.from_bytes(data[16:20], "big") == pytest.approx(2 * 100 / 96 * int(pixels), abs=3)
    (project.folder / ".await-cache").rename(project.folder / "old-cache")
    again = project.build("-W")
    assert len(again.ran) == 3
    files = {path.name for path in (built.folder / "_images").glob("await-*")}
    images = BeautifulSoup(again.page(), "html.parser").select(".await-display img")
    assert {str(one["src"]).rpartition("/")[2] for one in images} == files
