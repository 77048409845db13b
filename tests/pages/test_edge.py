"""The Edge page: a finished run as a file, what it costs, and what there is to take away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from made_up_runs import LATENCY, embed_teacher, finish_run, ordinary, summary_of

from distill_core.presets import load
from distill_core.runs.store import Store
from pages.components import beside

PAGE = "pages/edge.py"


def said(page: Any) -> str:
    return "\n".join(each.value for each in (*page.markdown, *page.caption))


def cells(page: Any, number: int = 0) -> dict[str, list[str]]:
    """The rows of a table by their first cell."""
    rows = page.table[number].value.to_numpy().tolist()
    return {first: [cell.replace("\xa0", " ") for cell in rest] for first, *rest in rows}


@pytest.fixture
def run_id() -> str:
    store = Store()
    made = finish_run(store)
    embed_teacher(store.get(made).folder / "best")
    return made


def test_before_the_first_run_it_leads_to_the_demo(app: Any) -> None:
    page = app(PAGE)
    assert "None of your runs has finished yet." in said(page)
    assert not page.selectbox


def test_teacher_and_student_stand_side_by_side_and_the_baseline_costs_what_the_student_does(
    app: Any, run_id: str
) -> None:
    page = app(PAGE, run=run_id)
    text, costs = said(page), page.table[0].value
    assert costs.columns.tolist() == ["", ":violet[Teacher]", ":green[Student]"]
    assert cells(page)[":gray[Multiply-adds for one answer]"] == ["41M", "2.36M"]
    assert "The baseline is the same model as the student" in text
    assert "1/33 of the :violet[teacher]'s parameters" in text
    assert "smaller ones with 8 bits are not made here yet" in text


def test_a_file_that_cannot_be_read_is_a_sentence_beside_what_is_known(app: Any, run_id: str) -> None:
    page = app(PAGE, run=run_id)
    assert "is not an ONNX file" in page.warning[0].value
    assert cells(page, 1)[":gray[No score differs by more than]"] == ["0.00001"]


def test_everything_can_be_taken_away(app: Any, run_id: str) -> None:
    page = app(PAGE, run=run_id)
    labels = [button.label for button in page.get("download_button")]
    assert labels[0] == "Everything · 5 files in one zip"
    assert {label.partition(" ·")[0] for label in labels[1:]} == {
        "ONNX",
        "Weights",
        "Facts (card.json)",
        "Model card",
        "Settings",
    }


def test_an_address_of_a_run_that_has_not_finished_is_told_and_another_shown(app: Any, run_id: str) -> None:
    page = app(PAGE, run="none-such")
    assert "not here or has not finished" in page.warning[0].value
    assert page.selectbox(key="edge_run").value == run_id


def test_the_address_says_which_run(app: Any, run_id: str) -> None:
    other = finish_run(Store(), temperature=2.0)
    page = app(PAGE, run=run_id)
    assert page.selectbox(key="edge_run").value == run_id
    page.selectbox(key="edge_run").set_value(other).run()
    assert page.query_params["run"] in (other, [other])


def test_a_run_without_a_file_offers_to_make_it_and_is_refused_while_another_trains(app: Any, run_id: str) -> None:
    store = Store()
    summary = store.get(run_id).summary or {}
    store.set_summary(run_id, {**summary, "onnx": None, "latency": None})
    page = app(PAGE, run=run_id)
    assert "This run has no file yet" in said(page)
    assert "measure-again" not in [button.key for button in page.button]
    store.claim(store.create(ordinary(temperature=9.0)))
    page.button(key="make-file").click().run()
    beside._shelf()[f"edge-file-{run_id}"].aside.wait(60)
    page.run()
    assert "A run is at work" in page.error[0].value
    page.button(key=f"close-edge-file-{run_id}").click().run()
    assert "make-file" in [button.key for button in page.button]


def test_how_it_was_measured_is_told_with_what_the_interval_means(app: Any, run_id: str) -> None:
    store = Store()
    summary = store.get(run_id).summary or {}
    spread = {"p50": 0.08, "p90": 0.09, "p95": 0.1, "low": 0.079, "high": 0.082, "repeats": 5}
    versions = {"onnxruntime": "1.30"}
    machine = {"cpu": "CPU", "cores": 2, "flags": {"avx2": True}, "versions": versions}
    models = {role: {**LATENCY[role], "spread": spread, "preempted_share": 0.0} for role in ("student", "teacher")}
    protocol = {"threads": 1, "rounds": 100, "repeats": 5}
    latency = {**LATENCY, **models, "machine": machine, "protocol": protocol, "inputs": "images"}
    store.set_summary(run_id, {**summary, "latency": latency})
    page = app(PAGE, run=run_id)
    text = said(page)
    assert "CPU (2 cores, avx2), ONNX Runtime 1.30, 1 thread, batch 1, 100 rounds x 5 repeats" in text
    assert "encloses the true median with 94% probability" in text
    assert cells(page)[":gray[Its interval]"][1] == "0.079 to 0.082 ms"


def test_a_run_of_texts_tells_the_time_of_a_token(app: Any, own_home: Path) -> None:
    store = Store(own_home)
    made = store.create(load("language-quick"))
    store.claim(made)
    summary = summary_of(made, store, 0.85, None, 0.1)
    summary["latency"] = {"student": {"window": 24, "cpu_ms": 0.5, "token_ms": 0.4}, "teacher": None, "ratio": None}
    store.finish(made, summary, data_sha256="0" * 64, torch_version="2")
    page = app(PAGE, run=made)
    assert ":gray[CPU time for 24 tokens read, median (p50)]" in cells(page)
    assert cells(page)[":gray[CPU time for a token written]"][1] == "0.40 ms (2,500/s)"
    assert "image" not in said(page)
