"""What the pages of the guide say can be built is built, as they say it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from code_reference.tables import command_rows
from sphinx_await import cli
from sphinx_await.core.model.snippet import PARSERS
from sphinx_await.core.validation import exercise_checks
from sphinx_await.core.validation.faults import Fault
from sphinx_await.core.validation.predictions import QuestionKind
from sphinx_await.course.config import AwaitConfig

from ..conftest import run_python
from ..sphinxext.conftest import PROJECT, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUIDE = PROJECT / "source" / "guide"
#: A page that no other one names.
_ALONE = "---\norphan: true\n---\n\n# Page\n\n{}\n"
_WAVE = {"examples/plot_wave.py": "print(1)\nprint(2)\nprint(3)\n"}
#: Files that examples of a page refer to.
_PROGRAMS = {
    "examples/server.py": "def handle():\n    print('handled')\n\n\nhandle()\n",
    "shop.py": "import sys\n# the example\nprint('tea')\n# the end\nsys.exit('not reached')\n",
}
FILES = {
    "programs": _PROGRAMS,
    "ko/programs": _PROGRAMS,
    "ko/configuration": {
        "menu.csv": "차,3000\n토스트,2500\n",
        "changelog.md": _ALONE.format("```python\nno program\n```"),
        "api/tea.md": _ALONE.format("```python\nno program\n```"),
    },
    "ko/displays": {"notebooks/sum.md": _ALONE.format("<!-- await: run -->\n```python\n1 + 1\n```")},
    "from-sphinx-gallery": _WAVE,
    "ko/from-sphinx-gallery": _WAVE,
}
#: What is about other extensions or a server, and what the site itself shows by running it.
_OTHERS = {"navigation", "search", "benchmarks", "tutorial", "gallery", "ko/gallery", "index"}
#: Pages in Korean that the tests below follow step by step.
_FOLLOWED = {"ko/index", "ko/tutorial", "ko/first-build", "ko/errors"}
CONF = 'extensions = ["myst_parser", "sphinx_await"]\nexclude_patterns = ["build"]\n'
_FENCE = re.compile(r"(?ms)^(?P<fence>`{3,}|:{3,})(?P<head>[^\n`]*)\n(?P<body>.*?)^(?P=fence)[ ]*$")


@dataclass(frozen=True)
class Block:
    """A block of code of a page: its language, its caption or nothing, and its text."""

    language: str
    caption: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The blocks of code of a page of the guide, as a reader sees them."""
    for found in _FENCE.finditer((GUIDE / f"{page}.md").read_text(encoding="utf-8")):
        head, body = found["head"].strip(), found["body"]
        if head.startswith("{code-block}"):
            options, _, text = body.partition("\n\n") if body.startswith(":") else ("", "", body)
            caption = re.search(r"^:caption: (.*)$", options, re.MULTILINE)
            yield Block(head.removeprefix("{code-block}").strip(), caption[1] if caption else "", text)
        elif not head.startswith("{"):
            yield Block(head, "", body)


def texts(page: str, language: str, caption: str = "") -> list[str]:
    """The texts of the blocks of a language and a caption."""
    return [one.text for one in blocks(page) if (one.language, one.caption) == (language, caption)]


PAGES = {path.relative_to(GUIDE).with_suffix("").as_posix() for path in GUIDE.rglob("*.md")}


def examples(page: str) -> tuple[str, ...]:
    """What is built of a page: its examples, and its values without their comments; nothing if it has no examples."""
    found = [*texts(page, "markdown"), *texts(page, "rst")]
    return (*found, ast.dump(ast.parse("\n".join(texts(page, "python", "conf.py"))))) if found else ()


#: A page in Korean with the examples of the English one would be built twice.
WITH_EXAMPLES = sorted(
    page
    for page in PAGES - _OTHERS - _FOLLOWED
    if examples(page) and not (page.startswith("ko/") and examples(page) == examples(page.removeprefix("ko/")))
)


def test_many_pages_have_examples() -> None:
    """Else the tests below would say nothing."""
    assert len(WITH_EXAMPLES) >= 12


@pytest.mark.parametrize("page", WITH_EXAMPLES)
def test_the_examples_of_a_page_are_a_page_that_builds(page: str, tmp_path: Path) -> None:
    """All of them, one after another, by the values that the page names, without a warning."""
    project = Project(tmp_path)
    project.write("conf.py", "\n".join([CONF, *texts(page, "python", "conf.py")]))
    for name, text in FILES.get(page, {}).items():
        project.write(name, text)
    project.write("index.rst" if texts(page, "rst") else "index.md", whole(page))
    built = project.build("-W", "--keep-going")
    assert (built.status, built.err) == (0, "")
    assert built.ran


