"""For which Pythons a program is: its option ``python``, a specifier of versions as :pep:`440` defines them.

Both what reads pages and what runs programs ask here. A program that is for other Pythons does not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..core.errors import OptionError
from ..core.model.snippet import Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def read_options(given: Mapping[str, str | None], beside: Iterable[str] = ()) -> Options:
    """Options from their texts, as :meth:`.Options.parse` reads them, with versions that mean something.

    :raises OptionError: an unknown name, or a value that means nothing.
    """
    options = Options.parse(given, beside)
    if options.python is not None:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # most pages name no version

        try:
            SpecifierSet(options.python)
        except InvalidSpecifier:
            message = f"python: versions such as >=3.13 or >=3.12,<3.14 expected, found {options.python!r:.60}"
            raise OptionError(message) from None
    return options


def fits(options: Options, version: str) -> bool:
    """Whether a program is for a version. A release candidate has the features of its release, so it counts as that."""
    if options.python is None:
        return True
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(options.python).contains(version, prereleases=True)
