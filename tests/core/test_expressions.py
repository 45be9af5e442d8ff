"""Expressions of authors, evaluated without their code running in the builder."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sphinx_await.core.errors import CheckError
from sphinx_await.core.validation.expressions import BUILTINS, METHODS, evaluate, read_expression

from ..support.examples import examples

LINES = ["apple pie", "banana", "", "cherry 3"]
VALUES = {"lines": LINES, "wall": 0.5, "tasks": 3, "returned": True}
FUNCTIONS = {"printed": lambda *texts: all(any(text in line for line in LINES) for text in texts)}


def value_of(source: str) -> object:
    """What an expression comes to."""
    return evaluate(read_expression(source), VALUES, FUNCTIONS)


numbers = st.sampled_from(["tasks", "wall", "1", "0.25", "len(lines)", "sum(len(line) for line in lines)"])
texts = st.sampled_from(["'an'", "'apple'", "lines[0]", "lines[-1].upper()", "max(lines, key=lambda line: len(line))"])
lists = st.sampled_from(["lines", "lines[1:]", "[line.strip() for line in lines if line]", "sorted(set(lines))"])
booleans = st.recursive(
    st.one_of(
        st.just("returned"),
        st.builds("printed({})".format, texts),
        st.builds("{} {} {}".format, numbers, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), numbers),
        st.builds("{} <= {} < {}".format, numbers, numbers, numbers),
        st.builds("{} {} {}".format, texts, st.sampled_from(["in", "not in", "==", "<"]), st.one_of(texts, lists)),
        st.builds("any({} in line for line in {})".format, texts, lists),
        st.builds("all(line.startswith({}) or line for line in {})".format, texts, lists),
        st.builds("round({} / 3, 2) * -2 + {} % 7 > 1".format, numbers, numbers),
        st.builds("{}.count({}) == {{'a': 1}}['a']".format, texts, texts),
    ),
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
        st.builds("(len([1 for x, y in [(1, 2), (3, 4)] if {}]) == 2)".format, inner),
    ),
    max_leaves=8,
)


@given(st.one_of(booleans, numbers, texts, lists))
@settings(max_examples=examples(400), deadline=None)
def test_an_expression_means_what_python_means(source: str) -> None:
    """Python's own value, or an error where Python raises one."""
    try:
        expected = eval(source, {**VALUES, **FUNCTIONS})  # noqa: S307 - of this test
    except Exception:  # noqa: BLE001 - whatever Python raises
        with pytest.raises(CheckError):
            value_of(source)
    else:
        assert value_of(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "[f for g in [[]] if (g.append((h.gi_frame.f_back for h in g)) or 1) for f in g[0]][0]",
        "(lambda: 0).__globals__",
        "printed.__globals__",
        "printed.func_globals",
        "'{0.__class__}'.format(printed)",
        "'%s' % printed",
        "f'{printed}'",
        "f'{1:999999999}'",
        "(x := 1)",
        "__import__('os')",
        "open('/etc/passwd')",
        "getattr(lines, 'append')",
        "lines.append(1)",
        "lines.sort",
        "[].extend(lines)",
        "{}.update(a=1)",
        "(1).real",
        "(await x)",
        "(yield 1)",
        "[*lines]",
        "printed(*lines)",
        "printed(**{})",
        "{**{}}",
        "(lambda *a: a)",
        "(lambda a=1: a)",
        "(lambda: 1)()",
        "[x async for x in lines]",
        "1 if 1",
        "a.b.c",
        "lines[0].encode()",
        "lines[0].join(lines)",
        "'a'.ljust(10)",
        "'a'.replace('a', 'b' * 9)",
        "b'bytes'",
        "1j",
        "...",
        "2 ** 10",
        "1 << 10",
        "lines @ lines",
        "~1",
    ],
)
def test_what_is_not_allowed_is_refused(source: str) -> None:
    """No attribute but methods of texts, no syntax beyond plain expressions, no name from outside."""
    with pytest.raises(CheckError):
        value_of(source)


@pytest.mark.parametrize(
    "source",
    [
        "9**9**9 > 1",
        "'a' * 10**10",
        "[0] * 100000000",
        "[0] * 1000 * 1000 * 1000",
        "'a' * 1000 * 1000 * 1000 * 1000",
        "[1 for a in lines * 100 for b in lines * 100 for c in lines * 100]",
        "sum(1 for a in lines * 100 for b in lines * 100 for c in lines * 100 for d in lines)",
        "sorted([lambda f: f(f)], key=lambda f: f(f))",
        "max([lambda f: f(f)], key=lambda f: f(f))",
        "round(5, -1000000000)",
        "round(5, 1000000000)",
        " + ".join(["'a' * 1000000"] * 3),
        "(99999999999999999999999999999999999999999999999999 * " * 20 + "9" + ")" * 20,
        "(" * 60 + ")" * 60,
        "[" * 200 + "]" * 200,
        "not " * 500 + "1",
        "-" * 1900 + "1",
        "1" + " + 1" * 480,
        "9" * 5000,
        "'" + "a" * 5000 + "'",
        "x" * 100_000,
        "[a in b for a in ['x' * 999999] for b in ['x' * 999999] for c in lines * 9999]",
        "[a == b for a in ['x' * 999999] for b in ['x' * 999999] for c in lines * 9999]",
        "[('x ' * 400000).split() for c in lines * 9999]",
        "\ud800",
        "'\0'\0",
    ],
)
@pytest.mark.timed
def test_nothing_takes_long(source: str) -> None:
    """An expression that would take for ever, or all memory, is an error at once."""
    began = time.process_time()
    with pytest.raises(CheckError):
        value_of(source)
    assert time.process_time() - began < 5


@given(st.text(alphabet="lines.wal()[]{}'\"0123456789+-*/%<>=!:, andotriforlmbd_", max_size=60))
@settings(max_examples=examples(500), deadline=None)
def test_any_text_is_a_value_or_an_error(source: str) -> None:
    """No other exception comes out, and no code runs."""
    with contextlib.suppress(CheckError):
        value_of(source)


def test_methods_of_texts_make_nothing_larger() -> None:
    """Each allowed method exists, and none of them pads, repeats or formats."""
    assert all(hasattr(str, name) for name in METHODS)
    assert METHODS.isdisjoint(
        {"format", "format_map", "join", "replace", "ljust", "rjust", "center", "zfill", "encode"}
    )
    assert METHODS.isdisjoint({"expandtabs", "translate"})


def test_functions_are_the_few_that_are_harmless() -> None:
    """The built-in functions that an expression can call."""
    assert set(BUILTINS) == {"abs", "all", "any", "len", "max", "min", "round", "set", "sorted", "sum"}


@pytest.mark.timed
@pytest.mark.parametrize(
    "source",
    [
        "[[[[0]*120]*120]*120]*120 == [[[[0]*120]*120]*120]*120",
        "any(x in [[[[1]*99]*99]*99]*99 for x in [[[[0]*99]*99]*99])",
        "{((((0,)*99,)*99,)*99,)*99}",
        "{((((0,)*99,)*99,)*99,)*99: 1}",
        "{x for x in [((((0,)*99,)*99,)*99,)*99]}",
        "sorted([[[[0]*99]*99]*99]*99)",
        "max([[[[0]*99]*99]*99]*99)",
    ],
)
def test_a_container_of_containers_costs_what_is_in_it(source: str) -> None:
    """However often it holds the same list."""
    began = time.process_time()
    with pytest.raises(CheckError, match="steps"):
        value_of(source)
    assert time.process_time() - began < 0.2
