"""The report of a teacher of images: class by class, which it takes for which, how sure it is, what it has to teach."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import streamlit as st

from distill_core.config import DistillConfig
from distill_core.edge.jobs import ShouldStop, report_model
from distill_core.edge.report import Report, kept_report
from distill_core.errors import DistillError
from distill_core.figures.report import class_bars, confusion_map, reliability_diagram
from distill_core.insight.teachers import Teacher, lost_data, reported_on
from distill_core.insight.words import percent
from pages.components.beside import Work, begin, going_on
from pages.components.jobs import manager
from pages.components.live_chart import live_chart, payload
from pages.components.run_figures import tile

MOST_CLASSES = 20
CALIBRATION_HELP = (
    "Expected calibration error: answers are sorted into 15 bins of equal width by their confidence; it is the mean "
    "distance between the confidence and the share that is right in a bin, weighed by how many answers are in it. "
    "0% is best. Guo et al. 2017, “On Calibration of Modern Neural Networks”."
)
ENTROPY_HELP = (
    "Mean entropy of its soft targets: how much each leaves open. 0 bits is a bare label. A temperature "
    "spreads the answers, so that the student sees which wrong classes are likelier."
)


def report(teacher: Teacher) -> None:
    """The report, if it was made; else the button that makes it beside the page."""
    st.markdown("#### Report")
    home, folder = manager().store.home, teacher.folder
    if folder is None:
        return
    try:
        config = reported_on(teacher.card)
    except DistillError as error:
        st.caption(f"Its card does not say which images it is for: {error}")
        return
    key = f"report-{teacher.card.weights_sha256}"
    if going_on(key):
        return
    found = kept_report(teacher.card.weights_sha256, config, home)
    if found is None and (lost := lost_data(teacher.card)) is not None:
        st.warning(
            f"Its images were in `{lost}`, and that folder is not here now. Put it back there to have a report and to "
            "teach with it, or choose another folder on the Train page.",
            icon=":material/folder_off:",
        )
        return
    asked = (key, f"Answering the test images of {config.dataset}", _work(folder, config, home))
    if found is not None:
        _shown(found)
        st.button("Make it again", icon=":material/refresh:", key="make-report", on_click=begin, args=asked)
        return
    st.markdown(
        f"It answers the test images of **{config.dataset}** once: how good it is at each class, what it confuses, how "
        "far its confidence can be believed, and how much its soft targets say."
    )
    st.button(
        "Make the report",
        type="primary",
        icon=":material/query_stats:",
        key="make-report",
        on_click=begin,
        args=asked,
    )
    st.caption("In a process of its own, on one thread; some seconds for the teachers inside. It is kept.")


def _work(folder: Path, config: DistillConfig, home: Path) -> Work:
    def work(should_stop: ShouldStop, _say: Callable[[str], None]) -> None:
        report_model(folder, config, home=home, should_stop=should_stop)

    return work


def _shown(found: Report) -> None:
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    most = math.log2(len(found.classes))
    with st.grid(4, min_column_width=150, gap="small"):
        tile("Right", percent(found.accuracy), f"of {found.inputs:,} images", f"The test split of {found.dataset}.")
        tile("Calibration error", percent(found.calibration_error), _leaning(found), CALIBRATION_HELP)
        for temperature, bits in found.entropy.items():
            tile(f"Entropy at T {temperature:g}", f"{bits:.2f} bits", f"of at most {most:.2f}", ENTROPY_HELP)
    st.caption(
        f"On the {found.inputs:,} test images of **{found.dataset}**, which took no part in its training. Measured on "
        f"{found.date} with {versions}; the images are answered as they are, so no seed plays a part."
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        _classes(found)
    with right:
        st.markdown("**What it takes for what**")
        height = 440
        alt = "Confusion matrix: what an image shows against what the teacher took it for"
        chart = payload(
            confusion_map(found.confusion, found.classes),
            name="confusion",
            version=f"{found.weights_sha256}-{found.data_sha256}",
            alt=alt,
            height=height,
            toolbar=False,
        )
        live_chart(chart, key="confusion", height=height)
        st.caption(f"A row is what the image shows. {_commonest(found)}The colour grows with the root of the share.")
    _calibration(found)


def _leaning(found: Report) -> str:
    """Whether its confidence is too high or too low, on average."""
    total = sum(each.count for each in found.bins)
    mean = sum(each.count * (each.confidence or 0.0) for each in found.bins) / total
    return "too sure on average" if mean > found.accuracy else "too modest on average"


def _classes(found: Report) -> None:
    frame = pd.DataFrame({"name": found.classes, "recall": found.recall}).dropna().sort_values("recall")
    shown = frame.head(MOST_CLASSES)
    st.markdown(
        "**Right by class**, worst first" + (f" ({len(shown)} of {len(frame)})" if len(frame) > len(shown) else "")
    )
    height = 40 + 40 * len(shown)
    chart = payload(
        class_bars(shown),
        name="classes",
        version=f"{found.weights_sha256}-{found.data_sha256}",
        alt=f"Share of each class that is right; worst {shown['name'].iloc[0]} with {shown['recall'].iloc[0]:.1%}",
        height=height,
        toolbar=False,
    )
    live_chart(chart, key="classes", height=height)


def _commonest(found: Report) -> str:
    """The mistake that is made most often, in a sentence."""
    wrong = [
        (count, row, column)
        for row, counts in enumerate(found.confusion)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    if not wrong:
        return "It makes no mistake. "
    count, row, column = max(wrong)
    return f"Most often it takes {found.classes[row]} for {found.classes[column]}: {count:,} times. "


def _calibration(found: Report) -> None:
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    bins = pd.DataFrame([vars(each) for each in found.bins if each.count])
    with left:
        st.markdown("**How far its confidence can be believed**")
        chart = payload(
            reliability_diagram(bins),
            name="reliability",
            version=f"{found.weights_sha256}-{found.data_sha256}",
            alt="Reliability diagram: the share that is right against the confidence",
            height=340,
            toolbar=False,
        )
        live_chart(chart, key="reliability", height=340)
    with right:
        st.markdown(
            f"Where a bar ends below the dashed line, the teacher is surer than it is right. The expected calibration "
            f"error is **{percent(found.calibration_error)}**. The fuller a bar, the more answers it holds."
        )
        st.caption(CALIBRATION_HELP)
        first, last = min(found.entropy), max(found.entropy)
        st.markdown(
            f"Its soft targets hold **{found.entropy[first]:.2f} bits** at T {first:g} and "
            f"**{found.entropy[last]:.2f} bits** at T {last:g}: so much they leave open, where a label leaves nothing."
        )
        st.caption(ENTROPY_HELP)
