"""A finished run on the screen: a small table, and what it means."""

from __future__ import annotations

import shlex
from typing import Any

from rich.table import Table

from distill_core.insight.verdict import verdict
from distill_core.insight.words import duration, megabytes, milliseconds, percent
from distill_core.runs.records import RunRecord
from distill_core.terminal.screen import show, table

UNKNOWN = "–"


def show_results(record: RunRecord) -> None:
    """Prints a finished run's table, verdict and files."""
    assert record.summary is not None
    show("", models_table(record.summary), "", *sentences(record))


def models_table(summary: dict[str, Any]) -> Table:
    """Teacher, student and baseline: parameters, accuracy, size and latency."""
    latency = summary.get("latency") or {}
    rows = []
    for who, figures in (
        ("teacher", latency.get("teacher")),
        ("student", latency.get("student")),
        ("baseline", latency.get("student")),
    ):
        model = summary.get(who)
        if not model:
            continue
        figures = figures or {}
        size = figures.get("bytes") or ((summary.get("onnx") or {}).get("bytes") if who != "teacher" else None)
        wall = figures.get("wall_ms") or {}
        rows.append(
            (
                who,
                model.get("name") or UNKNOWN,
                f"{model['parameters']:,}" if model.get("parameters") else UNKNOWN,
                percent(model.get("accuracy")),
                megabytes(size),
                milliseconds(figures.get("cpu_ms")),
                f"{milliseconds(wall.get('p50'))} / {milliseconds(wall.get('p95'))}" if wall else UNKNOWN,
            )
        )
    headings = ("", "model", "parameters", "test accuracy", "ONNX size", "CPU time an image", "wall time p50 / p95")
    return table(headings, rows, numbers=range(2, 7))


def sentences(record: RunRecord) -> list[str]:
    """What the run gained, how sure that is, where its file is, and what to know."""
    summary = record.summary or {}
    said = verdict(summary, record.config)
    lines = [said.headline, *([said.caution] if said.caution else [])]
    if summary.get("baseline") and summary.get("gap_closed_why"):
        lines.append(summary["gap_closed_why"])
    lines.append(
        f"{duration(summary['seconds'])} of training steps at {summary['images_per_second']:,.0f} images a second."
    )
    onnx = summary.get("onnx")
    if onnx:
        lines.append(exported(onnx))
    else:
        lines.append(f"There is no ONNX file yet: python -m distill_core export {record.id}")
    lines += [f"Note: {warning}" for warning in summary.get("warnings", ())]
    return [*lines, f"Run: {record.id}"]


def exported(onnx: dict[str, Any]) -> str:
    """An exported file: where, how large, how faithful."""
    parity, accuracy = onnx.get("parity_max_abs"), onnx.get("test_accuracy")
    facts = [
        megabytes(onnx.get("bytes")),
        f"largest difference from torch {parity:.1e}" if parity is not None else "parity not checked",
        f"the file itself reaches {percent(accuracy)} on test" if accuracy is not None else "not scored on test",
    ]
    return f"ONNX file: {shlex.quote(str(onnx['path']))} ({', '.join(facts)})"
