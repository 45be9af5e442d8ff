from __future__ import annotations

import json
from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sphinx_await.core.errors import OptionError
from sphinx_await.core.model.snippet import EXPECT_MODES, NOT, PARSERS, STDERR_MODES, Options, Snippet

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

options = st.builds(
    Options,
    timeout=st.none() | st.floats(min_value=0.001, max_value=1e6),
    raises=st.none() | st.sampled_from(["ValueError", "json.JSONDecodeError"]),
    expect=st.none() | st.sampled_from(EXPECT_MODES),
    stderr=st.sampled_from(STDERR_MODES),
    alone=st.booleans(),
    repeat=st.integers(1, 100),
    session=st.none() | st.text(),
    hangs=st.none() | st.floats(min_value=0.001, max_value=1e6),
)
snippets = st.builds(
    Snippet,
    name=st.text(),
    code=st.text(),
    file=st.text(),
    lines=st.lists(st.integers(1)).map(tuple),
    options=options,
    shown=st.none() | st.lists(st.none() | st.integers(1)).map(tuple),
)


def test_every_option_has_a_parser_and_a_field() -> None:
    """What markup may give is what a snippet can hold; a name with ``no-`` is the opposite of a field."""
    names = {name.removeprefix(NOT).replace("-", "_") for name in PARSERS}
    assert names == {field.name for field in fields(Options)}


