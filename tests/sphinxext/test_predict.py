"""Predict first: a question whose answer key is the recording of its run."""

from __future__ import annotations

import json
import re
import zipfile
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from ..browser.sites import STUB

if TYPE_CHECKING:
    import pytest

    from .conftest import Project

PROGRAM = """import asyncio

async def say(name):
    print(name)

async def main():
    task = asyncio.create_task(say("task"))
    await say("coroutine")
    await task

asyncio.run(main())
# Expected output:
# coroutine
# task
"""
PAGE = f"""# A

````{{exec_predict}} Which comes first?
Look at *both*.

```{{exec_code}}
:name: both
{PROGRAM}```

```{{exec_distractors}}
nothing
```

```{{exec_why}} "task" < "coroutine"
It is only **queued**.
```

```{{exec_why}}
Think again.
```

After all it ran.
````

## B

Later.
"""
VOID = {"meta", "link", "input", "br", "img", "hr", "path", "rect", "use"}


class Question(HTMLParser):
    """The text of a page by the classes around it, and what a question hands to its script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.around: list[tuple[str, set[str]]] = []
        self.texts: list[tuple[str, set[str]]] = []
        self.questions: list[dict[str, object]] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the classes, and what a question knows."""
        given = dict(attrs)
        self.tags.append((tag, given))
        if data := given.get("data-await-question"):
            self.questions.append(json.loads(data))
        if tag not in VOID:
            self.around.append((tag, set((given.get("class") or "").split())))

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        if tag not in VOID:
            while self.around.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        """Keep a text."""
        self.texts.append((data, set().union(*(classes for _tag, classes in self.around))))

    def text(self, inside: str, outside: str = "nowhere") -> str:
        """The text inside of elements of a class that is not in one of another."""
        return "".join(text for text, classes in self.texts if inside in classes and outside not in classes)


