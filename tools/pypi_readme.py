"""The README as package indexes show it: a hook of hatchling, the build backend.

Links in README.md are relative, so that they work in a clone, on a branch and in a fork. An index has no files to
which they could lead, so a distribution gets absolute ones. The address of the repository is ``Source`` in
``[project.urls]``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

#: The target of a link or an image: `](target)`, `src="target"`, `srcset="target"`.
TARGET = re.compile(r"""(?P<before>\]\(|\bsrc(?:set)?=")(?P<target>[^)"\s]+)""")
#: What is shown in the page, by its suffix; anything else is a page of its own.
IMAGES = {".png", ".svg"}


def with_absolute_links(text: str, repository: str, branch: str = "main") -> str:
    """Replace each relative target by its address in the repository; absolute targets and anchors stay."""

    def absolute(found: re.Match[str]) -> str:
        target = found["target"]
        if re.match(r"[a-z]+:|#", target):
            return found[0]
        way = "raw" if Path(target).suffix in IMAGES else "tree" if target.endswith("/") else "blob"
        return f"{found['before']}{repository}/{way}/{branch}/{target}"

    return TARGET.sub(absolute, text)


class ReadmeHook(MetadataHookInterface):
    """Puts the README into the metadata of a distribution."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add ``readme`` to the metadata of the project."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        repository = metadata["urls"]["Source"].rstrip("/")
        metadata["readme"] = {"content-type": "text/markdown", "text": with_absolute_links(text, repository)}
