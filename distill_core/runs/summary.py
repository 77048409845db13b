"""A run's results as one JSON object: what the store keeps and the terminal's ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from distill_core.insight.outcome import gap_closed, retention
from distill_core.runs.plain import plain
from distill_core.runs.records import RunRecord

if TYPE_CHECKING:
    from distill_core.train.result import RunResult

_FIGURES = (
    "cpu_ms",
    "window",
    "token_ms",
    "spread",
    "wall_ms",
    "load_ms",
    "preempted_share",
    "batch",
    "peak_memory_mb",
    "bytes",
    "sha256",
)
_FROM_RESULT = (
    "agreement",
    "guessing",
    "kl",
    "token_agreement",
    "kl_beyond",
    "token_agreement_beyond",
    "seconds",
    "images_per_second",
    "steps",
    "labels",
    "test_inputs",
    "cache_hit_rate",
    "answers_kept",
    "teacher_forwards",
    "fingerprint",
    "data_sha256",
    "threads",
    "memory_format",
    "versions",
    "beginning",
    "writing_seconds",
)


def summarise(
    run_id: str,
    result: RunResult,
    *,
    noun: str = "images",
    baseline: RunRecord | None = None,
    onnx: dict[str, Any] | None = None,
    onnx_why: str | None = None,
    latency: dict[str, Any] | None = None,
    warnings: Iterable[str] = (),
) -> dict[str, Any]:
    """Puts a finished run's figures together; numbers are plain, what is not known is null.

    Args:
        run_id: the run.
        result: the engine's.
        noun: what its inputs are called.
        baseline: its finished baseline.
        onnx: `edge.jobs.export_model`'s response.
        onnx_why: why an export that was asked for gave none.
        latency: `latency_figures` of the student's file and the teacher.
        warnings: sentences; repeated ones are kept once.

    Returns:
        run_id, status, student, teacher, untrained, baseline, retention, gap_closed, gap_closed_why, onnx, onnx_why,
        latency, warnings, and of the result what `_FROM_RESULT` names, with what is needed to repeat the run.
    """
    data = plain(result.to_dict())
    student, teacher = data["student"], data["teacher"]
    beside = _baseline(baseline)
    gap = gap_closed(_accuracy(student), _accuracy(beside), _accuracy(teacher), data["test_inputs"], noun)
    summary = {
        "run_id": run_id,
        "status": "finished",
        "student": student,
        "teacher": teacher,
        "untrained": data.get("untrained"),
        "baseline": beside,
        "retention": retention(_accuracy(student), _accuracy(teacher)),
        "gap_closed": gap.value,
        "gap_closed_why": gap.why,
        **{name: data[name] for name in _FROM_RESULT},
        "onnx": _onnx(onnx, latency),
        "onnx_why": onnx_why,
        "latency": latency,
        "warnings": list(dict.fromkeys(warnings)),
    }
    plain_summary: dict[str, Any] = plain(summary)
    return plain_summary


def with_export(
    summary: dict[str, Any], onnx: dict[str, Any], latency: dict[str, Any] | None, warnings: Iterable[str] = ()
) -> dict[str, Any]:
    """A finished run's summary with a file that was exported later; the rest of it stays.

    Args:
        summary: as stored.
        onnx: `edge.jobs.export_model`'s response.
        latency: `latency_figures` of the file and the teacher; None if it could not be measured, and the figures of
            the summary stay.
        warnings: sentences about the file.
    """
    latency = latency or summary.get("latency")
    old = [text for text in summary.get("warnings", ()) if text != summary.get("onnx_why")]
    added = {
        "onnx": _onnx(onnx, latency),
        "onnx_why": None,
        "latency": latency,
        "warnings": list(dict.fromkeys([*old, *warnings])),
    }
    plain_summary: dict[str, Any] = plain({**summary, **added})
    return plain_summary


def with_latency(summary: dict[str, Any], latency: dict[str, Any]) -> dict[str, Any]:
    """A finished run's summary with its file measured again; the rest of it stays."""
    onnx, said = summary.get("onnx"), (summary.get("latency") or {}).get("warnings") or ()
    changed = {
        "latency": latency,
        "onnx": {**onnx, **_onnx_times(latency)} if onnx else onnx,
        "warnings": [*(text for text in summary.get("warnings", ()) if text not in said), *latency["warnings"]],
    }
    plain_summary: dict[str, Any] = plain({**summary, **changed})
    return plain_summary


def latency_figures(measured: dict[str, Any]) -> dict[str, Any]:
    """The figures of each model, without the raw samples, and how many student's times the teacher takes.

    Args:
        measured: the response of `edge.jobs.measure_files` or `measure_architectures`.

    Returns:
        ``{"student": {...}, "teacher": {...}, "ratio": {...} or None, "machine": {...}, "protocol": {...}, "inputs":
        "images", "warnings": [...]}``, plain.
    """
    models = {
        name: {figure: figures[figure] for figure in _FIGURES if figure in figures}
        for name, figures in measured["models"].items()
    }
    figures: dict[str, Any] = plain(
        {
            **models,
            "ratio": measured.get("ratios", {}).get("teacher/student"),
            "machine": measured.get("machine"),
            "protocol": measured.get("protocol"),
            "inputs": measured.get("inputs"),
            "warnings": measured.get("warnings", []),
        }
    )
    return figures


def _baseline(record: RunRecord | None) -> dict[str, Any] | None:
    if record is None or record.summary is None:
        return None
    return {"run_id": record.id, **(record.summary.get("student") or {})}


def _onnx(exported: dict[str, Any] | None, latency: dict[str, Any] | None) -> dict[str, Any] | None:
    if exported is None:
        return None
    return {
        **{name: exported.get(name) for name in ("path", "bytes", "sha256", "parity_max_abs")},
        "test_accuracy": exported.get("test_accuracy"),
        **_onnx_times(latency),
    }


def _onnx_times(latency: dict[str, Any] | None) -> dict[str, Any]:
    figures = (latency or {}).get("student") or {}
    return {
        "latency_ms": _p50_p95(figures.get("wall_ms")),
        "cpu_ms": figures.get("cpu_ms"),
        "token_ms": figures.get("token_ms"),
    }


def _p50_p95(wall: dict[str, Any] | None) -> dict[str, Any]:
    return {name: (wall or {}).get(name) for name in ("p50", "p95")}


def _accuracy(model: dict[str, Any] | None) -> float | None:
    return model["accuracy"] if model else None
