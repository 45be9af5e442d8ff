"""What pages of one project show of their neighbours, and what is said when something is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ..conftest import run_python
from .conftest import page, toctree, warnings

if TYPE_CHECKING:
    from ..sphinxext.conftest import Built, Project

PAGES = ("one", "two", "three")


def write_three(project: Project, **front: str) -> None:
    """Three pages in the toctree, with front matter for some of them."""
    project.write("index.md", toctree(*PAGES))
    for name in PAGES:
        matter = f"---\n{front[name]}\n---\n\n" if name in front else ""
        project.write(f"{name}.md", f"{matter}# Page {name}\n")


def written(built: Built) -> list[str]:
    """The pages that a build wrote."""
    return re.findall(r"writing output\.\.\. \[ *\d+%\] (\S+)", re.sub(r"\x1b\[[\d;]*[A-Za-z]|\r", "\n", built.out))


def test_without_front_matter_the_toctrees_order_holds(small: Project) -> None:
    """The extension changes nothing where nothing is said."""
    write_three(small)
    built = small.build("-W")
    assert [page(built, name).sides for name in ("index", *PAGES)] == [
        (None, "one.html"),
        ("index.html", "two.html"),
        ("one.html", "three.html"),
        ("two.html", None),
    ]


def test_front_matter_comes_before_the_toctree(small: Project) -> None:
    """Each side is set on its own; the other keeps the toctree's order, and what no longer leads back is reported."""
    write_three(small, two="previous: three", three="next: two\nprevious: /two")
    built = small.build()
    assert warnings(built) == [
        ("two.md", 2, "one_sided", "previous is three, but by the toctree one leads here: set `next` in one as well"),
    ]
    assert page(built, "two").sides == ("three.html", "three.html")
    assert page(built, "three").sides == ("two.html", "two.html")


def test_a_list_of_contents_leads_to_its_first_page_in_any_case(small: Project) -> None:
    """What comes before the first chapter is said by that chapter; the page with the toctree leads there."""
    write_three(small, one="previous: Tea <https://tea.example/>")
    built = small.build("-W")
    assert built.status == 0, built.err
    assert page(built, "index").sides == (None, "one.html")
    assert page(built, "one").sides == ("https://tea.example/", "two.html")
    small.write("one.md", "---\nprevious: false\n---\n\n# Page one\n")
    assert page(small.build("-W"), "index").sides == (None, "one.html")


def test_false_ends_the_course_on_both_sides(small: Project) -> None:
    """The page says that nothing follows, and what the toctree has after it does not lead back."""
    write_three(small, two="next: false")
    built = small.build("-W")
    assert built.status == 0, built.err
    assert page(built, "two").sides == ("one.html", None)
    assert page(built, "three").sides == (None, None)


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("Tea & <b> <https://tea.example/?a=1&b=2>", None),
        ("Tea & <https://tea.example/?a=1&b=2>", ("https://tea.example/?a=1&b=2", "Tea &amp;")),
        ("{title: Tea, url: 'https://tea.example/'}", ("https://tea.example/", "Tea")),
        ("\n  title: Tea\n  url: https://tea.example/", ("https://tea.example/", "Tea")),
        ("The last one <three>", ("three.html", "The last one")),
        ("'./three.md'", ("three.html", "Page three")),
    ],
)
def test_a_value_has_many_forms(small: Project, value: str, link: tuple[str, str] | None) -> None:
    """Addresses with a title, mappings, pages with a title of their own or with a suffix."""
    write_three(small, one=f"next: {value}", two="previous: false", three="previous: one")
    built = small.build()
    shown = page(built, "one").button("next")
    assert shown is None or (shown[0].replace("&amp;", "&"), shown[1]) == link
    assert (shown is None) == (link is None)
    assert ("target" in {subtype for _, _, subtype, _ in warnings(built)}) == (link is None)


BROKEN = {
    "nowhere": ("next: tow", "there is no page 'tow'; is 'two' meant?"),
    "itself": ("next: itself", "it is this page itself"),
    "empty": (
        "next:",
        "it is empty; write a page, `project:page`, `Title <https://...>`, a mapping of title and url, or false",
    ),
    "project": ("next: larger:functions", "'larger' is no project of intersphinx_mapping"),
    "bare": ("next: https://tea.example/", "an address needs a title: `Title <https://tea.example/>`"),
    "scheme": ("next: Tea <ftp://tea.example/>", "'ftp://tea.example/' is no http or https address"),
    "script": ("next: Tea <javascript:alert(1)>", "'javascript' is no project of intersphinx_mapping"),
    "list": ("next: [one, two]", '["one", "two"] is not a page, '),
    "untitled": ("next: {url: 'https://tea.example/'}", '{"url": "https://tea.example/"} is not a page, '),
    "no_address": ("next: {title: Two, url: two}", "url is 'two', which is no address"),
}


