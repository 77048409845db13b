"""One colour each for teacher, student and baseline, on light and on dark ground.

A figure names its colours by role: ``"@student"``, or ``"@student/0.2"`` for a fifth of its strength. The page resolves
the roles in the browser, so that one figure serves both themes. The colours keep at least 3:1 against their background,
as WCAG 2.2 asks of graphics.
"""

from __future__ import annotations

from typing import Literal

Theme = Literal["light", "dark"]

PALETTES: dict[Theme, dict[str, str]] = {
    "light": {
        "teacher": "#7C4DEB",
        "student": "#0B8A86",
        "baseline": "#D9730D",
        "text": "#1D2233",
        "muted": "#5D6478",
        "line": "#D8DBE5",
        "background": "#FFFFFF",
        "surface": "#F4F5F9",
    },
    "dark": {
        "teacher": "#A78BFA",
        "student": "#22BDB7",
        "baseline": "#F5A04E",
        "text": "#E8EAF2",
        "muted": "#A3A9BC",
        "line": "#363B4C",
        "background": "#12141C",
        "surface": "#1B1E29",
    },
}
