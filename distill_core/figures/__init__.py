"""Plotly figures as plain dictionaries, made from data frames; one figure serves light and dark.

Plain dictionaries because a live page rebuilds them every second: `plotly.graph_objects` checks every property and
takes ten times as long. Colours are roles (see `palette`).
"""

from distill_core.figures.accuracy import accuracy_curves
from distill_core.figures.capabilities import capabilities
from distill_core.figures.classes import class_bars
from distill_core.figures.layout import Figure
from distill_core.figures.loss import loss_curves
from distill_core.figures.models import result_bars, size_vs_accuracy
from distill_core.figures.palette import PALETTES
from distill_core.figures.rate import rate_curve
from distill_core.figures.timeline import timeline_curves

__all__ = [
    "PALETTES",
    "Figure",
    "accuracy_curves",
    "capabilities",
    "class_bars",
    "loss_curves",
    "rate_curve",
    "result_bars",
    "size_vs_accuracy",
    "timeline_curves",
]
