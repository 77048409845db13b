"""Names on a figure: as they were typed, and short enough for their place.

Plotly reads markup in texts (``<b>``), takes categories that look like numbers for numbers, and draws two categories of
one name as one; so names are escaped, and stand as words at numbered places.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from distill_core.insight.names import shortened


def named(name: str, most: int | None = None) -> str:
    """A name as Plotly draws it the way it was typed; of at most `most` characters, where there is little room."""
    return escape(name if most is None else shortened(name, most), quote=False)  # Plotly knows no &quot;


def name_ticks(names: Iterable[str], most: int | None = None) -> dict[str, Any]:
    """Settings of an axis that says these names at the places 0, 1, 2 ..."""
    texts = [named(name, most) for name in names]
    return {"tickvals": list(range(len(texts))), "ticktext": texts}
