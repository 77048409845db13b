"""A live run's figures: eight tiles that keep their places. What is not known yet shows a dash."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.baseline import rival
from distill_core.insight.history import RunHistory
from distill_core.insight.names import nouns_of
from distill_core.insight.speed import one_input, token_time
from distill_core.insight.standing import baseline_standing, student_standing
from distill_core.insight.words import count, megabytes, milliseconds, percent, times_smaller
from distill_core.runs.records import RunRecord


def figures(history: RunHistory, record: RunRecord) -> None:
    """Accuracy of the three models, then what the student costs, then how the training goes."""
    with st.grid(4, min_column_width=150, gap="small"):
        _student(history, record)
        _baseline(history, record)
        _teacher(history, record)
        _latency(history, record)
        _size(history, record)
        _arithmetic(history)
        _cache(history, record)
        _speed(history, record)


def tile(label: str, value: str, note: str, explanation: str) -> None:
    """A figure with what it is compared with below it."""
    st.metric(
        label, value, delta=note, delta_color="off", delta_arrow="off", help=explanation, border=True, height="stretch"
    )


def _unknown(record: RunRecord) -> str:
    return "not known yet" if record.live else "not known"


def _student(history: RunHistory, record: RunRecord) -> None:
    tile(
        ":green[●] Student",
        percent(history.student.accuracy),
        student_standing(history, record.status),
        "Validation accuracy after the last epoch, and how far that is from the baseline after the same epoch.",
    )


def _baseline(history: RunHistory, record: RunRecord) -> None:
    best, then = percent(history.baseline.best_accuracy), history.baseline_then
    beside = record.live and then is not None
    missing = "" if history.with_baseline else " Start a run with a baseline to see the teacher's part."
    tile(
        ":orange[●] Baseline",
        percent(then) if beside else best,
        f"same epoch; best {best}" if beside else baseline_standing(history, record.status),
        f"Validation accuracy of {rival(record.config)} trained on labels alone: same start, steps and batch size. "
        f"While the student learns, after the epoch that it has reached; else the best.{missing}",
    )


def _teacher(history: RunHistory, record: RunRecord) -> None:
    accuracy = history.student.teacher_accuracy
    unscored = "not scored yet" if record.live else "not scored"
    note = f"same {nouns_of(record.config)[1]}" if accuracy is not None else unscored
    tile(
        ":violet[●] Teacher",
        percent(accuracy),
        note if record.config.teacher else "this run has none",
        "Validation accuracy of the teacher, for reference.",
    )


def _latency(history: RunHistory, record: RunRecord) -> None:
    mine, theirs = history.latency("student"), history.latency("teacher")
    note, one = "after the first phase" if record.live else "not measured", nouns_of(record.config)[0]
    of_student = (history.measured.latency if history.measured else {}).get("student")
    what = one_input(of_student, one)
    if mine is not None:
        note = f"teacher {milliseconds(theirs)}" if theirs is not None else f"for {what}"
    written = f" A token written takes {token_time(of_student)}." if (of_student or {}).get("token_ms") else ""
    tile(
        "CPU time",
        milliseconds(mine),
        note,
        f"Median time for {what} on one thread of this CPU, with ONNX Runtime in a process of its own while "
        f"training waits. It depends on the architecture, not on the weights.{written}",
    )


def _size(history: RunHistory, record: RunRecord) -> None:
    started = history.student.started or history.baseline.started
    student, teacher = (started.student, started.teacher) if started else (None, None)
    fewer = times_smaller(student.parameters, teacher.parameters) if student and teacher else ""
    size = megabytes(student.bytes_fp32) if student else _unknown(record)
    tile(
        "Parameters",
        count(student.parameters if student else None),
        fewer or size,
        "Numbers the student is made of."
        + (f" At 32 bits each they take {size}." if student and student.bytes_fp32 else ""),
    )


def _arithmetic(history: RunHistory) -> None:
    started = history.student.started or history.baseline.started
    student, teacher = (started.student, started.teacher) if started else (None, None)
    fewer = times_smaller(student.macs, teacher.macs) if student and teacher else ""
    tile(
        "Multiply-adds",
        count(student.macs if student else None),
        fewer or "for one answer",
        "Multiplications with addition that one answer takes.",
    )


def _cache(history: RunHistory, record: RunRecord) -> None:
    last = history.student.last
    anew = " What the student writes it reads for the first time." if record.config.training.on_policy else ""
    tile(
        "Answers re-used",
        percent(last.cache_hit_rate if last else None, 0),
        "asked anew" if last and last.cache_hit_rate == 0 else "from the cache",
        "The teacher answers each version of an image once; later epochs and later runs read the answer from a cache. "
        f"Its layers are too large to keep, so methods that pair layers ask it at every step.{anew}",
    )


def _speed(history: RunHistory, record: RunRecord) -> None:
    track = history.current
    threads = track.started.threads if track.started else None
    tile(
        "Speed",
        f"{track.last.images_per_second:,.0f}/s" if track.last else "–",
        f"{nouns_of(record.config)[1]}, {threads} thread{'s' if threads > 1 else ''}" if threads else _unknown(record),
        f"{nouns_of(record.config)[1].capitalize()} trained on each second, without preparing and measuring.",
    )
