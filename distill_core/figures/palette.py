"""One colour each for teacher, student and baseline, on light and on dark ground.

A figure names its colours by role: ``"@student"``, or ``"@student/0.2"`` for a fifth of its strength. A page resolves
the roles in the browser, so that one figure serves both themes; a report resolves them with `resolve`. The colours
keep at least 3:1 against their background, as WCAG 2.2 asks of graphics.
"""

from __future__ import annotations

import re
from typing import Any, Literal

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

_TOKEN = re.compile(r"^@([a-z]+)(?:/(\d?\.?\d+))?$")


def colour(token: str, theme: Theme) -> str:
    """The colour a role has in a theme: ``"@student"`` -> ``"#0B8A86"``; other text comes back as it is."""
    match = _TOKEN.match(token)
    if match is None or match[1] not in PALETTES[theme]:
        return token
    hexadecimal = PALETTES[theme][match[1]]
    if match[2] is None:
        return hexadecimal
    red, green, blue = (int(hexadecimal[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{float(match[2]):g})"


def resolve(figure: Any, theme: Theme) -> Any:
    """A figure with every role replaced by its colour; the figure given stays as it is."""
    if isinstance(figure, str):
        return colour(figure, theme)
    if isinstance(figure, dict):
        return {name: resolve(value, theme) for name, value in figure.items()}
    if isinstance(figure, list):
        return figure if figure and isinstance(figure[0], int | float) else [resolve(value, theme) for value in figure]
    return figure
