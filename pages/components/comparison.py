"""Finished runs as data frames: for the table, the picture and the list of differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from distill_core.figures.loss import title_of
from distill_core.insight.measures import MEASURES
from distill_core.insight.names import LONGEST, shortened, student_name, teacher_name
from distill_core.insight.settings import differences, said
from distill_core.insight.words import difference
from distill_core.runs.records import RunRecord
from pages.components.form.words import NAMES

_POOLS = {
    "all": "",
    "easiest": " on the easiest",
    "curriculum": " from the easiest on",
    "labelled": " on labelled ones",
    "classes": " on some kinds",
}


def rows(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a run, in the records' order."""
    found = pd.DataFrame([_row(record) for record in records])
    return found if found["token"].notna().any() else found.drop(columns="token")


def _row(record: RunRecord) -> dict[str, Any]:
    summary, config = record.summary or {}, record.config
    student, baseline = summary.get("student") or {}, summary.get("baseline") or {}
    accuracy, before = student.get("accuracy"), baseline.get("accuracy")
    onnx = summary.get("onnx") or {}
    return {
        "run": label(record),
        "teacher": teacher_name(config.teacher),
        "accuracy": _hundredfold(accuracy),
        "baseline": _hundredfold(before),
        "gain": _hundredfold(difference(accuracy, before)),
        "retention": _hundredfold(summary.get("retention")),
        "gap_closed": _hundredfold(summary.get("gap_closed")),
        "parameters": student.get("parameters"),
        "bytes": onnx.get("bytes"),
        "latency": onnx.get("cpu_ms"),
        "token": onnx.get("token_ms"),
        "labels": f"{config.label_budget:,}" if config.label_budget else "all",
        "temperature": config.objective.temperature if config.teacher else None,
        "alpha": config.objective.alpha if config.teacher else None,
        "seed": config.seed,
    }


def tag(record: RunRecord) -> str:
    """The end of a run's id, which tells runs of one name apart however little room there is."""
    return record.id.rpartition("-")[2]


def label(record: RunRecord, most: int = LONGEST) -> str:
    """A run's tag and its name."""
    return f"{tag(record)} · {shortened(record.name or student_name(record.config.student), most)}"


def _names(record: RunRecord) -> dict[str, str]:
    """What the models of a run are called, by their role."""
    return {
        "teacher": teacher_name(record.config.teacher),
        "baseline": f"{student_name(record.config.student)}, labels only",
        "student": label(record),
    }


def _hundredfold(share: float | None) -> float | None:
    return None if share is None else 100 * share


def models(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a model, for `figures.size_vs_accuracy`; a teacher or baseline that runs share is one row."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for record in records:
        summary = record.summary or {}
        names = _names(record)
        costs = {who: (summary.get("latency") or {}).get(who) or {} for who in ("student", "teacher")}
        costs["baseline"] = costs["student"]
        for role, name in names.items():
            model = summary.get(role)
            if not model:
                continue
            size = costs[role].get("bytes")
            key = (role, str(model.get("run_id")) if role == "baseline" else name)
            found[key] = {
                "role": role,
                "name": name,
                "short": {"teacher": name, "student": tag(record)}.get(role, ""),
                "accuracy": model.get("accuracy"),
                "parameters": model.get("parameters"),
                "megabytes": size / 1e6 if size else None,
                "latency_ms": costs[role].get("cpu_ms"),
            }
    columns = ["role", "name", "short", "accuracy", "parameters", "megabytes", "latency_ms"]
    return pd.DataFrame(list(found.values()), columns=columns)


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


def differing(records: Sequence[RunRecord]) -> pd.DataFrame:
    """One row a setting that differs, one column a run."""
    found = differences([record.config for record in records])
    table = {NAMES.get(name, name.replace("_", " ").capitalize()): _in_words(name, found[name]) for name in found}
    return pd.DataFrame.from_dict(table, orient="index", columns=[tag(record) for record in records])


def _in_words(name: str, values: Sequence[Any]) -> list[str]:
    """The values of one setting as people say them; in full where words would hide what differs."""
    full = [said(name, value) for value in values]
    words = [_words(name, value) for value in values]
    return words if len(set(words)) == len(set(full)) else full


def _words(name: str, value: Any) -> str:
    if name == "terms":
        weights = ["" if term["weight"] is None else f" × {term['weight']:g}" for term in value]
        titles = [title_of(term["loss"]) for term in value]
        return " + ".join(map("".join, zip(titles, weights, strict=True))) or "none"
    if name == "phases":
        return " · ".join(f"{phase['name']} {phase['share']:.0%}{_POOLS[phase['pool']]}" for phase in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else said(name, value)