def test_a_page_has_the_question_and_the_answer_in_a_fold(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comment of expected output is compared and not shown, nor what readers may edit; what follows is folded."""
    monkeypatch.setenv("SPHINX_AWAIT_RUNTIME", str(STUB))
    project.write("index.md", PAGE)
    built = project.build("-W", "--keep-going")
    assert built.status == 0, built.err
    page = Question(built.page())
    open_text, folded = page.text("await-predict", "await-answer"), page.text("await-answer")
    assert "Which comes first?" in open_text
    assert 'await say("coroutine")' in page.text("await-code")
    assert "Expected output" not in built.page()
    assert "After all" not in open_text
    offered = page.text("await-choices").split("\n")[1:-1]
    assert sorted(offered) == ["coroutine", "nothing", "task"]
    for text in (
        "coroutine",
        "task",
        "Table and data",
        "CPython",
        "queued",
        "Think again.",
        "After all it ran",
    ):
        assert text in folded, text
    (question,) = page.questions
    assert question["kind"] == "order"
    answer = [offered.index("coroutine"), offered.index("task")]
    assert question["answer"] == answer
    assert question["rows"] == [{"coroutine": 0, "task": 1, "nothing": None}[text] for text in offered]
    assert question["whys"] == [answer[::-1], [None, None]]
    assert [attributes for tag, attributes in page.tags if tag == "details" and "open" in attributes] == []
    project.write("index.md", PAGE.replace("# task\n", "# tusk\n"))
    wrong = project.build()
    assert wrong.status == 1
    assert "index.md:21: ERROR: both: printed something else than expected" in wrong.err


def test_only_pages_with_a_question_load_something_for_it(project: Project) -> None:
    """A style sheet, and a script with its words in the language of the page."""
    project.write("index.md", f"{PAGE}\n```{{toctree}}\nother\n```\n")
    project.write("other.md", "# Other\n\n```python\nprint(1)\n```\n")
    built = project.build("-W", "-D", "language=ko")
    assert "sphinx-await-predict" not in built.page("other.html")
    (tag,) = (
        found for name, found in Question(built.page()).tags if name == "script" and "data-await-predict" in found
    )
    words = json.loads(tag["data-await-predict"] or "")
    script = (built.folder / "_static" / "sphinx-await-predict.js").read_text("utf-8")
    assert words["check"] == "확인"
    assert {name for name in words if f'"{name}"' not in script} == set()
    assert set(re.findall(r'say\("(\w+)"', script)) <= set(words)
    fields = {field for word in words.values() for field in re.findall(r"\{(\w+)\}", word)}
    assert fields == {"place", "real"}


def test_the_key_of_a_kept_answer_is_that_of_its_question_alone(project: Project) -> None:
    """It outlives edits of other questions and of the text; an edit of the question ends it."""

    def keys() -> list[object]:
        return [question["key"] for question in Question(project.build("-W").page()).questions]

    question = "````{{exec_predict}}\n```python\nprint(1)\nprint({})\n```\n````\n"
    project.write("index.md", f"# A\n\n{question.format(2)}")
    (before,) = keys()
    project.write("index.md", f"# A\n\n{question.format(3)}\nText.\n\n{question.format(2)}\n{question.format(2)}")
    other, same, equal = keys()
    assert same == before
    assert len({other, same, equal}) == 3


def test_other_builders_have_the_answer_at_the_foot(project: Project) -> None:
    """Question and choices in their place, output and reasons after all else of the document."""
    project.write("index.md", PAGE)
    for builder, name in (("text", "index.txt"), ("latex", "projectnamenotset.tex"), ("man", "projectnamenotset.1")):
        built = project.build(builder=builder)
        assert built.status == 0, built.err
        text = built.page(name)
        assert "Expected output" not in text
        foot = text.index("Later.")
        assert text.index("Which comes first?") < text.index("The answer is at the end of this chapter.") < foot
        for part in ("If you put", "queued", "Think again.", "After all it ran.", "CPython"):
            assert text.index(part) > foot, (builder, part)


def test_questions_of_one_document_and_their_answers_are_numbered_where_answers_are_at_the_foot(
    project: Project,
) -> None:
    """Their titles may be equal. A book of several documents begins anew in each, and does not number a single one.

    Those of its first document come before the next one.
    """
    two = f"{asks('')}\n{asks('', 'print(1)' + chr(10) + 'print(2)')}".replace("{exec_predict}", "{exec_predict} Same?")
    project.write("index.md", f"# A\n\n{two}\n```{{toctree}}\nother\n```\n")
    project.write("other.md", f"# B\n\n{asks('').replace('{exec_predict}', '{exec_predict} Other?')}")
    built = project.build(builder="latex")
    assert built.status == 0, built.err
    text = built.page("projectnamenotset.tex")
    headings = re.findall(r"(?:Predict|Answer)[^{}]*\?", text)
    assert sorted(headings) == [
        *("Answer 1: Same?", "Answer 2: Same?", "Answer: Other?"),
        *("Predict 1: Same?", "Predict 2: Same?", "Predict: Other?"),
    ]
    assert text.index("Answers and solutions") < text.index("Answer 1: Same?")
    assert text.index("Answer 2: Same?") < text.index("Predict: Other?")
    assert text.count("Answers and solutions") == 2


def test_a_book_has_the_answer_in_a_fold_and_no_script(project: Project) -> None:
    """Its style sheet is in the book."""
    project.write("index.md", PAGE)
    built = project.build("-D", "version=1", "-D", "copyright=2026", builder="epub")
    assert built.status == 0, built.err
    page = built.page("index.xhtml")
    assert '<details class="await-answer">' in page
    assert "data-await" not in page[page.index("<body") :].replace("data-name", "")
    (book,) = built.folder.glob("*.epub")
    names = zipfile.ZipFile(book).namelist()
    assert [name for name in names if "predict" in name and name.endswith(".css")]
    assert "sphinx-await-predict.js" not in page


BLOCKED = """import asyncio, time

async def tick():
    for _ in range(3):
        await asyncio.sleep(0.1)

async def work():
    time.sleep(0.4)

async def main():
    await asyncio.gather(tick(), work())

asyncio.run(main())
print("done")
print("over")
"""
KINDS = """# A

````{exec_predict}
:kind: time
```{exec_code}
:name: blocked
BLOCKED```
```{exec_choices}
0.4
0.6
```
````

````{exec_predict}
:kind: who 0.25
```{exec_code}
:share:
BLOCKED```
````

````{exec_predict}
:kind: last
```{exec_code}
:session: s
print("first")
```
```{exec_distractors}
never
```
````

````{exec_predict} The next part
```{exec_code}
:session: s
print("second")
print("third")
```

```{exec_compare}
blocked
```
````
""".replace("BLOCKED", BLOCKED)


def test_every_kind_asks_about_its_run(project: Project) -> None:
    """Times, tasks, the last line; parts of sessions; a comparison comes with the answer."""
    project.write("index.md", KINDS)
    built = project.build("-W")
    assert built.status == 0, built.err
    page = Question(built.page())
    assert [question["kind"] for question in page.questions] == ["time", "who", "last", "order"]
    titles = ["How long does it take?", "Who runs at 0.25 s?", "What does it print last?", "The next part"]
    assert [title for title in titles if title not in page.text("await-title", "await-tag")] == []
    answers = page.text("await-answer", "await-picture")
    for answer in ("Answer: 0.60 s", "Answer: Task-3 work()", "Answer: first"):
        assert answer in answers, answers
    assert "0.40 s" in page.text("await-choices")
    assert "Compared on one time axis" not in page.text("await-predict", "await-answer")
    assert "none: all of them wait" in page.text("await-choices")


def asks(parts: str, program: str = 'print("a")\nprint("b")', options: str = "") -> str:
    """A question."""
    return f"````{{exec_predict}}\n{options}```python\n{program}\n```\n{parts}````\n"


RACE = """import asyncio
async def one(name):
    await asyncio.sleep(0.1)
    print(name)
async def main():
    await asyncio.gather(one("x"), one("y"))
asyncio.run(main())"""
#: Questions that mean nothing or have no single answer: at which text the mistake is, and what is said of it.
AMBIGUOUS = [
    (asks("", 'print("a")\nprint("a")'), "````", "'a' is printed several times; name lines that are printed once"),
    (asks("", RACE), "````", "'x' and 'y' are printed at nearly the same moment"),
    (asks("", f"import random\n{RACE.replace('0.1', 'random.random()')}"), "````", "the program draws random numbers"),
    (asks("", "pass"), "````", "the program prints nothing"),
    (asks("", 'print("a")'), "````", "there is only one choice"),
    (asks("```{exec_choices}\na\nc\n```\n"), "```{exec_choices}", "'c' is never printed"),
    (asks("```{exec_distractors}\nb\n```\n"), "```{exec_distractors}", "'b' is printed"),
    (asks('```{exec_why} "a" < "b"\nText\n```\n'), "```{exec_why}", "'a' is printed before 'b': this is no mistake"),
    (asks("```{exec_why} a b\nText\n```\n"), "```{exec_why}", 'exec_why: "A" < "B" or "A" expected'),
    (asks("```{exec_why} c\n```\n"), "```{exec_why}", "exec_why: what is to be said is missing"),
    (asks("```{exec_choices}\n```\n"), "```{exec_choices}", "exec_choices: a choice in each line expected, found none"),
    (asks("", options=":kind: who 9\n"), "````", "no event loop ran around 9 s"),
    (asks("", options=":kind: who\n"), "````", "exec_predict: kind: one of order, last, time, or who and a moment"),
    (asks("", options=":kind: who soon\n"), "````", "exec_predict: kind: 'soon' is no moment"),
    (asks("", options=":kind: when\n"), "````", "exec_predict: kind: one of order, last, time, or who and a moment"),
    (asks("", 'print("a")\n# Expected output:\n# a\n# b\n\nprint("b")'), "````", "must be at the end of the program"),
    (
        asks("", 'print("a")\nprint("b")\n# Expected output (in any order):\n# b\n# a'),
        "````",
        "the expected output may come in any order",
    ),
    (asks("```python\nprint(1)\n```\n"), "````", "exec_predict: one program expected, found 2"),
    ("```{exec_why}\nText\n```\n", "```", "exec_why is in no exec_predict"),
    ("```{exec_distractors}\na\n```\n", "```", "exec_distractors is in no exec_predict"),
]


def test_an_ambiguous_question_fails_the_build_with_file_and_line(project: Project) -> None:
    """And says what to do."""
    page, expected = "# A\n\n", []
    for question, start, message in AMBIGUOUS:
        lines = question.split("\n")
        line = page.count("\n") + 1 + next(index for index, text in enumerate(lines) if text.startswith(start))
        expected.append((line, message))
        page += f"{question}\n"
    project.write("index.md", page)
    built = project.build()
    assert built.status == 1
    found = [(int(line), text) for line, text in re.findall(r"index\.md:(\d+): ERROR: (.*)", built.err)]
    missing = [
        (line, message)
        for line, message in expected
        if not any(abs(at - line) <= 1 and message in text for at, text in found)
    ]
    assert missing == [], built.err


def test_what_is_wrong_with_a_question_is_said_in_each_build_and_in_the_page(project: Project) -> None:
    """With `await_on_error = "warn"` the page has the run, unfolded, and says what is wrong with the question."""
    project.write("index.md", "# A\n\n" + asks("", 'print("a")\nprint("a")'))
    project.write("conf.py", project.read("conf.py") + "await_on_error = 'warn'\nlanguage = 'ko'\n")
    for _build in range(2):
        built = project.build()
        assert built.status == 0
        assert "WARNING: index-1: 'a' is printed several times" in built.err
    page = Question(built.page())
    assert "여러 번 출력됩니다" in page.text("await-run")
    assert not page.questions
    assert not page.text("await-answer")


def test_a_translated_page_asks_in_its_language(project: Project) -> None:
    """Title, choices and reasons are in the catalogues; the recording is that of the translated program."""
    original = asks(
        '```{exec_distractors}\nnever\n```\n```{exec_why} "b" < "a"\nBecause.\n```\n',
        'print("a")\nprint("b")\n# Expected output:\n# a\n# b',
    ).replace("{exec_predict}", "{exec_predict} The title")
    project.write("index.md", f"# A\n\n{original}")
    project.write(
        "conf.py",
        project.read("conf.py")
        + "gettext_additional_targets = ['literal-block']\nlanguage = 'ko'\nlocale_dirs = ['l']\n",
    )
    pot = project.build(builder="gettext")
    with (pot.folder / "index.pot").open("rb") as file:
        messages = [message.id for message in read_po(file) if message.id]
    assert {"The title", "never", "Because."} <= set(messages)
    (program,) = (str(one) for one in messages if "print" in one)
    assert "Expected output" in program
    catalog = Catalog(locale="ko")
    for text, translation in {
        "The title": "제목",
        "never": "안 나옴",
        '"b" < "a"': '"b" < "가"',
        "Because.": "왜냐하면.",
        program: program.replace('"a"', '"가"').replace("# a", "# 가"),
    }.items():
        catalog.add(text, translation)
    path = project.folder / "l" / "ko" / "LC_MESSAGES" / "index.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
    built = project.build()
    assert built.status == 0, built.err
    page = Question(built.page())
    assert "제목" in page.text("await-title")
    assert sorted(page.text("await-choices").split("\n")) == ["", "", "b", "가", "안 나옴"]
    assert "왜냐하면." in page.text("await-answer")
