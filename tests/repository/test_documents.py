"""README, guide and design pages name only what exists."""

from __future__ import annotations

import re
import struct
import tomllib
from pathlib import Path

import pytest
from tools.pypi_readme import TARGET, with_absolute_links
from tools.recording_schema import make_schema

from code_reference.tables import definition_rows, option_rows
from sphinx_await.core.model import recording
from sphinx_await.core.model.snippet import FORMS, PARSERS, Options
from sphinx_await.core.validation import exercise_checks

from ..conftest import PROJECT
from ..corpus.expected import VERSIONS

READMES = ("README.md", "README.ko.md")
PICTURES = sorted((PROJECT / "docs").glob("*.png"))
DESIGN = sorted((PROJECT / "source" / "design").glob("*.md"))
#: Folders in which a path of the design pages may be meant to begin.
ROOTS = [PROJECT, PROJECT / "extensions" / "sphinx_await", PROJECT / "tests"]
#: What a build makes, so a clone does not have it.
MADE = {"build", ".await-cache", ".venv", ".await-written.json"}


def targets(name: str) -> list[str]:
    """All targets of links and images of a file at the top of the repository."""
    return [found["target"] for found in TARGET.finditer((PROJECT / name).read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", READMES)
def test_every_relative_link_of_a_readme_leads_to_a_file(name: str) -> None:
    """In a clone and on a page of the repository, no link is dead."""
    relative = [target for target in targets(name) if ":" not in target]
    assert len(relative) >= 8
    assert [target for target in relative if not (PROJECT / target).exists()] == []


def test_the_readme_of_a_package_index_has_absolute_links_only() -> None:
    """An index shows the text alone, so every link must lead into the repository."""
    text = with_absolute_links((PROJECT / "README.md").read_text(encoding="utf-8"), "https://host.example/project")
    assert [found["target"] for found in TARGET.finditer(text) if "://" not in found["target"]] == []
    assert "](https://host.example/project/blob/main/README.ko.md)" in text
    assert 'src="https://host.example/project/raw/main/docs/page-en-light.png"' in text
    assert "](https://host.example/project/tree/main/source/)" in text


@pytest.mark.parametrize("name", READMES)
def test_a_readme_shows_each_picture_in_light_and_in_dark(name: str) -> None:
    """A page and a timeline, each in the reader's own colours."""
    shown = {Path(target).stem for target in targets(name) if target.endswith(".png")}
    language = "ko" if name == "README.ko.md" else "en"
    wanted = {f"{kind}-{language}-{scheme}" for kind in ("page", "timeline") for scheme in ("light", "dark")}
    assert shown == wanted


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_is_small(path: Path) -> None:
    """Below 150 kB, and wide enough for its text to be read."""
    data = path.read_bytes()
    width, _height = struct.unpack(">II", data[16:24])
    assert len(data) < 150_000
    assert width >= 1000


@pytest.mark.parametrize("page", DESIGN, ids=lambda path: path.stem)
def test_the_design_names_only_files_that_exist(page: Path) -> None:
    """A path in a design page leads to a file, so a move cannot leave a stale name behind."""
    named = set(re.findall(r"`([\w.-]+(?:/[\w.*{},-]+)+/?|\w+\.(?:py|js|mjs|css|toml))`", page.read_text("utf-8")))
    assert [name for name in sorted(named) if not is_there(name)] == []


FINDINGS = (PROJECT / "source" / "design" / "findings.md").read_text(encoding="utf-8")


def test_the_findings_name_only_tests_that_exist() -> None:
    """What is called mended has its test, under the name that the page gives."""
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", FINDINGS)
    assert len(named) > 80
    files = {file: (PROJECT / "tests" / file).read_text(encoding="utf-8") for file, _test in named}
    assert [f"{file}::{test}" for file, test in named if f"def {test}(" not in files[file]] == []


def test_what_is_left_on_purpose_is_in_the_guide() -> None:
    """Each section that the findings name is a page or a section of the guide."""
    named = re.findall(r'\("([^"]+)"\)', FINDINGS)
    assert len(named) > 8
    heads = {head for page in GUIDE.glob("*.md") for head in re.findall(r"(?m)^##? (.*)$", page.read_text("utf-8"))}
    assert [section for section in named if section not in heads] == []


GUIDE = PROJECT / "source" / "guide"


def first_cells(page: str, head: str) -> str:
    """The first cells of the table of a page of the guide whose first heading is given."""
    rows = (GUIDE / page).read_text(encoding="utf-8").partition(f"\n| {head} |")[2].partition("\n\n")[0].splitlines()
    return "\n".join(row.split("|")[1] for row in rows[2:])


def test_the_guide_describes_every_run_option() -> None:
    """The docstring of which its table is made has each name; what only a fence may use is in one of its own."""
    table = "\n".join(option for option, _meaning in option_rows(str(Options.__doc__), PARSERS, FORMS))
    assert set(re.findall(r"`([a-z-]+)(?:=[^`]*)?`", table)) == set(PARSERS)
    own = set(re.findall(r"`([a-z_-]+)(?:=[^`]*)?`", first_cells("options.md", "only of a fence")))
    assert own == {"run", "no-run", "name", "caption", "caption_output"}


def test_an_option_has_a_value_in_the_guide_if_it_needs_one() -> None:
    """Each form of a value that is written there is one that can be parsed, and so is each word alone that is."""
    for name in PARSERS:
        for form in FORMS.get(name, ("",)):
            Options.parse({name: form.strip('"').replace("SECONDS", "1").replace("N", "3") or None})


def test_the_guide_describes_every_check() -> None:
    """The docstring of which its table is made has each name that a check may use, and no other."""
    table = "\n".join(word for word, _meaning in definition_rows(str(exercise_checks.__doc__)))
    assert set(re.findall(r"`(\w+)", table)) == exercise_checks.NAMES


def test_the_guide_describes_every_field_of_a_recording() -> None:
    """Readers of the JSON find each name that can occur in it."""
    pages = [(GUIDE / name).read_text(encoding="utf-8") for name in ("recording.md", "ko/recording.md")]
    shown, in_korean = (re.findall(r"(?m)^```\{recording_fields\} (\w+)$", page) for page in pages)
    schema = make_schema()
    objects = {"Recording": schema, **schema["$defs"]}
    assert len(objects) >= 10
    assert sorted(shown) == sorted(objects)
    assert in_korean == shown
    fields = [(kind, name, one) for kind in shown for name, one in objects[kind]["properties"].items()]
    assert [(kind, name) for kind, name, one in fields if not one.get("description")] == []
    assert f"`schema`, now {recording.SCHEMA}." in pages[0]
    assert f"`schema`이며, 지금은 {recording.SCHEMA}입니다." in pages[1]


def test_the_corpus_knows_every_supported_python() -> None:
    """The programs of the corpus have expectations for each version in the classifiers."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [name.rpartition(" ")[2] for name in project["classifiers"] if re.search(r":: 3\.\d+$", name)]
    assert list(VERSIONS) == versions


def is_there(name: str) -> bool:
    """Whether a path is one of the repository; a name without a folder may be anywhere in it."""
    if name.partition("/")[0] in MADE or name in MADE:
        return True
    if "/" not in name:
        return any(path.name == name for path in repository_files())
    return any(True for root in ROOTS for _ in root.glob(name))


def repository_files() -> list[Path]:
    """All files with a source of ours, wherever they are."""
    folders = [PROJECT / name for name in ("extensions", "tests", "tools", "source")]
    found = [path for folder in folders for path in folder.rglob("*") if "node_modules" not in path.parts]
    return [*found, *PROJECT.glob("*")]
