"""Tables of the guide that are made from code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import code_reference
from code_reference import CheckWords, CommandOptions, RecordingFields, RunOptions
from code_reference.tables import command_rows, definition_rows, field_rows, option_rows, translations
from sphinx_await import cli
from sphinx_await.core.model.snippet import FORMS, PARSERS, Options
from sphinx_await.core.validation import exercise_checks

from ..sphinxext.conftest import PROJECT, Project

CONF = 'extensions = ["myst_parser", "sphinx_await", "code_reference"]\nexclude_patterns = ["build"]\n'


def rows(project: Project, directive: str, options: str = "") -> dict[str, list[str]]:
    """The rows of the table of a page with one directive, by their first cells."""
    project.write("conf.py", CONF)
    name, _, argument = directive.partition(" ")
    project.write("index.md", f"# A\n\n```{{{name}}} {argument}\n{options}```\n")
    built = project.build("-W")
    assert (built.status, built.err) == (0, "")
    page = BeautifulSoup(built.page(), "html.parser")
    found = [[cell.get_text() for cell in row.find_all("td")] for row in page.select("tbody tr")]
    return {first: rest for first, *rest in found}


def test_a_command_has_its_options_as_its_help_has_them(tmp_path: Path) -> None:
    """With what stands for their values; what is code in what they do is code on the page."""
    found = rows(Project(tmp_path), "command_options run")
    assert found["--svg OUT.svg"] == ["write the timeline as a drawing"]
    assert "--top-level-await" in found
    assert "--help" not in found
    page = BeautifulSoup(Project(tmp_path).build().page(), "html.parser")
    assert {"await_*", "conf.py", "python -m asyncio"} <= {
        one.get_text() for one in page.select("td:nth-child(2) code")
    }


def test_choices_of_an_option_are_named(tmp_path: Path) -> None:
    """Between braces, as in its help."""
    assert rows(Project(tmp_path), "command_options new")["--language {en,ko}"]


def test_options_of_programs_have_their_forms_and_their_opposites(tmp_path: Path) -> None:
    """What divides the cells of a table can be in one."""
    found = rows(Project(tmp_path), "run_options")
    assert found["hangs, hangs=SECONDS"][0].startswith("the program is meant not to end")
    assert "live, no-live" in found
    assert 'python=">=3.13"' in found
    assert found['alt="TEXT"'][0].endswith("separated by |")
    assert r"\n begins another line" in found['stdin="TEXT"'][0]


def test_words_of_checks_have_their_meaning(tmp_path: Path) -> None:
    """Several of one kind share a row."""
    found = rows(Project(tmp_path), "check_words")
    assert found["printed_once(text)"] == ["exactly one line contains this text"]
    assert "within(seconds), after(seconds)" in found


def test_fields_of_a_recording_have_type_meaning_and_default(tmp_path: Path) -> None:
    """From the schema beside the page, and again when that has changed."""
    project = Project(tmp_path)
    schema = json.loads((PROJECT / "source/guide/recording.schema.json").read_text(encoding="utf-8"))
    project.write("recording.schema.json", json.dumps(schema))
    found = rows(project, "recording_fields Recording")
    assert found["schema"] == ["number", "version of the format", ""]
    assert found["failure"] == ["object or null", "the exception that ended it; null if none did", "null"]
    assert found["timed_out"][2] == "false"
    assert (found["repeats"][0], found["repeats"][2]) == ("list of numbers", "empty")
    schema["properties"]["wall"]["description"] = "another text"
    project.write("recording.schema.json", json.dumps(schema))
    assert "another text" in project.build("-W").page()


SCHEMA = PROJECT / "source" / "guide" / "recording.schema.json"
KOREAN = Path(code_reference.__file__).with_name("ko.po")


def cells() -> set[str]:
    """What the tables of the Korean guide say in English: all but cells that are nothing but code."""
    tables = [option_rows(str(Options.__doc__), PARSERS, FORMS), definition_rows(str(exercise_checks.__doc__))]
    tables += [command_rows(parser) for parser in cli.make_parsers()[1].values()]
    heads = {*CommandOptions.heads, *RunOptions.heads, *CheckWords.heads, *RecordingFields.heads}
    return heads | {meaning for table in tables for _code, meaning in table} | cells_of_recordings()


def cells_of_recordings() -> set[str]:
    """Types, meanings and the one default that is a word."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    objects = [schema, *schema["$defs"].values()]
    table = [row for one in objects for row in field_rows(one["properties"])]
    return {"empty"} | {cell for _name, *cells in table for cell in cells[:2]}


def test_a_table_is_korean_where_it_is_asked_to_be(tmp_path: Path) -> None:
    """Its heads and what code means; the code stays."""
    found = rows(Project(tmp_path), "command_options run", ":language: ko\n")
    assert found["--svg OUT.svg"] == ["타임라인을 그림으로 씁니다"]
    page = BeautifulSoup(Project(tmp_path).build().page(), "html.parser")
    assert [head.get_text() for head in page.select("th")] == ["옵션", "하는 일"]


def test_a_translation_of_the_page_on_recordings_has_the_schema_of_the_page(tmp_path: Path) -> None:
    """It is in a folder of its own, below that of the schema."""
    project = Project(tmp_path)
    project.write("recording.schema.json", SCHEMA.read_text(encoding="utf-8"))
    project.write("ko/page.md", "---\norphan: true\n---\n\n# A\n\n```{recording_fields} Loop\n:language: ko\n```\n")
    assert rows(project, "recording_fields StandIn")["delay"][1] == "seconds before it answered"
    page = BeautifulSoup(project.build().page("ko/page.html"), "html.parser")
    found = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.select("tr")]
    assert found[:2] == [["필드", "형", "뜻", "기본값"], ["start", "숫자", "실행되기 시작한 때", ""]]


def test_each_cell_has_its_korean() -> None:
    """What is new in the code needs a sentence in ko.po; what is there of older code can go."""
    known = translations(KOREAN)
    assert (cells() - known.keys(), known.keys() - cells()) == (set(), set())


def test_korean_has_the_code_of_its_english() -> None:
    """Names and values, in whatever order the sentence needs; it may repeat a name of the first cell."""
    pairs = translations(KOREAN).items()
    assert [english for english, korean in pairs if not codes(english) <= codes(korean)] == []


def codes(text: str) -> set[str]:
    """What is code in a cell."""
    return set(re.findall(r"`([^`]+)`", text))


def test_a_language_without_a_catalogue_is_an_error(tmp_path: Path) -> None:
    """At its line."""
    project = Project(tmp_path)
    project.write("conf.py", CONF)
    project.write("index.md", "# A\n\n```{check_words}\n:language: xx\n```\n")
    assert "index.md:3: ERROR: there is no catalogue 'xx.po'" in project.build().err


@pytest.mark.parametrize("directive", ["command_options walk", "recording_fields Walk"])
def test_a_name_that_does_not_exist_is_an_error_with_those_that_do(directive: str, tmp_path: Path) -> None:
    """At its line."""
    project = Project(tmp_path)
    project.write("conf.py", CONF)
    project.write("recording.schema.json", (PROJECT / "source/guide/recording.schema.json").read_text(encoding="utf-8"))
    name, _, argument = directive.partition(" ")
    project.write("index.md", f"# A\n\n```{{{name}}} {argument}\n```\n")
    err = project.build().err
    assert "index.md:3:" in err
    assert f"{argument!r}; there are: " in err
