"""The latency figures of a run's summary, as the page and the model card need them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from distill_core.edge.machine import receipt

Latency = Mapping[str, Any]


def cpu_ms(summary: Mapping[str, Any], role: str = "student") -> float | None:
    """Milliseconds of CPU time for one input of a run's model: of its file, else of its measured architecture."""
    return _measured(summary, role, "cpu_ms")


def token_ms(summary: Mapping[str, Any]) -> float | None:
    """The same for a token that the student writes; None of images."""
    return _measured(summary, "student", "token_ms")


def file_bytes(summary: Mapping[str, Any], role: str = "student") -> int | None:
    """The size of a model's file."""
    found = _measured(summary, role, "bytes")
    return None if found is None else int(found)


def _measured(summary: Mapping[str, Any], role: str, figure: str) -> float | None:
    file = (summary.get("onnx") or {}) if role == "student" else {}
    found: float | None = file.get(figure) or ((summary.get("latency") or {}).get(role) or {}).get(figure)
    return found


def how_measured(latency: Latency) -> str:
    """On which machine, with how many threads and rounds; of an older run, that it did not say."""
    machine, protocol = latency.get("machine"), latency.get("protocol")
    if machine and protocol:
        models = {name: latency[name] for name in ("student", "teacher") if latency.get(name)}
        return receipt({"machine": machine, "protocol": protocol, "inputs": latency.get("inputs"), "models": models})
    on = f" on {machine['cpu']} ({machine['cores']} cores)" if machine else ""
    return f"One thread, batch 1{on}; this run is from before the number of rounds was kept. Measure again to have it."


def interval_words(latency: Latency) -> str:
    """What the ends of an interval mean."""
    repeats = ((latency.get("student") or {}).get("spread") or {}).get("repeats")
    if not repeats:
        return ""
    sure = 1 - 2 / 2**repeats
    return (
        f"The interval reaches from the lowest to the highest median of {repeats} repeats, which encloses the true "
        f"median with {sure:.0%} probability if the repeats are independent."
    )


def latency_frame(latency: Latency, names: Mapping[str, str]) -> pd.DataFrame:
    """One row a measured model, for `figures.latency_dots`.

    Args:
        latency: of a summary.
        names: what the models are called, by role, in the order of the rows.
    """
    rows = []
    for role, name in names.items():
        figures = latency.get(role) or {}
        if figures.get("cpu_ms") is None:
            continue
        spread = figures.get("spread") or {}
        rows.append(
            {"role": role, "name": name, "ms": figures["cpu_ms"], "low": spread.get("low"), "high": spread.get("high")}
        )
    return pd.DataFrame(rows, columns=["role", "name", "ms", "low", "high"]).astype(
        {"ms": float, "low": float, "high": float}
    )


def percentiles(figures: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """p50, p90 and p95 of the CPU time in milliseconds; of an older run, only the first."""
    spread = figures.get("spread") or {}
    return spread.get("p50", figures.get("cpu_ms")), spread.get("p90"), spread.get("p95")
