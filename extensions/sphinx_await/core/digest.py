"""Digests of texts and files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .errors import OptionError


def digest(text: str | bytes) -> str:
    """The first 128 bits of a text's SHA-256, in hexadecimal.

    A path has lone surrogates where its bytes are no text in the locale's encoding.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text).hexdigest()[:32]


def digest_file(path: str, name: str) -> str:
    """The digest of the content of a file that the configuration names.

    :raises OptionError: the file cannot be read.
    """
    try:
        return digest(Path(path).read_bytes())
    except OSError as error:
        raise OptionError(f"await_files: {name}: {error.strerror}: {path}") from None
