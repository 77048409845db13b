"""One colour each for teacher, student and baseline, on light and on dark ground.

A figure names its colours by role: ``"@student"``, or ``"@student/0.2"`` for a fifth of its strength. Terms of a loss
have colours beside those three: the labels' and those called by their look. The page resolves
the roles in the browser, so that one figure serves both themes. The colours keep at least 3:1 against their background,
as WCAG 2.2 asks of graphics.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

Theme = Literal["light", "dark"]

PALETTES: dict[Theme, dict[str, str]] = {
    "light": {
        "teacher": "#7C4DEB",
        "student": "#0B8A86",
        "baseline": "#D9730D",
        "labels": "#2F5FD0",
        "rose": "#C2257A",
        "olive": "#66750A",
        "brown": "#7A4B2A",
        "red": "#B3261E",
        "text": "#0B1020",
        "muted": "#5D6478",
        "line": "#D8DBE5",
        "background": "#FFFFFF",
        "surface": "#F4F5F9",
    },
    "dark": {
        "teacher": "#A78BFA",
        "student": "#22BDB7",
        "baseline": "#F5A04E",
        "labels": "#7FA2FF",
        "rose": "#F47FBF",
        "olive": "#B5C44A",
        "brown": "#C9A98F",
        "red": "#FF7F77",
        "text": "#E8EAF2",
        "muted": "#A3A9BC",
        "line": "#363B4C",
        "background": "#12141C",
        "surface": "#1B1E29",
    },
}


def palette_script() -> str:
    """The script that resolves the roles of a figure in a browser: ``PALETTES`` and ``resolved(figure, palette)``."""
    return Path(__file__).with_suffix(".js").read_text("utf-8").replace("__PALETTES__", json.dumps(PALETTES))