def whole(page: str) -> str:
    """The examples of a page as one page."""
    if written := texts(page, "rst"):
        return "\n".join(["Examples\n========\n", *written])
    text = "\n".join(texts(page, "markdown")).replace("../examples/", "examples/")
    return text if text.startswith("# ") else f"# Examples\n\n{text}"


@pytest.mark.parametrize(
    ("page", "wrong", "sentence"),
    [
        ("tutorial", "# tea is ready\n# toast is ready\n", ("It took", "Together it took")),
        ("ko/tutorial", "# 차: 준비됨\n# 토스트: 준비됨\n", ("만에 준비했습니다", "만에 모두 준비했습니다")),
    ],
)
def test_the_tutorial_can_be_followed(page: str, wrong: str, sentence: tuple[str, str], tmp_path: Path) -> None:
    """Step by step: a page that builds, a claim that fails the build, the right claim, and a test."""
    project = Project(tmp_path)
    (conf,), (first, second) = texts(page, "python", "conf.py"), texts(page, "markdown", "index.md")
    (message,) = texts(page, "text")
    project.write("conf.py", conf.replace("_build", "build"))
    project.write("index.md", first)
    assert project.build("-W").status == 0
    project.write("index.md", second)
    failed = project.build("-W")
    assert failed.status != 0
    assert message.strip() in failed.err
    assert wrong in second
    right = second.replace(wrong, "".join(reversed(wrong.splitlines(keepends=True))))
    project.write("index.md", right)
    assert project.build("-W").status == 0
    assert sentence[0] in right
    project.write("index.md", right.replace(*sentence))
    built = project.build("-W")
    assert (built.status, built.ran) == (0, [])
    done = run_python("-m", "pytest", "--await", "-p", "no:cacheprovider", ".", cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_what_triage_says_of_the_example_of_the_korean_page_is_what_the_page_shows(tmp_path: Path) -> None:
    """It changes nothing until it is asked to, and then what it writes is on the page as well."""
    (before,), (after,) = (texts("ko/first-build", "markdown", name) for name in ("index.md", "바뀐 index.md"))
    (shown,) = texts("ko/first-build", "console")
    project = Project(tmp_path)
    project.write("conf.py", CONF)
    project.write("index.md", before)
    command, _, said = shown.partition("\n")
    assert command == "$ sphinx-await triage"
    assert run_python("-m", "sphinx_await", "triage", cwd=tmp_path).stdout == said
    assert (tmp_path / "index.md").read_text("utf-8") == before
    run_python("-m", "sphinx_await", "triage", "--write", cwd=tmp_path)
    assert (tmp_path / "index.md").read_text("utf-8") == after
    assert project.build("-W").status == 0


def test_each_message_of_the_korean_page_on_errors_is_what_a_build_says(tmp_path: Path) -> None:
    """Of a page that is wrong as the page shows it; and nothing is said of the one that is mended as it says."""
    wrong, right = (texts("ko/errors", "markdown", f"{which} index.md") for which in ("틀린", "고친"))
    _form, *messages = texts("ko/errors", "text")
    hosts = texts("ko/errors", "python", "conf.py")
    project = Project(tmp_path)
    project.write("conf.py", CONF)
    project.write("index.md", "# Pages\n\n```{toctree}\n:glob:\n\npage*\n```\n")
    for number, text in enumerate(wrong):
        project.write(f"page{number}.md", f"# Page\n\n{text}")
    failed = project.build("-W", "--keep-going")
    assert failed.status != 0
    assert len(messages) == len(wrong) >= 8
    assert [message for message in messages if message.rstrip("\n") not in failed.err] == []
    project.write("conf.py", "\n".join([CONF, *hosts]))
    unchanged = [text for text, message in zip(wrong, messages, strict=True) if "await_hosts" in message]
    for number, text in enumerate([*right, *unchanged]):
        project.write(f"page{number}.md", f"# Page\n\n{text}")
    mended = project.build("-W", "--keep-going")
    assert (mended.status, mended.err) == (0, "")


def test_the_korean_table_of_options_names_only_options() -> None:
    """Those that its readers need most; the English page has all of them."""
    page = (GUIDE / "ko" / "programs.md").read_text(encoding="utf-8")
    table = page.partition("| 옵션 | 뜻 |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\| `([a-z-]+)", table, re.MULTILINE))
    assert len(named) >= 12
    assert named - {"no-run", "name"} <= set(PARSERS)


