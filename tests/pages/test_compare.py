"""Finished runs side by side."""

from __future__ import annotations

from typing import Any

from made_up_runs import finish_run

from distill_core.runs.store import Store
from pages.components.comparison import models

COMPARE = "pages/compare.py"


def test_with_nothing_to_compare_the_page_leads_to_the_demo(app: Any) -> None:
    page = app(COMPARE)
    assert "No run has finished yet" in page.markdown[0].value
    assert not page.dataframe


def test_the_table_holds_a_row_for_each_finished_run(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, temperature=2.0, accuracy=0.84)
    table = app(COMPARE).dataframe[0].value
    assert table["accuracy"].round(1).tolist() == [84.0, 85.1]
    assert table["gain"].round(1).tolist() == [10.2, 11.3]
    assert table["temperature"].tolist() == [2.0, 4.0]
    assert table["latency"].tolist() == [0.08, 0.08]


def test_only_settings_that_differ_are_listed(app: Any) -> None:
    store = Store()
    first = finish_run(store)
    second = finish_run(store, temperature=2.0, label_budget=None)
    differences = app(COMPARE).dataframe[1].value
    assert differences.index.tolist() == ["label_budget", "temperature"]
    assert differences.columns.tolist() == [f"{each[-4:]} · quickstart" for each in (second, first)]
    assert differences.iloc[:, 0].tolist() == ["all", "2.0"]
    assert differences.iloc[:, 1].tolist() == ["400", "4.0"]


def test_a_long_name_is_shown_short_where_it_heads_a_column(app: Any) -> None:
    store = Store()
    finish_run(store, alpha=0.5, name="resnet8-w16 from vgg8-fashion, T 4, 400 labels, alpha 0.5, 1 epoch")
    finish_run(store)
    page = app(COMPARE)
    assert any(name.endswith("400 labels, alpha 0.5, 1 epoch") for name in page.dataframe[0].value["run"])
    assert all(len(name) <= 31 for name in page.dataframe[1].value.columns)


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
