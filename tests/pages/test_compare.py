"""Finished runs side by side."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from made_up_runs import finish_run

from distill_core.runs.store import Store
from distill_core.studies.keeping import recorded
from pages.components.comparison import models

COMPARE = "pages/compare.py"


def test_before_the_first_run_it_compares_what_was_recorded_and_leads_to_the_demo(app: Any) -> None:
    page = app(COMPARE)
    assert not page.exception
    said = [markdown.value for markdown in page.markdown]
    assert said[0].startswith("None of your own runs has finished yet.")
    assert "Which size of student?" in [header.value for header in page.header]
    assert any("student-sizes.json" in caption.value for caption in page.caption), "it says what made it"
    titles = {f"**{study.plan.title}**" for study in recorded().values()}
    assert titles - set(said) == {"**Which size of student?**"}, "the others follow, each in a sentence"


def test_recorded_studies_stay_below_ones_own_runs(app: Any) -> None:
    finish_run(Store())
    page = app(COMPARE)
    said = [markdown.value for markdown in page.markdown]
    assert {f"**{study.plan.title}**" for study in recorded().values()} <= set(said)
    assert not page.header


def test_the_table_holds_a_row_for_each_finished_run(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, temperature=2.0, accuracy=0.84)
    table = app(COMPARE).dataframe[0].value
    assert table["accuracy"].round(1).tolist() == [84.0, 85.1]
    assert table["gain"].round(1).tolist() == [10.2, 11.3]
    assert table["teacher"].tolist() == ["vgg8-fashion"] * 2
    assert table["temperature"].tolist() == [2.0, 4.0]
    assert table["latency"].tolist() == [0.08, 0.08]


def test_runs_without_a_file_are_drawn_against_their_parameters(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    assert app(COMPARE).button_group[0].value == "latency_ms"
    summary = store.get(run_id).summary
    assert summary is not None
    store.set_summary(run_id, {**summary, "onnx": None, "latency": None})
    page = app(COMPARE)
    cost = page.button_group[0]
    assert cost.value == "parameters"
    assert not any("is not known" in caption.value for caption in page.caption)
    page.button_group[0].set_value("megabytes").run()
    (said,) = [caption.value for caption in page.caption if caption.value.startswith("File size is not known")]
    assert f"export {run_id}" in said


def test_only_settings_that_differ_are_listed(app: Any) -> None:
    store = Store()
    first = finish_run(store)
    second = finish_run(store, temperature=2.0, label_budget=None)
    differences = app(COMPARE).dataframe[1].value
    assert differences.index.tolist() == ["Labels", "Temperature"]
    assert differences.columns.tolist() == [each[-4:] for each in (second, first)]
    assert differences.iloc[:, 0].tolist() == ["all", "2"]
    assert differences.iloc[:, 1].tolist() == ["400", "4"]


def test_methods_that_differ_are_called_by_their_titles(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, terms=[{"loss": "at", "weight": 100}, "hint"])
    (row,) = app(COMPARE).dataframe[1].value.to_numpy().tolist()
    assert row == ["Attention transfer × 100 + Hint (FitNets)", "none"]


def test_phases_that_differ_are_said_with_their_lengths_and_images(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, teacher=None, phases=[{"name": "train", "share": 1.0}])
    said = app(COMPARE).dataframe[1].value.loc["Phases"].tolist()
    assert said == ["train 100%", "warm-up 20% on the easiest · distil 60% · fine-tune 20%"]


def test_methods_whose_titles_do_not_tell_them_apart_are_said_in_full(app: Any) -> None:
    store = Store()
    finish_run(store, terms=["at"])
    finish_run(store, terms=[{"loss": "at", "phases": ["distil"]}])
    (row,) = app(COMPARE).dataframe[1].value.to_numpy().tolist()
    assert "distil" in row[0]
    assert row[0] != row[1]


def test_a_long_name_is_shown_short_where_it_heads_a_column(app: Any) -> None:
    store = Store()
    finish_run(store, alpha=0.5, name="resnet8-w16 from vgg8-fashion, T 4, 400 labels, alpha 0.5, 1 epoch")
    finish_run(store)
    page = app(COMPARE)
    assert any(name.endswith("400 labels, alpha 0.5, 1 epoch") for name in page.dataframe[0].value["run"])
    assert all(len(name) == 4 for name in page.dataframe[1].value.columns)


def test_figures_are_said_as_on_other_pages_and_what_is_missing_is_a_dash(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    summary = store.get(run_id).summary
    assert summary is not None
    nothing = {"gap_closed": None, "baseline": None, "teacher": None, "retention": None}
    store.set_summary(run_id, {**summary, **nothing})
    shown = shown_cells(app(COMPARE).dataframe[0])
    assert {"19.8k", "81 kB", "0.08 ms", "85.1%", "0.9"} <= shown
    assert "–" in shown
    assert not {"None", "nan", "<NA>"} & shown


def shown_cells(table: Any) -> set[str]:
    """What a reader of a styled table sees in its cells."""
    cells = pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_pandas()
    return set(cells.astype(str).to_numpy().ravel())


def test_one_run_alone_differs_from_nothing(app: Any) -> None:
    finish_run(Store())
    page = app(COMPARE)
    assert len(page.dataframe) == 1
    assert any("differs from nothing" in caption.value for caption in page.caption)


def test_a_teacher_that_runs_share_is_one_point_and_a_baseline_costs_what_its_student_costs() -> None:
    store = Store()
    ids = [finish_run(store), finish_run(store, temperature=2.0)]
    frame = models([store.get(run_id) for run_id in ids])
    assert frame["role"].value_counts().to_dict() == {"student": 2, "baseline": 2, "teacher": 1}
    costs = frame.groupby("role")["latency_ms"].first()
    assert costs["baseline"] == costs["student"] < costs["teacher"]