def test_no_options() -> None:
    """What is not given is left to the configuration."""
    assert Options.parse({}) == Options(timeout=None, raises=None, expect=None, stderr="show")


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ({"timeout": "5"}, Options(timeout=5.0)),
        ({"timeout": "0.5"}, Options(timeout=0.5)),
        ({"raises": "ValueError"}, Options(raises="ValueError")),
        ({"raises": "json.decoder.JSONDecodeError"}, Options(raises="json.decoder.JSONDecodeError")),
        ({"raises": "오류"}, Options(raises="오류")),
        ({"raises": "KeyError,json.JSONDecodeError"}, Options(raises="KeyError, json.JSONDecodeError")),
        *(({"expect": mode}, Options(expect=mode)) for mode in ("ordered", "any-order", "exact", "off")),
        *(({"stderr": mode}, Options(stderr=mode)) for mode in ("show", "hide", "error")),
        ({"alone": None}, Options(alone=True)),
        ({"alone": ""}, Options(alone=True)),
        ({"repeat": "1"}, Options(repeat=1)),
        ({"repeat": "100", "alone": ""}, Options(repeat=100, alone=True)),
        ({"session": " 은행 "}, Options(session="은행")),
        ({"hangs": None}, Options(hangs=1.0)),
        ({"hangs": "0.3", "alone": ""}, Options(hangs=0.3, alone=True)),
        ({"stop-after": "2"}, Options(stop_after=2.0)),
        ({"meets": " server,db ,server"}, Options(meets="server, db")),
        ({"python": " >=3.13 "}, Options(python=">=3.13")),
        ({"python": '">=3.13,<4"'}, Options(python=">=3.13,<4")),
        ({"stdin": "one\\ntwo"}, Options(stdin="one\ntwo\n")),
        ({"stdin": "a\nb\n"}, Options(stdin="a\nb\n")),
        ({"stdin": "\\\\n \\t\\x"}, Options(stdin="\\n \t\\x\n")),
        ({"timeout": "5", "expect": "off", "stderr": "hide"}, Options(timeout=5.0, expect="off", stderr="hide")),
    ],
)
def test_parse(given: dict[str, str | None], parsed: Options) -> None:
    """Options are read from their texts."""
    assert Options.parse(given) == parsed


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timeout": ""}, "^timeout: seconds expected, found ''$"),
        ({"timeout": None}, "^timeout: seconds expected, found None$"),
        ({"timeout": "5s"}, "^timeout: seconds expected, found '5s'$"),
        ({"timeout": "0"}, "^timeout: more than 0 seconds expected, found '0'$"),
        ({"timeout": "-1"}, "^timeout: more than 0 seconds"),
        ({"timeout": "nan"}, "^timeout: more than 0 seconds"),
        ({"timeout": "inf"}, "^timeout: at most 1000000 seconds"),
        ({"timeout": "1e308"}, "^timeout: at most 1000000 seconds"),
        ({"repeat": "1" * 5000}, "^repeat: a number from 1 to 100 expected, found '1{58,60}$"),
        ({"hangs": "0"}, "^hangs: more than 0 seconds expected, found '0'$"),
        *(
            ({"hangs": None, name: value}, f"^hangs: cannot be combined with {name}$")
            for name, value in (("timeout", "1"), ("raises", "ValueError"), ("repeat", "2"), ("session", "one"))
        ),
        ({"stdin": ""}, "^stdin: a text expected$"),
        ({"python": None}, "^python: versions such as >=3.13 expected, found None$"),
        ({"python": '""'}, "^python: versions such as >=3.13 expected"),
        ({"stop-after": None}, "^stop-after: seconds expected"),
        *(
            ({"stop-after": "1", name: value}, f"^stop-after: cannot be combined with {name}$")
            for name, value in (("timeout", "1"), ("hangs", "1"), ("repeat", "2"), ("session", "one"))
        ),
        ({"meets": "a,"}, "^meets: the name of a program of this page expected, found 'a,'$"),
        *(
            ({"meets": "a", name: value}, f"^meets: cannot be combined with {name}$")
            for name, value in (("repeat", "2"), ("session", "one"), ("share", None))
        ),
        ({"raises": ""}, "^raises: the name of an exception type expected, found ''$"),
        ({"raises": None}, "^raises: .* found None$"),
        ({"raises": "KeyError,"}, "^raises: .* found 'KeyError,'$"),
        ({"raises": "Value Error"}, "^raises: .* found 'Value Error'$"),
        ({"raises": "json."}, r"^raises: .* found 'json\.'$"),
        ({"expect": "any"}, "^expect: one of ordered, any-order, exact, off expected, found 'any'$"),
        ({"expect": None}, "^expect: one of .* found None$"),
        ({"stderr": "Show"}, "^stderr: one of show, hide, error expected, found 'Show'$"),
        ({"alone": "yes"}, "^alone: takes no value, found 'yes'$"),
        ({"repeat": "0"}, "^repeat: a number from 1 to 100 expected, found '0'$"),
        ({"repeat": "101"}, "^repeat: a number from 1 to 100 expected, found '101'$"),
        ({"repeat": "-1"}, "^repeat: .* found '-1'$"),
        ({"repeat": "1.5"}, "^repeat: .* found '1.5'$"),
        ({"repeat": None}, "^repeat: .* found None$"),
        ({"session": " "}, "^session: a name expected, found ' '$"),
        ({"session": None}, "^session: a name expected, found None$"),
        ({"session": "a", "repeat": "2"}, "^session: a session cannot be repeated or run alone$"),
        ({"session": "a", "alone": None}, "^session: a session cannot be repeated or run alone$"),
        (
            {"time": "5"},
            "^unknown option 'time'; there are: timeout, .*, timeline, .*, alt, hangs, stop-after, meets, stdin, .*$",
        ),
        ({"live": None, "no-live": None}, "^live: cannot be combined with no-live$"),
        ({"timeline": None, "no-timeline": None}, "^timeline: cannot be combined with no-timeline$"),
    ],
)
def test_parse_refuses(given: dict[str, str | None], message: str) -> None:
    """An option that is unknown or means nothing is refused, and the message says which, and what would do."""
    with pytest.raises(OptionError, match=message):
        Options.parse(given)


@pytest.mark.parametrize(("line", "in_file"), [(1, 40), (2, 41), (3, 50), (None, 40), (0, 40), (-1, 40), (4, 40)])
def test_line_in_file(line: int | None, in_file: int) -> None:
    """A line of the code is one of the file; a line that is unknown or out of range is the snippet's first."""
    assert Snippet("name", "a\nb\nc", "chapter.md", (40, 41, 50)).line_in_file(line) == in_file


def test_line_in_file_of_nothing() -> None:
    """A snippet without lines is on line 1."""
    assert Snippet("name", "", "chapter.md", ()).line_in_file(1) == 1


@calm
@given(snippets)
def test_round_trip(snippet: Snippet) -> None:
    """A snippet comes back from its data, also after the data went through JSON."""
    assert Snippet.from_dict(snippet.to_dict()) == snippet
    assert Snippet.from_dict(json.loads(json.dumps(snippet.to_dict()))) == snippet
