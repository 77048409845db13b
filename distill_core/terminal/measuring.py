"""The latency of ONNX files as a table and sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from distill_core.edge.machine import receipt
from distill_core.errors import ConfigError, DistillError
from distill_core.insight.speed import HOW_MEASURED, token_time
from distill_core.insight.words import megabytes, milliseconds
from distill_core.terminal.screen import side_by_side, table


def named(files: list[Path]) -> dict[str, Path]:
    """Short names for files: the stem where it is unique, else the path.

    Raises:
        ConfigError: if a file cannot be read.
    """
    for file in files:
        try:
            with file.open("rb"):
                pass
        except OSError as error:
            raise ConfigError(f"{file} cannot be read ({error.strerror}). Name an ONNX file.") from None
    stems = [file.stem for file in files]
    return {file.stem if stems.count(file.stem) == 1 else str(file): file for file in files}


def blamed(error: DistillError, files: list[Path]) -> DistillError:
    """The error as one of bad input if it is about one of the files."""
    about = any(str(error).startswith(str(file.absolute())) for file in files)
    return ConfigError(str(error)) if about else error


def latency_table(result: dict[str, Any]) -> Table:
    """One row a file."""
    rows = []
    for name, figures in result["models"].items():
        wall, batch = figures["wall_ms"], figures.get("batch", {})
        rows.append(
            (
                name,
                megabytes(figures["bytes"]),
                side_by_side(figures["cpu_ms"]),
                side_by_side(*(wall.get(key) for key in ("p50", "p90", "p95"))),
                side_by_side(batch.get("8")),
                side_by_side(batch.get("32")),
                side_by_side(figures["load_ms"]),
                megabytes(1e6 * memory) if (memory := figures.get("peak_memory_mb")) is not None else "–",
            )
        )
    headings = ("file", "size", "CPU time", "wall p50 / p90 / p95", "in batches of 8", "of 32", "to load", "memory")
    return table(headings, rows, numbers=range(1, 8))


def sentences(result: dict[str, Any]) -> list[str]:
    """Ratios with their ranges, how they were measured, and what to be careful about."""
    lines = []
    first = next(iter(result["models"]))
    for pair, ratio in result["ratios"].items():
        other = pair.removesuffix(f"/{first}")  # names may be paths, with strokes of their own
        steady = "stable" if ratio["stable"] else "UNSTABLE"
        lines.append(
            f"{other} takes {ratio['median']:.2f} times as long as {first} "
            f"({ratio['low']:.2f} to {ratio['high']:.2f} over the repeats, {steady})"
        )
    lines += [
        f"{name} reads {figures['window']} tokens in {milliseconds(figures['cpu_ms'])} and writes one in "
        f"{token_time(figures)}."
        for name, figures in result["models"].items()
        if figures.get("token_ms") and figures["cpu_ms"]
    ]
    lines += [HOW_MEASURED] if any(figures.get("token_ms") for figures in result["models"].values()) else []
    return [*lines, receipt(result), *(f"Note: {warning}" for warning in result["warnings"])]


def without_samples(result: dict[str, Any]) -> dict[str, Any]:
    """The result without its thousands of raw times."""
    models = {
        name: {key: value for key, value in figures.items() if key != "samples"}
        for name, figures in result["models"].items()
    }
    return {**result, "models": models}
