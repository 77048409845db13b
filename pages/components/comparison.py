"""Finished runs as data frames: for the table and the pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.insight.doubts import learns_from_labels
from distill_core.insight.levels import reads_alpha, reads_temperature
from distill_core.insight.measures import MEASURES
from distill_core.insight.names import LONGEST, data_name, shortened, student_name, teacher_name
from distill_core.insight.outcome import difference_interval, wilson_interval
from distill_core.insight.words import difference, percent
from distill_core.runs.measured import cpu_ms, file_bytes, token_ms
from distill_core.runs.records import RunRecord


def by_data(records: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    """Runs by the data they were trained and scored on, for only those can be compared; each in the records' order.

    Data of one name that are not the same, such as two folders called pets, are numbered.
    """
    found: dict[tuple[str, str], list[RunRecord]] = {}
    for record in records:
        sha256 = str((record.summary or {}).get("data_sha256") or "")
        found.setdefault((data_name(record.config), sha256), []).append(record)
    named: dict[str, list[RunRecord]] = {}
    for (name, _), some in found.items():
        number = 1 + sum(other == name or other.startswith(f"{name} (") for other in named)
        named[name if number == 1 else f"{name} ({number})"] = some
    return named


def rows(records: Sequence[RunRecord], longest_name: int = LONGEST) -> pd.DataFrame:
    """One row a run, in the records' order; a table with little room has shorter names."""
    found = pd.DataFrame([{"run": label(record, longest_name), **_row(record)} for record in records])
    return found if found["token"].notna().any() else found.drop(columns="token")


def _row(record: RunRecord) -> dict[str, Any]:
    summary, config = record.summary or {}, record.config
    student, baseline = summary.get("student") or {}, summary.get("baseline") or {}
    accuracy, before = student.get("accuracy"), baseline.get("accuracy")
    labels = f"{config.label_budget:,}" if config.label_budget else "all"
    return {
        "teacher": teacher_name(config.teacher),
        "accuracy": hundredfold(accuracy),
        "interval": interval_of(summary),
        "baseline": hundredfold(before),
        "gain": hundredfold(difference(accuracy, before)),
        "gain_interval": gain_interval_of(summary),
        "retention": hundredfold(summary.get("retention")),
        "gap_closed": hundredfold(summary.get("gap_closed")),
        "parameters": student.get("parameters"),
        "bytes": file_bytes(summary),
        "latency": cpu_ms(summary),
        "token": token_ms(summary),
        "labels": labels if learns_from_labels(config) else "none",
        "temperature": config.objective.temperature if reads_temperature(config) else None,
        "alpha": config.objective.alpha if reads_alpha(config) else None,
        "seed": config.seed,
    }


def interval_of(summary: Mapping[str, Any]) -> str | None:
    """The 95% interval of the student's accuracy, from the number of test inputs alone: ``76.2 to 78.8%``."""
    accuracy, inputs = (summary.get("student") or {}).get("accuracy"), summary.get("test_inputs")
    if accuracy is None or not inputs:
        return None
    low, high = wilson_interval(accuracy, inputs)
    return f"{100 * low:.1f} to {percent(high)}"


def gain_interval_of(summary: Mapping[str, Any]) -> str | None:
    """The same of student minus baseline, in points: ``+0.9 to +4.8``."""
    student, baseline = ((summary.get(role) or {}).get("accuracy") for role in ("student", "baseline"))
    inputs = summary.get("test_inputs")
    if student is None or baseline is None or not inputs:
        return None
    low, high = difference_interval(student, baseline, inputs)
    return f"{100 * low:+.1f} to {100 * high:+.1f}".replace("-", "−")


def label(record: RunRecord, most: int = LONGEST) -> str:
    """A run's tag and its name."""
    return f"{record.short} · {shortened(record.name or student_name(record.config.student), most)}"


def _names(record: RunRecord) -> dict[str, str]:
    """What the models of a run are called, by their role."""
    return {
        "teacher": teacher_name(record.config.teacher),
        "baseline": f"{student_name(record.config.student)}, labels only",
        "student": label(record),
    }


def hundredfold(share: float | None) -> float | None:
    """0.85 -> 85, which a table sorts and a chart labels as per cent."""
    return None if share is None else 100 * share


def models(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a model, for `figures.size_vs_accuracy`; a teacher or baseline that runs share is one row."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    shorts = _told_apart(records)
    for record in records:
        summary = record.summary or {}
        names = _names(record)
        for role, name in names.items():
            model = summary.get(role)
            if not model:
                continue
            costs = "teacher" if role == "teacher" else "student"
            known = role != "baseline" or not keeps_teachers_classifier(record.config)
            size = file_bytes(summary, costs) if known else None
            key = (role, str(model.get("run_id")) if role == "baseline" else name)
            if key in found and not known:
                continue
            found[key] = {
                "role": role,
                "name": name,
                "short": {"teacher": name, "student": shorts[record.id]}.get(role, ""),
                "accuracy": model.get("accuracy"),
                "parameters": model.get("parameters"),
                "megabytes": size / 1e6 if size else None,
                "latency_ms": cpu_ms(summary, costs) if known else None,
            }
    columns = ["role", "name", "short", "accuracy", "parameters", "megabytes", "latency_ms"]
    return pd.DataFrame(list(found.values()), columns=columns)


def _told_apart(records: Sequence[RunRecord]) -> dict[str, str]:
    """What is written beside each run's point: its student, or its tag where another run has the same one."""
    students = {record.id: student_name(record.config.student) for record in records}
    counts = Counter(students.values())
    return {record.id: record.short if counts[students[record.id]] > 1 else students[record.id] for record in records}


def skills(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a model and capability, for `figures.capabilities`; none for models of images."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for record in records:
        summary = record.summary or {}
        names = _names(record)
        for role, name in names.items():
            model = summary.get(role) or {}
            for measure, value in (model.get("metrics") or {}).items():
                if measure not in MEASURES or value is None or not model.get("parameters"):
                    continue
                whose = str(model.get("run_id")) if role == "baseline" else f"{name} {summary.get('data_sha256')}"
                key = (role, whose, measure)
                found[key] = {
                    "role": role,
                    "name": name,
                    "parameters": model["parameters"],
                    "measure": measure,
                    "value": value,
                }
    return pd.DataFrame(list(found.values()), columns=["role", "name", "parameters", "measure", "value"])
