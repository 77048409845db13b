"""A finished run on the screen: a small table, and what it means."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable
from typing import Any

from rich.table import Table

from distill_core.events import beginning_of
from distill_core.insight.baseline import effort, keeps_teachers_classifier
from distill_core.insight.beginning import how_it_began
from distill_core.insight.kept import what_is_kept
from distill_core.insight.measures import in_order, in_words
from distill_core.insight.names import further_losses, nouns_of
from distill_core.insight.skills import HOW_SURE, kept_skills
from distill_core.insight.speed import HOW_MEASURED, one_input, writing_speed
from distill_core.insight.verdict import nearness, verdict
from distill_core.insight.words import duration, megabytes, percent
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store
from distill_core.terminal.screen import show, show_json, side_by_side, table
from distill_core.terminal.watching import Watch

UNKNOWN = "–"


def show_results(record: RunRecord, store: Store, said: Collection[str] = ()) -> None:
    """Prints a finished run's table, verdict and files, and its warnings but for those `said` already."""
    assert record.summary is not None
    one = nouns_of(record.config)[0]
    kept = record.config.objective.top_k
    facts = [
        record.name or record.id,
        record.config.dataset,
        further_losses(record.config),
        f"{kept:,} likeliest kept" if kept else "",
        f"{record.config.training.on_policy:.0%} of the steps on-policy" if record.config.training.on_policy else "",
    ]
    rival_costs = not keeps_teachers_classifier(record.config)
    tables = [
        models_table(record.summary, one, rival_costs),
        metrics_table(record.summary),
        skills_table(record.summary),
    ]
    shown = [line for each in tables if each is not None for line in ("", each)]
    show(
        "", " · ".join(fact for fact in facts if fact), *shown, "", *forgotten(record, store), *sentences(record, said)
    )


def show_unfinished(record: RunRecord, watch: Watch, json: bool) -> None:
    """Prints how a run is, how far it came, and how to go on."""
    if json:
        status = {"run_id": record.id, "status": record.status, "error": record.error}
        show_json({**status, "progress": progress(watch)})
        return
    show(f"{record.id}: {record.status}; {how_far(progress(watch))}", *([record.error] if record.error else []))
    if record.resumable:
        show(f"Go on with: python -m distill_core resume {record.id}")