def test_each_broken_form_is_reported_with_file_and_line(small: Project) -> None:
    """The line is that of the key; the page has no button there, and each build says it again."""
    small.write("index.md", toctree("two", *BROKEN))
    small.write("two.md", "# Two\n")
    for name, (front, _) in BROKEN.items():
        small.write(f"{name}.md", f"---\nauthor: next\ntags: [next]\n{front}\n---\n\n# {name}\n\nnext: no\n")
    for _ in range(2):
        built = small.build()
        found = {file: (line, subtype, message) for file, line, subtype, message in warnings(built)}
        assert set(found) == {f"{name}.md" for name in BROKEN}
        for name, (_, words) in BROKEN.items():
            line, subtype, message = found[f"{name}.md"]
            assert (line, subtype) == (4, "target")
            assert message.startswith(f"next: {words}")
            assert page(built, name).button("next") is None
    assert small.build("-W").status == 1


def test_field_lists_of_restructuredtext_say_it_too(small: Project) -> None:
    """The same values in a field list, with the same warnings."""
    small.write("index.rst", "Small\n=====\n\n.. toctree::\n\n   one\n   two\n")
    small.write("one.rst", ":author: me\n:previous: false\n:next: Tea <https://tea.example/>\n\nOne\n===\n")
    small.write("two.rst", ":author: me\n:previous: onee\n\nTwo\n===\n")
    built = small.build()
    assert page(built, "one").sides == (None, "https://tea.example/")
    assert ("two.rst", 2, "target", "previous: there is no page 'onee'; is 'one' meant?") in warnings(built)


def test_a_link_that_does_not_lead_back_is_reported(small: Project) -> None:
    """With the line of the key that leads away."""
    write_three(small, one="tags: a\nnext: three", two="previous: false", three="previous: two")
    found = warnings(small.build())
    assert ("one.md", 3, "one_sided", "next is three, but the previous page there is two") in found


def test_a_list_at_the_foot_is_compared(small: Project) -> None:
    """What an author wrote there leads where the buttons lead, or it is reported with its line."""
    write_three(small, one="next: three", two="previous: false\nnext: false", three="previous: one")
    foot = "- [다음 - 셋](./two)\n- [Next steps in this course](two)\n"
    small.write("one.md", f"{small.read('one.md')}\n## End\n\nText.\n\n---\n\n{foot}")
    small.write("three.md", small.read("three.md") + "\n- [Next: More](https://tea.example/)\n")
    found = [one for one in warnings(small.build()) if one[2] == "foot"]
    assert found == [
        ("one.md", 13, "foot", "the list at the foot has next: 다음 - 셋 (two.html), but next is three"),
        (
            "three.md",
            7,
            "foot",
            "the list at the foot has next: Next: More (https://tea.example/), but next is none (by the toctree)",
        ),
        ("three.md", 7, "foot", "the list at the foot has no link to the previous page, which is one"),
    ]


def test_a_page_is_written_again_when_its_neighbour_changes(small: Project) -> None:
    """A new title or new front matter beside a page writes that page again; an unchanged build writes none."""
    write_three(small, one="previous: index\nnext: two", three="previous: two")
    small.build()
    published = (small.folder / "build" / "html" / "course-nav.json").read_bytes()
    again = small.build()
    assert "no targets are out of date" in again.out
    assert written(again) == []
    small.write("two.md", "# New title\n")
    built = small.build()
    assert page(built, "one").button("next") == ("two.html", "New title")
    assert page(built, "three").button("prev") == ("two.html", "New title")
    small.write("two.md", "---\nnext: false\n---\n# New title\n")
    small.write("three.md", "# Page three\n")
    assert page(small.build(), "three").sides == (None, None)
    small.write("two.md", "# Page two\n")
    small.write("three.md", "---\nprevious: two\n---\n\n# Page three\n")
    assert page(small.build(), "three").button("prev") == ("two.html", "Page two")
    assert (small.folder / "build" / "html" / "course-nav.json").read_bytes() == published


def test_pages_not_written_are_written_by_the_next_build(small: Project) -> None:
    """A build of one file leaves its neighbours behind, and the next one does not."""
    write_three(small)
    small.build()
    small.write("two.md", "# New title\n")
    html = small.folder / "build" / "html"
    done = run_python("-m", "sphinx", "-b", "html", ".", html, "two.md", cwd=small.folder)
    assert done.returncode == 0, done.stderr
    assert not (html / "course-nav.json").exists()
    assert page(small.build(), "one").button("next") == ("two.html", "New title")


