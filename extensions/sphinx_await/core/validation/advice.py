"""Advice on how programs run here, for the failures that its differences from a terminal explain."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from ..syntax import nodes_of
from ..text.messages import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from ..model.recording import Failure, Recording

    #: Finds programs. Most runs need no advice, and to find them costs as much as there are.
    Programs: TypeAlias = Callable[[], Sequence[str]]

_NO_NAME = re.compile(r"name '([^']+)' is not defined")
_NO_FILE = re.compile(r"No such file or directory: '([^']+)'")
#: In a traceback, a line such as `!ls`, `%time f()` or `%%timeit`.
_IPYTHON = re.compile(r"^ +(?:\w+ *= *)?(?:!+ *[\w./]|%%?[A-Za-z])", re.MULTILINE)
_AWAIT_OUTSIDE = re.compile(r"'(?:await|async with|async for)' outside|asynchronous comprehension outside")
#: The end of the name of meson-python's module that compiles an editable installation anew.
_BUILDS_AT_IMPORT = "_editable_loader.py"
_SERVES = re.compile(r"\b(?:serve_forever|run_forever|run_app|start_serving)\s*\(")


def advise(failure: Failure, recording: Recording, code: str, earlier: Programs = list) -> list[Message]:
    """Find what an author has to know about a failure.

    :param code: the program.
    :param earlier: finds the programs before it on its page that it shares no session with.
    """
    return list(_advice(failure, recording, code, earlier))


def serves(code: str) -> bool:
    """Whether a program starts a server that never ends by itself."""
    return _SERVES.search(code) is not None


def has_prompts(code: str) -> bool:
    """Whether there are prompts in a program."""
    return any(line.lstrip().startswith((">>> ", "In [")) for line in code.splitlines())


def is_ipython(failure: Failure) -> bool:
    """Whether a program has an error of syntax at a line of IPython's own: a command or a magic."""
    return failure.type == "SyntaxError" and _IPYTHON.search(failure.traceback) is not None


def advise_on_time_limit(code: str) -> list[Message]:
    """Find what an author has to know about a program that did not end."""
    if serves(code):
        return [
            Message(
                "A server never ends by itself: let the program end it, with `asyncio.timeout()` for example, or stop "
                "it by `stop-after=SECONDS`."
            )
        ]
    return []


def _advice(failure: Failure, recording: Recording, code: str, earlier: Programs) -> Iterator[Message]:
    message = failure.message
    if failure.os_error == "socket.gaierror" and not recording.network:
        yield Message("Programs have no network: only the hosts of `await_hosts` answer.")
    if failure.type == "EOFError" and "reading a line" in message:
        yield Message("Nobody answers: standard input ends there. `stdin` gives more to it.")
    if failure.type == "FileNotFoundError":
        yield _advice_on_file(failure, earlier)
    if failure.type == "PermissionError" or "[Errno 30]" in message or _BUILDS_AT_IMPORT in failure.traceback:
        yield _advice_on_writing(failure)
    if failure.type == "MemoryError":
        yield Message("`await_memory_limit` allows more memory.")
    if failure.type in {"SyntaxError", "IndentationError"}:
        yield from _advice_on_syntax(failure, code)
    if failure.type == "NameError" and (match := _NO_NAME.search(message)) and defines(earlier(), match[1]):
        yield Message(
            "An earlier program of this page defines `%s`. With the same `session=NAME`, programs share their names.",
            (match[1],),
        )


def _advice_on_syntax(failure: Failure, code: str) -> Iterator[Message]:
    if has_prompts(code):
        yield _advice_on_prompts(code)
    elif is_ipython(failure):
        yield Message(
            "This line is IPython's own and no Python: leave it out, or only show the program (`no-run`, of a cell "
            "the tag `skip-execution`)."
        )
    elif _AWAIT_OUTSIDE.search(failure.message):
        yield Message(
            "`await` needs a coroutine: write `async def main()`, and run it by `asyncio.run(main())`. The option "
            "`top-level-await` runs a program as `python -m asyncio` does."
        )


def _advice_on_prompts(code: str) -> Message:
    if code.startswith(">>> "):  # a fence that begins so is read as what is typed
        return Message("Only a fence takes prompts: write it as one that is tagged `pycon`, or remove the prompts.")
    return Message(
        "A program with prompts begins with `>>> `, or its fence is tagged `pycon`. Other prompts do not "
        "belong to a program: remove them, or write `no-run` before it."
    )


def _advice_on_writing(failure: Failure) -> Message:
    if _BUILDS_AT_IMPORT in failure.traceback:
        return Message("The package builds itself when it is imported, but a program cannot: install it without `-e`.")
    return Message("A program can write only into its own folder and the folder for temporary files.")


def _advice_on_file(failure: Failure, earlier: Programs) -> Message:
    if "_execute_child" in failure.traceback:
        return Message("There is no such command where the programs run.")
    name = _NO_FILE.search(failure.message)
    if name and any(repr(name[1])[1:-1] in program for program in earlier()):
        return Message(
            "An earlier program of this page names `%s`. Programs share a folder with the same `session=NAME`, or with "
            '`await_folder_scope = "page"`.',
            (name[1],),
        )
    return Message("A program runs in a folder of its own, into which `await_files` puts files.")


def defines(programs: Sequence[str], name: str) -> bool:
    """Whether one of the programs gives a value to a name, or imports it."""
    return any(name in _names(program) for program in programs)


def _names(program: str) -> Iterator[str]:
    for node in nodes_of(program):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
