"""Student and teacher as two columns of layers, and a line between those that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from distill_core.figures.layout import Figure, layout
from distill_core.figures.naming import named

_LEFT, _RIGHT = 0.31, 0.69
_HALF = 0.36
"""Half of a box's height, where layers are 1 apart."""


def layer_pairs(
    student: Mapping[str, str],
    teacher: Mapping[str, str],
    pairs: Sequence[tuple[str, str, str]],
    beside: Mapping[str, str],
) -> Figure:
    """Each model's layers from the image at the top to the answer at the bottom; what is said of a pair is on its line.

    Args:
        student: shapes in words by the names of the layers where blocks end, in order.
        teacher: the same.
        pairs: student layer, teacher layer, and some words.
        beside: which teacher layer a student layer is drawn beside; the others are spread evenly.
    """
    rows = max(len(student), len(teacher))
    theirs = _heights(teacher, rows)
    ours = _heights(student, rows) | {mine: theirs[other] for mine, other in beside.items()}
    paired = {name for pair in pairs for name in pair[:2]}
    shapes: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    for layers, heights, ends, role in (
        (student, ours, (0.0, _LEFT), "student"),
        (teacher, theirs, (_RIGHT, 1.0), "teacher"),
    ):
        for name, shape in layers.items():
            shapes.append(_box(ends, heights[name], role, full=name in paired))
            words.append(_words(sum(ends) / 2, heights[name], f"<b>{named(name)}</b><br>{named(shape)}", "@text"))
        words.append(_words(sum(ends) / 2, rows - 0.3, f"<b>{role}</b>", f"@{role}", size=14))
    for mine, other, said in pairs:
        shapes.append(
            {
                "type": "line",
                "x0": _LEFT,
                "x1": _RIGHT,
                "y0": ours[mine],
                "y1": theirs[other],
                "line": {"color": "@text", "width": 2},
            }
        )
        words.append(_words(0.5, (ours[mine] + theirs[other]) / 2, said, "@text", above=True))
    fixed = {"visible": False, "fixedrange": True, "showgrid": False}
    return {
        "data": [{"type": "scatter", "x": [None], "y": [None], "showlegend": False, "hoverinfo": "skip"}],
        "layout": layout(
            x={"range": [-0.01, 1.01], **fixed},
            y={"range": [-0.5, rows], **fixed},
            shapes=shapes,
            annotations=words,
            showlegend=False,
            hovermode=False,
            dragmode=False,
            margin={"l": 4, "r": 4, "t": 4, "b": 4},
        ),
    }


def _heights(layers: Mapping[str, str], rows: int) -> dict[str, float]:
    """Places of the layers, the first on top, spread evenly over the rows."""
    step = rows / len(layers)
    return {name: rows - 0.5 - step * (number + 0.5) for number, name in enumerate(layers)}


def _box(ends: tuple[float, float], height: float, role: str, *, full: bool) -> dict[str, Any]:
    return {
        "type": "rect",
        "x0": ends[0],
        "x1": ends[1],
        "y0": height - _HALF,
        "y1": height + _HALF,
        "line": {"color": f"@{role}" if full else "@line", "width": 2 if full else 1},
        "fillcolor": f"@{role}/0.14" if full else "@muted/0.05",
    }


def _words(x: float, y: float, text: str, colour: str, *, size: int = 12, above: bool = False) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"size": size, "color": colour},
        **({"yanchor": "bottom", "yshift": 2} if above else {}),
    }
