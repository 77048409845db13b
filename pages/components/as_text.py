"""Names and texts that people wrote, shown as they wrote them."""

from __future__ import annotations

import re


def as_text(text: str) -> str:
    """A text that Markdown leaves as it is, in one line: every run's and data set's name goes through this."""
    line = re.sub(r"([\\`*_\[\]$~<>#|&]|:(?!\s|$))", r"\\\1", " ".join(text.splitlines()))
    return re.sub(r"^(\s*\d*)([-+=.)])", r"\1\\\2", line)
