"""What teacher and student cost, measured side by side, and how that was done."""

from __future__ import annotations

import streamlit as st

from distill_core.figures.latency import latency_dots
from distill_core.insight.baseline import keeps_teachers_classifier, rival
from distill_core.insight.costs import cost_rows, in_short
from distill_core.insight.names import nouns_of, student_name, teacher_name
from distill_core.insight.speed import HOW_MEASURED, one_input
from distill_core.insight.words import unbroken
from distill_core.runs.artefact import file_of
from distill_core.runs.measured import how_measured, interval_words, latency_frame
from distill_core.runs.records import RunRecord
from pages.components.beside import begin, going_on
from pages.components.edge.work import key_of, measure_work
from pages.components.live_chart import live_chart, payload
from pages.components.live_run import student_track

HEADS = {"teacher": ":violet[Teacher]", "student": ":green[Student]"}


def costs(record: RunRecord) -> None:
    """The sentence, the chart, the table, how it was measured, and the way to measure again."""
    summary, taught = record.summary or {}, record.config.teacher is not None
    short = in_short(summary)
    st.markdown("#### What it costs")
    if short:
        st.markdown(short.replace("The student", "The :green[student]").replace("the teacher", "the :violet[teacher]"))
    _chart(record)
    rows = cost_rows(summary, _macs(record), nouns_of(record.config)[0], teacher=taught)
    roles = list(rows[0][1])
    titles = {"": [f":gray[{title}]" for title, _ in rows]}
    cells = {HEADS[role]: [_cell(each[role]) for _, each in rows] for role in roles}
    st.table(titles | cells, border="horizontal", hide_index=True, alt="What each model costs")
    if summary.get("baseline"):
        st.caption(
            f"The baseline is {rival(record.config)}: it costs less, and was not measured."
            if keeps_teachers_classifier(record.config)
            else "The baseline is the same model as the student, so it costs the same."
        )
    for warning in (summary.get("latency") or {}).get("warnings") or ():
        st.warning(warning, icon=":material/info:")
    _how(record)


def _cell(text: str) -> str:
    """A number stays with its unit; a row of numbers may break, for a narrow window."""
    return text if " / " in text or " to " in text else unbroken(text)


def _macs(record: RunRecord) -> dict[str, int | None]:
    """Multiply-accumulates by role, as counted when the run began."""
    started = student_track(record.id).started
    if started is None:
        return {}
    return {"student": started.student.macs, "teacher": started.teacher.macs if started.teacher else None}


def _chart(record: RunRecord) -> None:
    latency = (record.summary or {}).get("latency") or {}
    names = {"student": student_name(record.config.student)}
    if record.config.teacher is not None:
        names = {"teacher": teacher_name(record.config.teacher), **names}
    frame = latency_frame(latency, names)
    if frame.empty:
        return
    what = one_input(latency.get("student"), nouns_of(record.config)[0])
    height = 90 + 50 * len(frame)
    said = "; ".join(f"{row.name} {row.ms:.3g} ms" for row in frame.itertuples(index=False))
    chart = payload(
        latency_dots(frame, axis=f"CPU time for {what}, one thread"),
        name="latency",
        version=f"{record.id}-{said}-{frame['low'].tolist()}",
        alt=f"CPU time for {what}: {said}",
        height=height,
        toolbar=False,
    )
    live_chart(chart, key="edge-latency", height=height)


def _how(record: RunRecord) -> None:
    """How the times were measured, and a button to do it again."""
    summary = record.summary or {}
    latency = summary.get("latency") or {}
    key = key_of("measure", record)
    if going_on(key):
        return
    if latency.get("student"):
        texts = HOW_MEASURED if latency["student"].get("token_ms") else ""
        st.caption(" ".join(filter(None, [f"{how_measured(latency)}.", interval_words(latency), texts])))
    if not summary.get("onnx") or not file_of(record).is_file():
        return
    st.button(
        "Measure again" if latency.get("student") else "Measure",
        icon=":material/timer:",
        key="measure-again",
        on_click=begin,
        args=(key, "Measuring the exported file on this CPU", measure_work(record)),
        help="In a process of its own, teacher and student in turns. Not while a run trains, for each would slow the "
        "other down.",
    )
