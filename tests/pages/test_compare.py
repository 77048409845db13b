"""Finished runs side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from made_up_runs import finish_run, ordinary

from distill_core.cards import ModelCard, read_card, write_model
from distill_core.edge.kept_answers import _file
from distill_core.figures.standalone import Command, standalone
from distill_core.runs.agreement import data_of
from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from distill_core.studies.keeping import kept, recorded
from pages.components.compare.chosen import asked_for
from pages.components.compare.report import report_blocks
from pages.components.compare.settings import axes, differing
from pages.components.comparison import by_data, models

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
    second = finish_run(store, temperature=2.0, label_budget=None, gradient_shares=False)  # which changes no number
    differences = app(COMPARE).table[0].value
    assert differences.index.tolist() == ["Labels", "Temperature"]
    assert differences.columns.tolist() == [each[-4:] for each in (second, first)]
    assert differences.iloc[:, 0].tolist() == ["all", "2"]
    assert differences.iloc[:, 1].tolist() == ["400", "4"]


def test_methods_that_differ_are_called_by_their_titles(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, terms=[{"loss": "at", "weight": 100}, "hint"])
    (row,) = app(COMPARE).table[0].value.to_numpy().tolist()
    assert row == ["Attention transfer × 100 + Hint (FitNets)", "none"]


def test_phases_that_differ_are_said_with_their_lengths_and_images(app: Any) -> None:
    store = Store()
    finish_run(store)
    finish_run(store, teacher=None, phases=[{"name": "train", "share": 1.0}])
    said = app(COMPARE).table[0].value.loc["Phases"].tolist()
    assert said == ["train 100%", "warm-up 20% on the easiest · distil 60% · fine-tune 20%"]


def test_methods_whose_titles_do_not_tell_them_apart_are_said_in_full(app: Any) -> None:
    store = Store()
    finish_run(store, terms=["at"])
    finish_run(store, terms=[{"loss": "at", "phases": ["distil"]}])
    (row,) = app(COMPARE).table[0].value.to_numpy().tolist()
    assert "distil" in row[0]
    assert row[0] != row[1]


def test_a_long_name_is_shown_short_where_it_heads_a_column(app: Any) -> None:
    store = Store()
    finish_run(store, alpha=0.5, name="resnet8-w16 from vgg8-fashion, T 4, 400 labels, alpha 0.5, 1 epoch")
    finish_run(store)
    page = app(COMPARE)
    assert any(name.endswith(" · resnet8-… 1 epoch") for name in page.dataframe[0].value["run"]), "both ends show"
    assert all(len(name) == 4 for name in page.table[0].value.columns)


def test_figures_are_said_as_on_other_pages_and_what_is_missing_is_a_dash(app: Any) -> None:
    store = Store()
    run_id = finish_run(store)
    summary = store.get(run_id).summary
    assert summary is not None
    nothing = {"gap_closed": None, "baseline": None, "teacher": None, "retention": None}
    store.set_summary(run_id, {**summary, **nothing})
    shown = shown_cells(app(COMPARE).dataframe[0])
    assert {"19.8k", "81 kB", "0.080 ms", "85.1%", "0.9"} <= shown
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


def test_a_baseline_that_two_ways_share_keeps_its_cost_in_any_order() -> None:
    store = Store()
    lent = [{"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}, {"loss": "simkd"}]
    ids = [finish_run(store), finish_run(store, terms=lent)]
    for run_id in ids:
        summary = store.get(run_id).summary
        assert summary is not None
        store.set_summary(run_id, {**summary, "baseline": {**summary["baseline"], "run_id": "one-of-both"}})
    for order in (ids, ids[::-1]):
        frame = models([store.get(run_id) for run_id in order])
        (cost,) = frame[frame["role"] == "baseline"]["latency_ms"]
        assert cost > 0


def test_beside_a_point_stands_the_student_or_the_tag_of_the_run_where_students_are_alike() -> None:
    store = Store()
    ids = [finish_run(store), finish_run(store, temperature=2.0), finish_run(store, student="resnet8-w4")]
    records = [store.get(run_id) for run_id in ids]
    frame = models(records)
    shorts = dict(frame[frame["role"] == "student"][["name", "short"]].itertuples(index=False))
    assert list(shorts.values()) == [records[0].short, records[1].short, "resnet8-w4"]


def test_only_runs_of_one_data_set_stand_side_by_side_the_newest_first(app: Any) -> None:
    store = Store()
    finish_run(store, dataset="digits", accuracy=0.97)
    finish_run(store, dataset="digits", accuracy=0.96)
    finish_run(store, accuracy=0.851)
    page = app(COMPARE)
    (data,) = page.selectbox
    assert data.options == ["fashion-mnist-mini · 1 run", "digits · 2 runs"]
    assert page.dataframe[0].value["accuracy"].round(1).tolist() == [85.1]
    data.select("digits").run()
    assert page.dataframe[0].value["accuracy"].round(1).tolist() == [96.0, 97.0]
    assert not page.exception


def test_of_one_data_set_alone_there_is_nothing_to_choose(app: Any) -> None:
    finish_run(Store())
    assert not app(COMPARE).selectbox


def test_own_files_are_told_apart_by_their_names() -> None:
    store = Store()
    ids = [finish_run(store, dataset="folder", data_folder=f"/home/me/{name}") for name in ("pets", "birds")]
    assert list(by_data([store.get(run_id) for run_id in ids])) == ["pets", "birds"]


def test_other_data_of_the_same_name_is_told_apart_by_its_hash() -> None:
    store = Store()
    ids = [finish_run(store, dataset="folder", data_folder=f"/{place}/pets") for place in ("a", "b", "c")]
    for run_id, sha256 in zip(ids, ("1", "2", "1"), strict=True):
        store.set_summary(run_id, {**(store.get(run_id).summary or {}), "data_sha256": sha256})
    found = by_data([store.get(run_id) for run_id in ids])
    assert {name: [run.id for run in runs] for name, runs in found.items()} == {
        "pets": [ids[0], ids[2]],
        "pets (2)": [ids[1]],
    }


def test_curves_class_by_class_and_parallel_axes_of_the_runs_that_are_shown(app: Any) -> None:
    store = Store()
    for temperature in (1.0, 2.0, 4.0):
        run_id = finish_run(store, temperature=temperature, accuracy=0.8 + temperature / 100)
        summary = store.get(run_id).summary
        assert summary is not None
        student = {**summary["student"], "by_class": [0.9, 0.8 + temperature / 100]}
        store.set_summary(run_id, {**summary, "student": student})
    page = app(COMPARE)
    assert {"#### How they learned", "#### Class by class", "#### Settings and what came of them"} <= {
        markdown.value for markdown in page.markdown
    }
    by_class = page.dataframe[1].value
    assert by_class.index.tolist() == ["shoe", "shirt"], "where they differ most comes first"
    assert by_class.iloc[1].tolist() == ["90.0%"] * 3


def test_too_many_runs_are_not_laid_over_each_other(app: Any) -> None:
    store = Store()
    for seed in range(9):
        finish_run(store, seed=seed)
    assert any("Tick two to 8 runs" in caption.value for caption in app(COMPARE).caption)


def test_the_report_holds_the_table_the_verdicts_and_the_way_to_repeat(app: Any) -> None:
    store = Store()
    ids = [finish_run(store), finish_run(store, temperature=2.0)]
    store.remarks.note(ids[0], "The <b>best</b> so far.")
    blocks = list(report_blocks([store.get(run_id) for run_id in ids]))
    page = "".join(map(str, blocks))
    assert "The <b>best</b> so far." in page
    assert "&lt;b&gt;best" in standalone("t", blocks)
    for expected in ("85.1%", "84.0 to 86.2%", "0.080 ms", "11.3 points above", "Temperature", *ids):
        assert expected in page
    commands = [block.text for block in blocks if isinstance(block, Command)]
    assert [command.startswith("python -m distill_core run --preset quickstart") for command in commands] == [True] * 2
    assert "temperature=2" in commands[1]
    assert "schema_version" not in page, "no raw configuration"
    assert any(button.label == "Save as a report" for button in app(COMPARE).download_button)


def test_sizes_are_compared_by_one_button(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(COMPARE)
    assert page.multiselect(key="sizes_vision").value == ["resnet8-w4", "resnet8-w8", "resnet8-w16"]
    page.multiselect(key="sizes_vision").set_value(["resnet8-w4"]).run()
    assert page.button(key="sizes").disabled
    page.multiselect(key="sizes_vision").set_value(["resnet8-w4", "resnet8-w8"]).run()
    page.button(key="sizes").click().run()
    assert not page.exception
    (plan,) = kept(still_manager.store.home).values()
    assert [variant.settings["student"] for variant in plan.variants] == ["resnet8-w4", "resnet8-w8"]
    assert {record.config.student for record in still_manager.store.list("run")} == {"resnet8-w4", "resnet8-w8"}


def test_pressing_again_opens_the_study_there_is(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    for _ in range(2):
        page = app(COMPARE)
        page.multiselect(key="sizes_vision").set_value(["resnet8-w4", "resnet8-w8"]).run()
        page.button(key="sizes").click().run()
        assert not page.exception
    assert len(kept(still_manager.store.home)) == 1
    assert len(still_manager.store.list("run")) == 2


def warned(page: Any) -> str:
    return "\n".join(warning.value for warning in page.warning)


def test_an_address_names_the_runs_and_what_it_names_in_vain_is_told(app: Any, still_manager: Manager) -> None:
    store = still_manager.store
    first, second, third = (finish_run(store, temperature=each) for each in (1.0, 2.0, 3.0))
    other = finish_run(store, dataset="digits")
    early, gone = store.create(ordinary(seed=7)), finish_run(store, temperature=5.0)
    still_manager.put_aside(gone)
    page = app(COMPARE, runs=",".join([third, "no-such-run", first, early, gone, other]))
    assert page.dataframe[0].value["run"].str[:4].tolist() == [each[-4:] for each in (third, first, second)]
    told = warned(page)
    assert "There is no run no-such-run." in told
    assert f"{early} has not finished" in told
    assert f"{gone} was deleted. The Runs page can bring back" in told
    assert f"and left out: {other}." in told
    assert not warned(app(COMPARE, runs=f"{first},{second}"))


def test_an_address_of_markup_and_of_too_many_runs_is_told_too() -> None:
    store = Store()
    every = {"digits": [store.get(finish_run(store, seed=seed)) for seed in range(10)]}
    asked = asked_for(",".join(["**x**", *(record.id for record in every["digits"])]), every)
    assert len(asked.runs) == 8
    assert asked.wrong[0].startswith(r"There is no run \*\*x\*\*.")
    assert asked.wrong[1].startswith("The address names 10 runs, and at most 8 are compared")
    assert asked_for("", every).wrong == ()


def test_the_address_follows_the_ticks(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = finish_run(Store()), finish_run(Store(), temperature=2.0)
    page = app(COMPARE, runs=f"{first},nobody")
    assert page.query_params["runs"] in (first, [first]), "what it names in vain goes"
    monkeypatch.setattr("pages.components.runs_table.ticked_rows", lambda _event: [0, 1])
    page.run()
    assert not page.exception
    assert page.query_params["runs"] in (f"{first},{second}", [f"{first},{second}"])
    assert not warned(page), "others are compared now"
    monkeypatch.setattr("pages.components.runs_table.ticked_rows", lambda _event: [])
    assert "runs" not in page.run().query_params


def test_agreement_is_worked_out_at_a_press_and_shown_once_it_is_known(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    records = [store.get(finish_run(store, temperature=each)) for each in (1.0, 2.0)]
    for at, record in enumerate(records):
        card = ModelCard(
            task="vision", architecture="resnet8-w8", classes=("a", "b"), input_shape=(1, 8, 8), mean=(), std=(),
            dataset="x", parameters=1,
        )  # fmt: skip
        write_model(record.folder / "best", card, {"w": torch.full((1,), float(at))})
    asked: list[str] = []

    def answer(runs: Any, home: Any, *_: Any) -> None:
        for at, record in enumerate(runs):
            path = _file(read_card(record.folder / "best").weights_sha256, data_of(record), home)
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, np.array([0, 1, 1, at]))
            asked.append(record.id)

    monkeypatch.setattr("pages.components.compare.agreement.ask", answer)
    page = app(COMPARE)
    assert not asked, "nothing is asked when the page opens"
    page.button(key="agreement").click().run()
    for _ in range(50):
        if len(page.dataframe) > 1:
            break
        page.run()
    assert page.dataframe[1].value.iloc[0].tolist()[:2] == ["–", "75.0%"]
    assert any("are furthest apart: 75.0%" in caption.value for caption in page.caption)
    assert "75.0%" in "".join(map(str, report_blocks(records)))


def test_runs_are_called_by_their_architecture_and_axes_by_what_differs() -> None:
    store = Store()
    fork = f"{store.home}/forks/try-7f3a/7f3a-step-400.safetensors@resnet8-w8"
    records = [store.get(finish_run(store, student=each)) for each in ("resnet8-w8", fork)]
    assert differing(records).loc["Student"].tolist() == ["resnet8-w8", "resnet8-w8 from 7f3a at step 400"]
    assert [axis.title for axis in axes(records)] == ["Student", "Accuracy, %"]


def test_what_most_runs_have_is_said_once(app: Any) -> None:
    store = Store()
    for temperature in (4.0, 4.0, 8.0):
        finish_run(store, temperature=temperature, seed=int(temperature))
    table = app(COMPARE).table[0].value
    assert table.columns[0] == "most"
    assert table.loc["Temperature"].tolist() == ["4", "8", "″", "″"]