def test_jobs_side_by_side_write_the_same(small: Project) -> None:
    """``-j 2`` reads and writes in processes of their own, and every file is the same."""
    names = [f"page{number:02}" for number in range(12)]
    small.write("index.md", toctree(*names))
    for name, after in zip(names, [*names[1:], "false"], strict=True):
        small.write(f"{name}.md", f"---\nnext: {after}\n---\n# {name}\n\n```{{course_nav}}\n```\n")
    alone = small.build("-W").files()
    small.clean()
    built = small.build("-W", "-j", "2")
    assert built.status == 0, built.err
    assert built.files() == alone


@pytest.mark.parametrize("builder", ["singlehtml", "latex", "epub", "text", "man"])
def test_books_have_the_directives_list_and_no_more(small: Project, builder: str) -> None:
    """Other forms show the links as text, and get no script and no file."""
    write_three(small, one="next: Tea <https://tea.example/>", two="previous: false\nnext: three")
    small.write("two.md", small.read("two.md") + "\n```{course_nav}\n```\n")
    small.write("one.md", small.read("one.md") + "\n```{course_nav}\n```\n")
    options = ("-D", "epub_copyright=2026", "-D", "version=1", "-D", "suppress_warnings=epub.unknown_project_files")
    built = small.build("-W", *options, builder=builder)
    assert built.status == 0, built.err
    texts = [text.decode("utf-8", "replace") for text in built.files().values()]
    assert any("Tea" in text for text in texts)
    assert any(re.search(r"Next\b.{1,30}Page three", text) for text in texts)
    assert not any("course-nav.js" in name for name in built.files())


def test_a_theme_with_relation_bars_shows_the_same(small: Project) -> None:
    """Sphinx's classic themes ask for paths to docnames; addresses come through."""
    write_three(small, one="next: Tea <https://tea.example/>", two="previous: false\nnext: three")
    for theme in ("classic", "alabaster"):
        html = small.build("-W", "-D", f"html_theme={theme}", folder=theme).page("one.html")
        assert re.search(r'<link rel="next" title="Tea" href="https://tea.example/"', html)
        assert '<a href="https://tea.example/"' in html


def test_pages_in_folders_lead_out_of_them(small: Project) -> None:
    """Pages named from a page's own folder; addresses from the root of the site; also with dirhtml."""
    small.write("index.md", toctree("part/one", "two"))
    small.write("part/one.md", "---\nnext: ../two\n---\n# One\n")
    small.write("two.md", "---\nprevious: part/one\n---\n# Two\n")
    assert page(small.build("-W"), "part/one").sides == ("../index.html", "../two.html")
    assert page(small.build("-W", builder="dirhtml"), "part/one/index").sides == ("../../", "../../two/")


def test_the_keyboards_script_can_be_left_out(small: Project) -> None:
    """It is on every page, after the rest has loaded, unless ``course_nav_keys`` is false."""
    write_three(small)
    assert re.search(r'<script defer="defer" src="_static/course-nav.js', small.build().page("one.html"))
    built = small.build("-D", "course_nav_keys=0", folder="without")
    assert "course-nav.js" not in built.page("one.html")


def test_lists_are_for_books_where_pages_have_buttons(small: Project) -> None:
    """A list written by hand is checked all the same, and a book keeps it."""
    write_three(small)
    conf = small.read("conf.py")
    small.write("conf.py", f'{conf}course_nav_list = "books"\n')
    small.write("one.md", "# Page one\n\nText.\n\n---\n\n- [Next - Page two](two)\n- [Previous - Small](index)\n")
    small.write("two.md", "# Page two\n\n```{course_nav}\n```\n\nText.\n")
    small.write("three.md", "# Page three\n\n- [Next - Page one](one)\n")
    built = small.build()
    article = [built.page(f"{name}.html").partition("<article")[2].partition("</article>")[0] for name in PAGES]
    assert [("<li>" in text, "<hr" in text, "course-nav" in text) for text in article] == [(False, False, False)] * 3
    assert page(built, "one").sides == ("index.html", "two.html")
    assert [(name, subtype) for name, _line, subtype, _message in warnings(built)] == [("three.md", "foot")]
    book = small.build(builder="singlehtml", folder="book").page()
    assert "Next - Page two" in book
    assert "Next - Page three" in book