def test_the_korean_tables_name_only_what_there_is() -> None:
    """Words of checks, kinds of questions, types of warnings and values of conf.py."""

    def first_codes(page: str) -> set[str]:
        return set(re.findall(r"(?m)^\| `(?!exec_)(\w[\w.]*)", (GUIDE / "ko" / page).read_text(encoding="utf-8")))

    words = first_codes("exercises.md")
    assert len(words) >= 8
    assert words <= exercise_checks.NAMES
    assert first_codes("predictions.md") == set(QuestionKind)
    assert first_codes("displays.md") <= {f"await.{fault}" for fault in Fault}
    texts_of_pages = [(GUIDE / "ko" / f"{page}.md").read_text("utf-8") for page in ("configuration", "hosts", "live")]
    values = re.findall(r"(?<!\{)\bawait_\w+", "\n".join(texts_of_pages))
    assert len(set(values)) >= 12
    assert set(values) <= set(AwaitConfig.names())


def test_the_head_of_a_korean_page_is_for_all_of_its_programs(tmp_path: Path) -> None:
    """As the page shows it: its code comes first, and is not shown."""
    (page,) = texts("ko/configuration", "markdown", "menu.md")
    project = Project(tmp_path)
    project.write("conf.py", CONF)
    project.write("index.md", page)
    built = project.build("-W")
    assert (built.status, built.err, len(built.ran)) == (0, "", 1)
    assert "준비됨" in built.page()
    assert "import asyncio" not in built.page().partition("<body")[2].partition("await-outputs")[0]


def test_the_page_of_the_command_line_has_each_command() -> None:
    """With a table of its options, each of which says what it does."""
    _parser, commands = cli.make_parsers()
    page = (GUIDE / "command-line.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"(?m)^```\{command_options\} (\w+)$", page)) == sorted(commands)
    assert [name for name, parser in commands.items() if not all(effect for _, effect in command_rows(parser))] == []


def test_each_page_of_the_guide_is_on_its_first_page() -> None:
    """The first page leads to every other one, and to nothing that is not there."""
    first = (GUIDE / "index.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([\w-]+)\.md\)", first))
    assert named == {path.stem for path in GUIDE.glob("*.md")} - {"index"}


def test_each_korean_page_is_on_the_first_one_and_in_the_navigation() -> None:
    """So an author who reads Korean comes to all that there is in Korean."""
    pages = {path.stem for path in (GUIDE / "ko").glob("*.md")}
    first = (GUIDE / "ko" / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([\w-]+)\.md\)", first)) == pages - {"index"}
    listed = first.partition("```{toctree}\n:hidden:\n\n")[2].partition("```")[0].split()
    assert sorted(listed) == sorted(pages - {"index"})


def test_a_korean_page_that_is_the_english_one_names_all_that_it_names() -> None:
    """What is code in a sentence or a table of it: a value, an option, a file."""
    pages = [path for path in (GUIDE / "ko").glob("*.md") if "같은 것이 있습니다" in path.read_text(encoding="utf-8")]
    assert len(pages) >= 11
    missing = {path.stem: names(GUIDE / path.name) - names(path) for path in pages}
    assert {page: few for page, few in missing.items() if few} == {}


def names(page: Path) -> set[str]:
    """What is code between words, without what has words in it that a translation translates."""
    blocks_of_page = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    inline = [one for block in blocks_of_page for one in block.children or () if one.type == "code_inline"]
    words = {one.content.partition(" <")[0] for one in inline}
    return {word for word in words if " " not in word and not re.search("=[A-Z]+$", word)}


def test_old_addresses_of_the_guide_lead_on() -> None:
    """The guide was one page; each of its sections is where that page says now."""
    assert len(MOVED) == 25
    for section, page in MOVED.items():
        text = (GUIDE / f"{page}.md").read_text(encoding="utf-8")
        heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        slugs = {re.sub(r"[^\w]+", "-", head.lower()).strip("-") for head in heads}
        assert section in {*slugs, "begin", "a-program-in-a-page"}, (section, page)


def moved() -> Iterator[tuple[str, str]]:
    """The old sections that the first page of the guide names as targets, with the page of each link after them."""
    waiting: list[str] = []
    for line in (GUIDE / "index.md").read_text(encoding="utf-8").splitlines():
        if target := re.fullmatch(r"(?:- |  )\(([\w-]+)\)=", line):
            waiting.append(target[1])
        elif waiting and (link := re.search(r"\]\(([\w-]+)\.md\)", line)):
            yield from ((section, link[1]) for section in waiting)
            waiting = []


MOVED = dict(moved())
