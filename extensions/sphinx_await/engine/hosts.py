"""The hosts that mock servers answer for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.errors import OptionError

_LONGEST_DELAY = 1_000_000  # seconds
_STATUSES = 200, 599  # those that end an answer
_HANDLER = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Host:
    """A host that a mock server answers for.

    :ivar page: the text it answers with.
    :ivar delay: seconds until it answers.
    :ivar handler: ``module:function`` of an aiohttp handler that answers instead of ``page``.
    """

    page: str = ""
    delay: float = 0.0
    status: int = 200
    content_type: str = "text/html"
    handler: str | None = None

    @classmethod
    def parse(cls, name: str, given: object) -> Host:
        """A host from its configuration: a page's text, or a mapping with the fields of this class.

        :raises OptionError: anything else.
        """
        if isinstance(given, str):
            return cls(page=given)
        if not isinstance(given, dict):
            raise OptionError(f"await_hosts: {name}: a text or a dict expected, found {given!r}")
        if unknown := sorted(set(given) - set(cls.__dataclass_fields__), key=repr):
            known = ", ".join(cls.__dataclass_fields__)
            raise OptionError(f"await_hosts: {name}: unknown field {unknown[0]!r}; there are: {known}")
        host = cls(**given)
        if not isinstance(host.delay, (int, float)) or not 0 <= host.delay <= _LONGEST_DELAY:  # NaN is not
            raise OptionError(f"await_hosts: {name}: delay: seconds expected, found {host.delay!r:.60}")
        if type(host.status) is not int or not _STATUSES[0] <= host.status <= _STATUSES[1]:
            raise OptionError(f"await_hosts: {name}: status: a status of HTTP expected, found {host.status!r:.60}")
        if host.handler is not None and not (isinstance(host.handler, str) and _HANDLER.fullmatch(host.handler)):
            raise OptionError(f"await_hosts: {name}: handler: 'module:function' expected, found {host.handler!r:.60}")
        for field_name in ("page", "content_type"):
            if not isinstance(value := getattr(host, field_name), str):
                raise OptionError(f"await_hosts: {name}: {field_name}: a text expected, found {value!r:.60}")
        return host
