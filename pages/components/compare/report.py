"""The comparison as one HTML file to keep or to send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

import distill_core
from distill_core.figures.models import Cost, size_vs_accuracy
from distill_core.figures.overlay import MOST_RUNS
from distill_core.figures.standalone import Block, Chart, Command, Heading, Paragraph, Points, Table, standalone
from distill_core.insight.baseline import compared
from distill_core.insight.verdict import one_seed, verdict
from distill_core.insight.words import percent
from distill_core.runs.agreement import known_agreement, that_can_answer
from distill_core.runs.publish import retraining_command
from distill_core.runs.records import RunRecord
from distill_core.task import task_named
from pages.components.compare import agreement
from pages.components.compare.curves import class_shares, curves_figure
from pages.components.compare.settings import DITTO, USUAL, differing, with_usual
from pages.components.comparison import label, models, rows
from pages.components.jobs import manager
from pages.components.runs_table import in_words

LONGEST_TITLE = 48
MOST_NAMED = 4
"""More columns than these are headed by the beginning of a name alone."""


def report_button(records: Sequence[RunRecord], data: str) -> None:
    """Makes the file when it is asked for.

    Args:
        records: of the runs that are compared.
        data: what they were trained and scored on.
    """
    title = f"{len(records)} runs on {data}, compared" if len(records) > 1 else f"A run on {data}"
    st.download_button(
        "Save as a report",
        data=lambda: standalone(title, list(report_blocks(records))).encode(),
        file_name=f"comparison-{data.replace('/', '-')}.html",
        mime="text/html",
        icon=":material/html:",
        on_click="ignore",
        key="report",
        help="One HTML file with these tables and charts, to keep or to mail; it needs no network.",
    )


def report_blocks(records: Sequence[RunRecord]) -> Iterator[Block]:
    """What the file says of runs that were scored on the same test split."""
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield Paragraph(f"Made by the distillation workbench {distill_core.__version__} on {made}.", small=True)
    yield from _header(records)
    yield from _results(records)
    yield from _costs(records)
    if len(records) <= MOST_RUNS:
        yield Heading("How they learned")
        yield Chart(curves_figure(records), "Validation accuracy over the epochs")
    yield from _classes(records)
    yield from _agreement(records)
    yield from _notes(records)
    yield Heading("How to repeat them")
    yield Paragraph("In a terminal, where the workbench is installed; settings that are not named keep their preset's.")
    for record in records:
        yield Paragraph(f"{label(record, LONGEST_TITLE)} ({record.id})", small=True)
        yield Command(retraining_command(record.config))


def _header(records: Sequence[RunRecord]) -> Iterator[Block]:
    """What each run came to, in a sentence, and in which settings they differ."""
    found = [(record, verdict(record.summary or {}, record.config)) for record in records]
    yield Points([f"{label(record, LONGEST_TITLE)}: {each.headline}" for record, each in found])
    if len(records) < 2:
        return
    settings = with_usual(differing(records))
    yield Heading("What differs")
    if settings.empty:
        yield Paragraph("These runs have the same settings.")
    else:
        yield _by_run(records, settings)
        ditto = f"{DITTO} stands for what most of them have. " if USUAL in settings else ""
        yield Paragraph(f"{ditto}All other settings are equal.", small=True)


def _by_run(records: Sequence[RunRecord], settings: pd.DataFrame) -> Table:
    """A row a setting and a column a run; with too many runs the other way round, for a page is not so wide."""
    if len(records) > MOST_RUNS:
        turned = settings.T
        return Table(["Run", *map(str, turned.columns)], [[str(run), *row] for run, *row in turned.itertuples()], True)
    return Table(["Setting", *map(str, settings.columns)], [[str(of), *row] for of, *row in settings.itertuples()])


def _results(records: Sequence[RunRecord]) -> Iterator[Block]:
    """A row a figure and a column a run, so that all fit a page; too many runs the other way round."""
    yield Heading("Results on the test split")
    table = in_words(rows(records)).drop(columns=["Labels", "T", "Alpha", "Seed"], errors="ignore")
    table = table.loc[:, [not (table[name] == "–").all() for name in table]]
    if len(records) > MOST_NAMED and table["Teacher"].nunique() == 1:
        yield Paragraph(f"All learned from {table['Teacher'].iloc[0]}.")
        table = table.drop(columns="Teacher")
    if len(records) <= MOST_RUNS:
        columns = table.drop(columns="Run").T
        heads = [label(record, 24) if len(records) <= MOST_NAMED else record.short for record in records]
        yield Table(["", *heads], [[str(of), *row] for of, *row in columns.itertuples()])
    else:
        yield Table(list(map(str, table.columns)), table.to_numpy().tolist())
    inputs = (records[0].summary or {}).get("test_inputs")
    scored = task_named(records[0].config.task).scored(records[0].config.dataset)
    of = f" {inputs:,}" if inputs else ""
    yield Paragraph(
        f"Scored once on the same{of} test {scored}, which nobody trained on. Intervals follow from their number "
        f"alone. {compared(records[0].config)}",
        small=True,
    )


def _costs(records: Sequence[RunRecord]) -> Iterator[Block]:
    found = models(records)
    kinds: list[tuple[Cost, str]] = [("parameters", "size"), ("latency_ms", "CPU time on the machine that measured it")]
    for cost, said in kinds:
        if found[cost].notna().any():
            yield Heading(f"Accuracy against {said}")
            yield Chart(size_vs_accuracy(found, cost=cost), f"Test accuracy against {said}")
    if len(records) > 1:
        yield Paragraph("The line joins the students that no other beats at the same cost or less.", small=True)


def _classes(records: Sequence[RunRecord]) -> Iterator[Block]:
    shares = class_shares(records)
    if shares.empty:
        return
    yield Heading("Class by class")
    table = shares.map(percent)
    yield Table(["Class", *map(str, table.columns)], [[str(of), *row] for of, *row in table.itertuples()])
    most = " Where the runs differ most comes first." if len(table.columns) > 1 else ""
    yield Paragraph(f"Right answers on the test split.{most}", small=True)


def _agreement(records: Sequence[RunRecord]) -> Iterator[Block]:
    """What is known of it without asking anyone."""
    asked = that_can_answer(records[:MOST_RUNS])
    found = known_agreement(asked, manager().store.home) if len(asked) > 1 else None
    if found is not None:
        table = agreement.in_words(asked, found)
        yield Heading("Where they agree")
        yield Table(["", *map(str, table.columns)], [[str(of), *row] for of, *row in table.itertuples()])
        yield Paragraph(agreement.said(asked, found), small=True)


def _notes(records: Sequence[RunRecord]) -> Iterator[Block]:
    """What people wrote, what the runs warned of, and how far single runs can be believed."""
    written = [f"{record.short}: {' '.join(record.note.split())}" for record in records if record.note]
    warned = [
        f"{record.short}: {sentence}" for record in records for sentence in (record.summary or {}).get("warnings") or ()
    ]
    cautions: dict[str, list[str]] = {}
    for record in records:
        if caution := verdict(record.summary or {}, record.config).caution:
            cautions.setdefault(caution, []).append(record.short)
    told = [f"{', '.join(tags)}: {caution}" for caution, tags in cautions.items()]
    yield Heading("Notes")
    yield Points([*written, *told, *warned, one_seed(records[0].config)])
