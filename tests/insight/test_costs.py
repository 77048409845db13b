"""What teacher and student cost, side by side."""

from __future__ import annotations

from typing import Any

from distill_core.insight.costs import cost_rows, in_short

STUDENT = {
    "cpu_ms": 0.08, "spread": {"p50": 0.08, "p90": 0.09, "p95": 0.1, "low": 0.079, "high": 0.082, "repeats": 5},
    "wall_ms": {"p50": None}, "bytes": 81_000, "peak_memory_mb": 1.5,
}  # fmt: skip
SUMMARY: dict[str, Any] = {
    "student": {"parameters": 19_810},
    "teacher": {"parameters": 647_000},
    "baseline": {"parameters": 19_810},
    "latency": {
        "student": STUDENT,
        "teacher": {"cpu_ms": 1.2, "bytes": 2_600_000},
        "ratio": {"median": 14.6, "low": 14.1, "high": 15.2, "stable": True},
    },
}


def test_what_nobody_measured_is_left_out() -> None:
    rows = dict(cost_rows(SUMMARY, {"student": 2_360_000, "teacher": 41_000_000}, "image", teacher=True))
    assert rows["Parameters"] == {"teacher": "647k", "student": "19.8k"}
    assert rows["Multiply-adds for one answer"]["teacher"] == "41M"
    assert rows["Peak memory, over the runtime's own"] == {"teacher": "–", "student": "1.5 MB"}
    assert rows["CPU time for one image, median (p50)"]["student"] == "0.080 ms"
    assert rows["Its interval"]["student"] == "0.079 to 0.082 ms"
    assert rows["Its interval"]["teacher"] == "–"
    assert not any("clock" in title or "token" in title for title in rows)
    by_clock = {**STUDENT, "wall_ms": {"p50": 0.0812, "p90": 0.1, "p95": 1.25}}
    rows = dict(cost_rows({"latency": {"student": by_clock}}, {}, "image", teacher=False))
    assert rows["By the clock: p50 / p90 / p95"]["student"] == "0.081 / 0.10 / 1.25 ms"


def test_without_a_teacher_there_is_one_column() -> None:
    alone = {"student": SUMMARY["student"], "latency": {"student": STUDENT}}
    assert all(list(cells) == ["student"] for _, cells in cost_rows(alone, {}, "image", teacher=False))
    assert in_short(alone) == ""


def test_the_sentence_gives_the_ratio_with_its_range_and_says_when_it_is_shaky() -> None:
    said = in_short(SUMMARY)
    assert said == (
        "The student has 1/33 of the teacher's parameters, and the teacher takes 14.6 times as long (14.1 to 15.2 over "
        "the repeats)."
    )
    shaky = {**SUMMARY, "latency": {"ratio": {**SUMMARY["latency"]["ratio"], "stable": False}}}
    assert "unsteady" in in_short(shaky)


def test_of_texts_reading_and_writing_are_told_apart() -> None:
    texts = {"student": {**STUDENT, "window": 24, "token_ms": 0.4}}
    rows = dict(cost_rows({"student": {"parameters": 9}, "latency": texts}, {}, "prompt", teacher=False))
    assert "CPU time for 24 tokens read, median (p50)" in rows
    assert rows["CPU time for a token written"]["student"] == "0.40 ms (2,500/s)"
