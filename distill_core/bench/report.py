"""The benchmark's result as text: Markdown that also reads well in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def report(result: dict[str, Any]) -> str:
    """The result of `speed.run` as two tables and a few lines.

    Args:
        result: plain data, also after a round trip through JSON.
    """
    work, accuracy = result["work"], result["accuracy"]
    loops = [
        (name, f"{loop['images_per_second']:,.0f}", f"{len(loop['epoch_seconds'])}")
        for name, loop in result["loops"].items()
    ]
    checks = [
        (check["name"], _range(check), f">= {check['required']:g}", _verdict(check["passed"]))
        for check in result["checks"]
    ]
    checks.append(
        (
            "test accuracy, workbench - ordinary",
            f"{100 * accuracy['difference']:+.2f} points",
            f"within {100 * accuracy['noise']:.2f}",
            _verdict(accuracy["passed"]),
        )
    )
    lines = [
        *_about(result),
        "",
        *_table(("loop", "images/s", "epochs"), loops),
        "",
        *_table(("promise", "measured (lowest to highest round)", "required", ""), checks),
        "",
        f"Accuracy by seed ({', '.join(str(epochs) for epochs in accuracy['epochs'])} epochs): "
        f"workbench {_percent(accuracy['ours'])}; ordinary {_percent(accuracy['theirs'])}; "
        f"teacher {100 * work['teacher_accuracy']:.1f}%.",
        f"Took {sum(result['seconds'].values()):.0f} s; {result['seconds']['teacher']:.0f} of them to get the teacher.",
    ]
    if result["quick"]:
        lines.append("Quick: an eighth of the images, so the ratios are rough; run without --quick for the real ones.")
    return "\n".join(lines)


def _about(result: dict[str, Any]) -> list[str]:
    work = result["work"]
    workers = ", ".join(f"{number}: {rate:,.0f}" for number, rate in work["ordinary_by_workers"].items())
    return [
        f"{work['images']:,} images 3x32x32, crop and flip, batch {work['batch']}, SGD; "
        f"{work['student']} ({work['student_parameters']:,} parameters, {work['memory_format']}) "
        f"from {work['teacher']} ({work['teacher_parameters']:,}).",
        f"torch {work['torch']}, {work['cpu']}, {work['threads']} threads, load {result['load_at_start']:.1f} at the "
        "start. Medians of whole epochs without scoring, the loops in turns.",
        f"The ordinary loop uses the better number of loading processes (images/s by number: {workers}).",
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    rule = ["-" * width for width in widths]
    return [
        f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |"
        for row in (head, rule, *rows)
    ]


def _range(check: dict[str, Any]) -> str:
    if check["low"] == check["high"]:
        return f"{check['measured']:.2f}"
    return f"{check['measured']:.2f} ({check['low']:.2f} to {check['high']:.2f})"


def _percent(values: Sequence[float]) -> str:
    return ", ".join(f"{100 * value:.1f}%" for value in values)


def _verdict(passed: bool) -> str:
    return "PASS" if passed else "FAIL"
