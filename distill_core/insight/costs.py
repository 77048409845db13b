"""What a teacher and its student cost to keep and to run, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.insight.speed import one_input, token_time
from distill_core.insight.words import count, megabytes, milliseconds, times_smaller

Row = tuple[str, dict[str, str]]


def cost_rows(summary: Mapping[str, Any], macs: Mapping[str, int | None], noun: str, *, teacher: bool) -> list[Row]:
    """One row a cost with a cell for each role: teacher, student; what is known of none is left out.

    Args:
        summary: of the run.
        macs: multiply-accumulates by role.
        noun: what an input is called.
        teacher: whether the run has one.
    """
    latency = summary.get("latency") or {}
    roles = ("teacher", "student") if teacher else ("student",)
    figures = {role: latency.get(role) or {} for role in roles}
    spreads = {role: each.get("spread") or {} for role, each in figures.items()}
    what = one_input(latency.get("student"), noun)
    wanted: list[Row] = [
        ("Parameters", {role: count((summary.get(role) or {}).get("parameters")) for role in roles}),
        ("Multiply-adds for one answer", {role: count(macs.get(role)) for role in roles}),
        ("File", {role: megabytes(figures[role].get("bytes")) for role in roles}),
        ("Peak memory, over the runtime's own", {role: _memory(figures[role]) for role in roles}),
        (
            f"CPU time for {what}, median (p50)",
            {role: milliseconds(figures[role].get("cpu_ms")) for role in roles},
        ),
        ("Its interval", {role: _interval(spreads[role]) for role in roles}),
        ("90% of calls within", {role: milliseconds(spreads[role].get("p90")) for role in roles}),
        ("95% of calls within", {role: milliseconds(spreads[role].get("p95")) for role in roles}),
        ("By the clock: p50 / p90 / p95", {role: _wall(figures[role]) for role in roles}),
        ("CPU time for a token written", {role: token_time(figures[role]) for role in roles}),
        ("To load the file", {role: milliseconds(figures[role].get("load_ms")) for role in roles}),
    ]
    return [(title, cells) for title, cells in wanted if any(cell != "–" for cell in cells.values())]


def in_short(summary: Mapping[str, Any]) -> str:
    """How much smaller and faster the student is, in a sentence; "" without a teacher."""
    student, teacher = (summary.get(role) or {} for role in ("student", "teacher"))
    smaller = times_smaller(student.get("parameters"), teacher.get("parameters"))
    if not smaller:
        return ""
    ratio = (summary.get("latency") or {}).get("ratio")
    if not ratio:
        return f"The student has {smaller}'s parameters." if smaller.startswith("1/") else ""
    times, low, high = (f"{ratio[name]:.1f}" for name in ("median", "low", "high"))
    spread = f"{low} to {high} over the repeats" if low != high else "in every repeat"
    shaky = "" if ratio.get("stable", True) else ", which is unsteady: measure again on a calmer machine"
    return f"The student has {smaller}'s parameters, and the teacher takes {times} times as long ({spread}{shaky})."


def _memory(figures: Mapping[str, Any]) -> str:
    found = figures.get("peak_memory_mb")
    return megabytes(None if found is None else 1e6 * found)


def _interval(spread: Mapping[str, Any]) -> str:
    if spread.get("low") is None:
        return "–"
    return f"{spread['low']:.3g} to {spread['high']:.3g} ms"


def _wall(figures: Mapping[str, Any]) -> str:
    wall = figures.get("wall_ms") or {}
    if wall.get("p50") is None:
        return "–"
    return f"{' / '.join(milliseconds(wall.get(each)).removesuffix(' ms') for each in ('p50', 'p90', 'p95'))} ms"