def progress(watch: Watch) -> dict[str, Any] | None:
    """The last training of a job, the student's or its baseline's; None if none began."""
    own = watch.own.started
    track = watch.own if own else watch.baseline
    if not track.steps:
        return None
    return {
        "training": "student" if own else "baseline",
        "phase": (track.phase or None) if own else None,
        "step": track.step,
        "steps": track.steps,
        "epoch": min(track.step // watch.steps_per_epoch + 1, track.steps // watch.steps_per_epoch),
        "epochs": track.steps // watch.steps_per_epoch,
        "validation_accuracy": watch.validation,
    }


def how_far(progress: dict[str, Any] | None) -> str:
    """``the student came to step 20 of 80, in epoch 3 of 8 (distil); last validation accuracy 81.2%``."""
    if progress is None:
        return "no training has begun"
    phase = f" ({progress['phase']})" if progress["phase"] else ""
    accuracy = progress["validation_accuracy"]
    return (
        f"the {progress['training']} came to step {progress['step']:,} of {progress['steps']:,}, in epoch "
        f"{progress['epoch']} of {progress['epochs']}{phase}; "
        + (f"last validation accuracy {percent(accuracy)}" if accuracy is not None else "not validated yet")
    )


def models_table(summary: dict[str, Any], one: str, rival_costs: bool = True) -> Table:
    """Teacher, student and baseline: parameters, accuracy, size and latency.

    Args:
        summary: of the run.
        one: what an input of it is called, such as "image".
        rival_costs: whether the baseline is the same model as the student, whose size and time are then its own.
    """
    latency, onnx = summary.get("latency") or {}, summary.get("onnx") or {}
    students = latency.get("student") or {}
    students = {**students, "bytes": students.get("bytes") or onnx.get("bytes")}
    rows = []
    for who, figures in (
        ("teacher", latency.get("teacher")),
        ("student", students),
        ("baseline", students if rival_costs else None),
        ("untrained", students),
    ):
        model = summary.get(who)
        if not model:
            continue
        figures = figures or {}
        wall = figures.get("wall_ms") or {}
        rows.append(
            (
                who,
                model.get("name") or UNKNOWN,
                f"{model['parameters']:,}" if model.get("parameters") else UNKNOWN,
                percent(model.get("accuracy")),
                megabytes(figures.get("bytes")),
                side_by_side(figures.get("cpu_ms")),
                side_by_side(wall.get("p50"), wall.get("p95")) if wall else UNKNOWN,
            )
        )
    time = f"CPU time, {one_input(latency.get('student'), one)}"
    headings = ("", "model", "parameters", "test accuracy", "ONNX size", time, "wall time p50 / p95")
    return table(headings, rows, numbers=range(2, 7))


def metrics_table(summary: dict[str, Any]) -> Table | None:
    """What the problem measures beside accuracy, of teacher, student and baseline; None if it measures no more."""
    roles = [
        role for role in ("teacher", "student", "baseline", "untrained") if role != "untrained" or summary.get(role)
    ]
    models = {role: (summary.get(role) or {}).get("metrics") or {} for role in roles}
    names = in_order(dict.fromkeys(name for metrics in models.values() for name in metrics))
    if not names:
        return None
    rows = [
        (name.replace("_", " "), *(in_words(name, metrics.get(name)) for metrics in models.values())) for name in names
    ]
    return table(("on the test split", *models), rows, numbers=range(1, 1 + len(models)))


def skills_table(summary: dict[str, Any]) -> Table | None:
    """What is kept of each of the teacher's skills; None where none was measured."""
    rows = [(each.title.lower(), each.retained, each.closed) for each in kept_skills(summary)]
    return table(("what is kept", "of the teacher's", "gap closed"), rows, numbers=range(1, 3)) if rows else None


def forgotten(record: RunRecord, store: Store) -> list[str]:
    """What a fine-tuning on some kinds of input alone did to the others; nothing of a run without one."""
    if record.config.phases[-1].pool != "classes":
        return []
    from distill_core.insight.forgetting import forgetting
    from distill_core.insight.history import Track

    track = Track()
    for event in store.events(record.id):
        track.feed(event.event)
    return [told] if (told := forgetting(track)) else []


def sentences(record: RunRecord, said: Collection[str] = ()) -> list[str]:
    """What the run gained, how sure that is, where its file is, and what to know that was not `said` already."""
    summary = record.summary or {}
    meaning = verdict(summary, record.config)
    lines = [meaning.headline, *([meaning.caution] if meaning.caution else [])]
    if summary.get("baseline") and summary.get("gap_closed_why"):
        lines.append(summary["gap_closed_why"])
    lines += [HOW_SURE] if kept_skills(summary) else []
    lines += nearness(summary)
    lines += how_it_began(beginning_of(summary.get("beginning")))
    lines += what_is_kept(summary.get("answers_kept"))
    speed = f"{summary['images_per_second']:,.0f} {nouns_of(record.config)[1]} a second"
    lines.append(f"{duration(summary['seconds'])} of training steps at {speed}.")
    lines += effort(summary, record.config)
    written = writing_speed(summary.get("latency"))
    lines += [f"{line} {HOW_MEASURED}" for line in written]
    onnx = summary.get("onnx")
    if onnx:
        lines.append(exported(onnx))
    else:
        lines.append(f"There is no ONNX file yet: python -m distill_core export {record.id}")
    return [*lines, *notes(summary.get("warnings", ()), said), f"Run: {record.id}"]


def notes(warnings: Iterable[str], said: Collection[str] = ()) -> list[str]:
    """A line for each warning that was not said yet."""
    return [f"Note: {warning}" for warning in dict.fromkeys(warnings) if warning not in said]


def exported(onnx: dict[str, Any]) -> str:
    """An exported file: where, how large, how faithful."""
    parity, accuracy = onnx.get("parity_max_abs"), onnx.get("test_accuracy")
    facts = [
        megabytes(onnx.get("bytes")),
        f"largest difference from torch {parity:.1e}" if parity is not None else "parity not checked",
        f"the file itself reaches {percent(accuracy)} on test" if accuracy is not None else "not scored on test",
    ]
    return f"ONNX file: {shlex.quote(str(onnx['path']))} ({', '.join(facts)})"
