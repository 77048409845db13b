"""What a finished run came to: the sentence first, then the table, the file and how it was measured."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from distill_core.events import beginning_of
from distill_core.figures import result_bars
from distill_core.insight.baseline import compared, effort, keeps_teachers_classifier
from distill_core.insight.beginning import how_it_began, worth_before
from distill_core.insight.kept import what_is_kept
from distill_core.insight.measures import called, in_order, in_words
from distill_core.insight.names import nouns_of, student_name, teacher_name
from distill_core.insight.settings import leaves, said, terminal_command
from distill_core.insight.skills import HOW_SURE, kept_skills
from distill_core.insight.speed import HOW_MEASURED, one_input, tokens_a_second, writing_speed
from distill_core.insight.verdict import nearness, one_seed, verdict
from distill_core.insight.words import at_most, count, duration, megabytes, milliseconds, percent, unbroken
from distill_core.presets import load
from distill_core.runs.artefact import file_of
from distill_core.runs.records import RunRecord
from distill_core.task import task_named
from pages.components.as_text import as_text
from pages.components.live_chart import live_chart, payload

BARS_HEIGHT = 210
_GIVES = {
    "vision": "ONNX, any batch size: images in, one score for each class out.",
    "language": "ONNX, any batch size and length: tokens in, one score for each next token out. It keeps no past: "
    "writing calls it on the text so far for every token.",
}


def result(record: RunRecord) -> None:
    """The result in words, beside the bars, above the table."""
    summary = record.summary or {}
    found = verdict(summary, record.config)
    st.markdown(f"### {_coloured(as_text(found.headline))}")
    if found.caution:
        st.info(as_text(found.caution), icon=":material/info:")
    models = _models(record, summary)
    left, right = st.columns([3, 2], gap="large")
    with left:
        bars = payload(
            result_bars(models),
            name="result",
            version=record.id,
            alt="Test accuracy",
            height=BARS_HEIGHT,
            toolbar=False,
        )
        live_chart(bars, key=f"result-{record.id}", height=BARS_HEIGHT)
        st.caption(_how_scored(record, summary))
        if summary.get("baseline"):
            st.caption(compared(record.config))
        _table(record, summary)
        _skills(summary)
    with right:
        _file(record, summary)
        seeds = [as_text(one_seed(record.config))] if found.kind in ("gain", "loss") else []
        st.markdown("\n".join(f"- {line}" for line in [*seeds, *_remarks(record, summary)]))


def _coloured(sentence: str) -> str:
    """The words student and teacher in their colours."""
    for word, colour in (("the student", "green"), ("the teacher", "violet"), ("labels alone", "orange")):
        sentence = sentence.replace(word, f":{colour}[{word}]")
    return sentence


def _models(record: RunRecord, summary: dict[str, Any]) -> pd.DataFrame:
    names = {
        "teacher": f"Teacher {teacher_name(record.config.teacher)}",
        "student": f"Student {student_name(record.config.student)}",
        "baseline": f"{'Own classifier' if keeps_teachers_classifier(record.config) else 'Same student'}, labels only",
    }
    rows = [
        {"role": role, "name": name, "accuracy": summary[role]["accuracy"]}
        for role, name in names.items()
        if summary.get(role) and summary[role].get("accuracy") is not None
    ]
    return pd.DataFrame(rows, columns=["role", "name", "accuracy"])


def _how_scored(record: RunRecord, summary: dict[str, Any]) -> str:
    count_of, inputs = summary.get("test_inputs"), task_named(record.config.task).scored(record.config.dataset)
    scored = f"Accuracy on {count_of:,} test {inputs}" if count_of else f"Accuracy on the test {inputs}"
    return f"{scored} that nobody trained on; validation chose the student's epoch, the test was looked at once."


def _file(record: RunRecord, summary: dict[str, Any]) -> None:
    """The exported student to take away, with what was measured of it."""
    onnx = summary.get("onnx")
    if not onnx:
        if summary.get("onnx_why"):
            st.warning("The student was not exported; see the warnings below.", icon=":material/info:")
        else:
            st.caption(
                "Of this run the accuracy alone was wanted, so there is no file. In a terminal, "
                f"`python -m distill_core export {record.id}` makes and measures it."
            )
        return
    st.download_button(
        f"Download ONNX · {megabytes(onnx.get('bytes'))}",
        data=lambda: file_of(record).read_bytes(),
        file_name=f"{record.id}.onnx",
        mime="application/octet-stream",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        key="download-onnx",
        width="stretch",
    )
    st.page_link(
        "pages/edge.py",
        label="All its files, its model card and how to run it",
        icon=":material/developer_board:",
        query_params={"run": record.id},
        width="content",
    )
    latency = onnx.get("latency_ms") or {}
    ratio = (summary.get("latency") or {}).get("ratio") or {}
    faster = f" The teacher takes {ratio['median']:.1f} times as long." if ratio.get("median") else ""
    parity = onnx.get("parity_max_abs")
    one, several = nouns_of(record.config)
    window = ((summary.get("latency") or {}).get("student") or {}).get("window")
    what, answered = f"One {one}", f"{several} are answered"
    if window:
        what, answered = f"Reading {window} tokens", f"times {window} tokens are read"
    lines = [
        _GIVES.get(record.config.task, "ONNX, any batch size."),
        f"{what} takes **{milliseconds(onnx.get('cpu_ms'))}** of CPU time on one thread here.{faster}",
        *writing_speed(summary.get("latency")),
        f"19 of 20 {answered} within {milliseconds(latency['p95'])} by the clock." if latency.get("p95") else "",
        f"The file gives the same answers as the trained model; no score differs by more than {at_most(parity)}."
        if parity is not None
        else "",
    ]
    st.markdown("\n".join(f"- {line}" for line in lines if line))


def _table(record: RunRecord, summary: dict[str, Any]) -> None:
    student, teacher, baseline = (summary.get(role) or {} for role in ("student", "teacher", "baseline"))
    latency = summary.get("latency") or {}
    one, _ = nouns_of(record.config)
    same = bool(baseline) and baseline.get("parameters") == student.get("parameters")
    beside = "student" if same else "baseline"
    rows: dict[str, tuple[str, str, str]] = {
        "Test accuracy": (
            percent(student.get("accuracy")),
            percent(baseline.get("accuracy")),
            percent(teacher.get("accuracy")),
        ),
        "Parameters": (
            count(student.get("parameters")),
            count(baseline.get("parameters")),
            count(teacher.get("parameters")),
        ),
        "File size": (_bytes(latency, "student"), _bytes(latency, beside), _bytes(latency, "teacher")),
        f"CPU time, {one_input(latency.get('student'), one)}": (
            _cpu(latency, "student"),
            _cpu(latency, beside),
            _cpu(latency, "teacher"),
        ),
    }
    writes = bool((latency.get("student") or {}).get("token_ms"))
    if writes:
        timed = [latency.get(who) or {} for who in ("student", beside, "teacher")]
        for title, of in (("CPU time, a token written", _token), ("Tokens a second", tokens_a_second)):
            shown = [of(each) for each in timed]
            rows[title] = (shown[0], shown[1], shown[2])
    measured = (student, baseline, teacher)
    for name in in_order(student.get("metrics") or {}):
        shown = [in_words(name, (model.get("metrics") or {}).get(name)) for model in measured]
        rows[called(name)] = (shown[0], shown[1], shown[2])
    heads = ["Student", "Baseline", "Teacher"] if record.config.teacher else ["Student"]
    cells = {name: [unbroken(text) for text in texts[: len(heads)]] for name, texts in rows.items()}
    lines = [["", *map(_small, heads)], [":-", *["-:"] * len(heads)]]
    lines += [[_small(name), *map(_small, texts)] for name, texts in cells.items()]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    if same:
        st.caption("Size and time of the baseline are the student's, for it is the same model.")
    if writes:
        st.caption(HOW_MEASURED)


def _skills(summary: dict[str, Any]) -> None:
    """What is kept of each skill, of texts alone."""
    found = kept_skills(summary)
    if not found:
        return
    st.markdown("##### What is kept of each skill")
    lines = [["", *map(_small, ("Of the teacher's", "Gap closed"))], [":-", "-:", "-:"]]
    lines += [[_cell(text) for text in (each.title, each.retained, each.closed)] for each in found]
    st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
    st.caption(" ".join([*(f"{each.title}: {each.why}" for each in found if each.why), HOW_SURE]))


def _cell(text: str) -> str:
    """A figure and its interval stay whole each, and may stand below each other where there is little room."""
    figure, bracket, interval = text.partition(" (")
    return _small(unbroken(figure) + bracket + unbroken(interval))


def _small(text: str) -> str:
    return f":small[{text}]"


def _bytes(latency: dict[str, Any], who: str) -> str:
    return megabytes((latency.get(who) or {}).get("bytes"))


def _cpu(latency: dict[str, Any], who: str) -> str:
    return milliseconds((latency.get(who) or {}).get("cpu_ms"))


def _token(figures: dict[str, Any]) -> str:
    return milliseconds(figures.get("token_ms"))


def _remarks(record: RunRecord, summary: dict[str, Any]) -> list[str]:
    lines, (_, several) = [], nouns_of(record.config)
    scored = task_named(record.config.task).scored(record.config.dataset)
    if summary.get("baseline") and summary.get("gap_closed_why"):
        lines.append(f"**Gap closed:** {summary['gap_closed_why']}")
    if summary.get("agreement") is not None and summary["agreement"] != summary.get("token_agreement"):
        agreed = percent(summary["agreement"])
        lines.append(f"Student and teacher give the same answer on {agreed} of the test {scored}.")
    lines += nearness(summary)
    if summary.get("seconds") is not None:
        speed = f"{summary.get('images_per_second') or 0:,.0f} {several} a second"
        lines.append(f"Training steps took {duration(summary['seconds'])} at {speed}.")
    lines += effort(summary, record.config)
    if summary.get("cache_hit_rate"):
        lines.append(f"{percent(summary['cache_hit_rate'], 0)} of the teacher's answers came from the cache.")
    lines += how_it_began(beginning_of(summary.get("beginning"))) + worth_before(summary)
    lines += what_is_kept(summary.get("answers_kept"))
    return lines


def settings(record: RunRecord) -> None:
    """The run's own, frozen settings, and the command that repeats it."""
    with st.expander("Settings of this run", icon=":material/tune:"):
        st.caption("The same run from a terminal:")
        st.code(terminal_command(record.config, load("quickstart"), "quickstart"), language="bash", wrap_lines=True)
        rows = {name: said(name, value) for name, value in leaves(record.config).items() if name != "phases"}
        rows["phases"] = " · ".join(f"{phase.name} {phase.share:.0%}" for phase in record.config.phases)
        st.dataframe(
            pd.DataFrame({"setting": list(rows), "value": list(rows.values())}),
            hide_index=True,
            height=320,
            row_height=30,
        )
