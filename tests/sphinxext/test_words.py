"""The words of the page's scripts: those that Python gives and those that the scripts use are the same."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from sphinx_await.sphinxext.render.live import _words, _words_of_order

from ..conftest import PROJECT, run_python

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = PROJECT / "extensions" / "sphinx_await"
LIVE = PACKAGE / "browser" / "static"
#: The arguments of a call of `say`, in which there may be another call.
CALL = re.compile(r"\bsay\(((?:[^()]|\([^()]*\))*)\)")


class Tags(HTMLParser):
    """Collects the attributes of each tag of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect those of one."""
        self.found.append(dict(attrs))


def scripts(folder: Path) -> str:
    """All our scripts of a folder."""
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.glob("*.js")) if path.name != "codemirror.js")


def test_the_scripts_use_the_words_that_python_gives() -> None:
    """No call of `say` names another, and each is named somewhere."""
    text = scripts(LIVE)
    said = {word for call in CALL.findall(text) for word in re.findall(r'"(\w+)"', call)}
    assert said - set(_words()) == set()
    assert set(_words()) - set(re.findall(r'"(\w+)"', text)) == set()


def test_the_script_of_lines_uses_the_words_that_python_gives() -> None:
    """No call of `phrase` names another, and each is named somewhere."""
    text = (LIVE / "line-order.js").read_text("utf-8")
    said = set(re.findall(r'\bphrase\("(\w+)"', text))
    signs = set(re.findall(r"(\w+): \"[^\w\"]+\"", text))  # the buttons, which are asked for by their kind
    assert said | signs == set(_words_of_order())


def test_the_type_of_words_is_that_of_the_words_that_python_gives() -> None:
    """So that the type checker refuses a script that uses another."""
    assert re.findall(r'"(\w+)"', (LIVE / "words.d.ts").read_text("utf-8")) == list(_words())


def test_the_values_that_a_script_fills_in_are_those_of_the_words() -> None:
    """A field without a value would be shown in braces."""
    text = scripts(LIVE)
    fields = {name for word in _words().values() for name in re.findall(r"\{(\w+)\}", word)}
    assert [name for name in fields if not re.search(rf"\b{name}\b", text)] == []


def test_the_script_of_figures_reads_the_words_on_its_tag(tmp_path: Path) -> None:
    """Each of them, and no other."""
    tmp_path.joinpath("conf.py").write_text('extensions = ["sphinx_await"]\n', encoding="utf-8")
    tmp_path.joinpath("index.rst").write_text("Page\n====\n\n.. exec_code::\n\n   print(1)\n", encoding="utf-8")
    done = run_python("-m", "sphinx", "-b", "html", tmp_path, tmp_path / "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    tags = Tags()
    tags.feed(tmp_path.joinpath("out", "index.html").read_text("utf-8"))
    (tag,) = (attributes for attributes in tags.found if "data-await-copy" in attributes)
    given = {name.removeprefix("data-await-") for name in tag if name.startswith("data-await-")}
    text = (PACKAGE / "sphinxext" / "static" / "sphinx-await.js").read_text("utf-8")
    (read,) = re.findall(r"const \{([^}]*)\} = tag\.dataset", text)
    assert {name.lower() for name in re.findall(r"await(\w+) =", read)} == given
