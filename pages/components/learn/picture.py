"""Charts of the Learn page."""

from __future__ import annotations

from distill_core.figures import Figure
from pages.components.live_chart import live_chart, payload


def chart(figure: Figure, *, name: str, version: str, alt: str, height: int) -> None:
    """A chart that keeps its place in the page; `version` says what it shows."""
    live_chart(
        payload(figure, name=name, version=f"{name}-{version}", alt=alt, height=height, toolbar=False),
        key=f"learn-{name}",
        height=height,
    )
