"""Displays of recordings that come from anywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sphinx_await.core.errors import RecordingError
from sphinx_await.core.model.recording import Recording
from sphinx_await.core.text.svg_safety import svg_problem

from ..conftest import HERE

STORED = (HERE / "corpus" / "recording-10.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {}}, "there is none"),
        ({"data": {"text/javascript": "alert(1)"}}, "unknown type"),
        ({"data": {"image/png": "<script>"}}, "image/png"),
        ({"data": {"image/png": "가"}}, "image/png"),
        ({"data": {"image/png": "PHN2Zz4="}}, "not an image of type"),
        ({"dark": {"image/jpeg": "iVBORw0KGgo="}}, "not an image of type"),
        ({"data": {"text/plain": "x" * 100_001}}, "more than"),
        ({"data": {"text/html": "x" * 7_000_000}}, "more than"),
        ({"data": {"image/png": 1}}, "a text expected"),
        ({"after": 4}, "no place"),
        ({"after": -1}, "no place"),
        ({"alt": "x" * 2_001}, "more than"),
        ({"width": 0}, "width"),
        ({"line": -1}, "line"),
        ({"line": 4_000_000_000}, "line"),
        ({"task": 9}, "there is no task"),
        ({"more": 1}, "unknown field"),
    ],
)
def test_a_display_that_no_recorder_writes_is_refused(change: dict[str, Any], message: str) -> None:
    """Its types, its sizes and its place are checked when a recording is read."""
    data = json.loads(STORED)
    data["displays"][0] |= change
    with pytest.raises(RecordingError, match=message):
        Recording.from_dict(data)


def test_too_many_displays_are_refused() -> None:
    """Many small ones, and a few that are large together."""
    data = json.loads(STORED)
    first = data["displays"][0]
    for many in ([first] * 101, [first | {"data": {"text/html": "x" * 5_000_000}}] * 4):
        with pytest.raises(RecordingError, match="more than"):
            Recording.from_dict(data | {"displays": many})


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">%s</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<path d='M0 0h9' style='fill:url(#a)'/><use xlink:href='#a'/>",
        "<image href='data:image/png;base64,iVBORw0KGgo='/>",
        "<style type='text/css'>*{stroke-linejoin: round; clip-path: url(\"#p\")}</style>",
        "<metadata><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' rdf:resource='http://a.org'/></metadata>",
        "<text>onload javascript: &lt;script&gt;</text>",
        "<g id='a(b)' aria-label='open(C:\\dir)'/>",
    ],
)
def test_an_svg_that_draws_is_shown(inside: str) -> None:
    """Also with a DOCTYPE that declares nothing, as libraries write it."""
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x/svg11.dtd">'
    assert svg_problem(head + SVG % inside) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<svg",
        "<svg/>",
        "<html xmlns='http://www.w3.org/1999/xhtml'/>",
        '<!DOCTYPE svg [<!ENTITY a "b">]>' + SVG % "",
        '<?xml-stylesheet href="http://a.org/a.css"?>' + SVG % "",
        *(
            SVG % inside
            for inside in (
                "<script>alert(1)</script>",
                "<SCRIPT/>",
                "<g onclick='alert(1)'/>",
                "<g ONLOAD='alert(1)'/>",
                "<foreignObject/>",
                "<a xlink:href='javascript:alert(1)'/>",
                "<animate attributeName='href' to='javascript:alert(1)'/>",
                "<set attributeName='onload' to='alert(1)'/>",
                "<image href='http://a.org/pixel.png'/>",
                "<metadata><image href='http://a.org/pixel.png'/></metadata>",
                "<g style='fill:u\\72l(http://a.org/a.svg#b)'/>",
                "<g fill='u\\72l(http://a.org/a.svg#b)'/>",
                "<g style=\"background:image-set('http://a.org/x.png' 1x)\"/>",
                "<style>@im<style>x{}</style>port 'http://a.org/a.css';</style>",
                "<image xlink:href='data:image/svg+xml;base64,AAAA'/>",
                "<use href='other.svg#a'/>",
                "<use href=' &#10;javascript:alert(1)'/>",
                "<style>@import 'http://a.org/a.css';</style>",
                "<style>* { fill: url(http://a.org/a.svg#b) }</style>",
                "<style>@im\\port 'a'</style>",
                "<rect style='fill: URL( \"http://a.org\" )'/>",
                "<rect fill='url(//a.org/a.svg#b)'/>",
                "<h:script xmlns:h='http://www.w3.org/1999/xhtml'/>",
                "<metadata><h:script xmlns:h='http://www.w3.org/1999/xhtml'/></metadata>",
                "<metadata><script/></metadata>",
                "<x xmlns='http://a.org'/>",
                "<g xml:base='http://a.org/'/>",
                "<g>" * 300 + "</g>" * 300,
            )
        ),
    ],
)
def test_an_svg_that_does_more_than_draw_is_not(text: str) -> None:
    """Scripts, handlers, HTML, links, and whatever asks another address."""
    assert svg_problem(text) is not None
