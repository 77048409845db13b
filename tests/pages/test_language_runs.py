"""A run of language models, started from a terminal, on the pages."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from made_up_runs import summary_of, training_events

from distill_core.events import AnswersKept
from distill_core.insight.measures import MEASURES
from distill_core.insight.speed import HOW_MEASURED
from distill_core.presets import load
from distill_core.runs.store import Store
from pages.components.comparison import rows, skills
from pages.components.live_run import live_run

METRICS = {"reasoning": 0.972, "instructions": 0.734, "longer_chains": 0.124}


def with_skills(event: Any) -> Any:
    """A score as the examination of a language model gives it."""
    if event.kind != "Evaluated":
        return event
    skills = {"reasoning": event.accuracy + 0.05, "instructions": event.accuracy - 0.05, "stops": 1.0}
    return replace(event, metrics=skills)


@pytest.fixture
def run_id(own_home: Any) -> str:
    store = Store(own_home)
    made = store.create(load("language-quick"))
    assert store.claim(made)
    store.append_events(made, [with_skills(event) for event in training_events(teacher=True)])
    summary = summary_of(made, store, 0.853, None, 0.1)
    summary["student"]["metrics"] = METRICS
    assert store.finish(made, summary, data_sha256="0" * 64, torch_version="2.14.1")
    store.close()
    return made


def test_its_result_speaks_of_prompts_and_shows_each_skill(app: Any, run_id: str) -> None:
    page = app("pages/train.py", run=run_id)
    said = " ".join(line.value for line in (*page.markdown, *page.caption))
    assert "4,000 test prompts" in said
    assert "tokens in, one score for each next token out" in said
    assert "prompts a second" in said
    for row in (":small[Reasoning]", "97.2%", ":small[Instructions]", "73.4%", ":small[Longer chains]", "12.4%"):
        assert row in said
    assert "image" not in said


@pytest.fixture
def measured_id(own_home: Any) -> str:
    """A run whose file was timed while it read and wrote, and whose teacher's answers were cut down."""
    store = Store(own_home)
    made = store.create(load("language-quick").changed({"top_k": 8}))
    assert store.claim(made)
    kept = AnswersKept(8, 100, 0.012, 0.42, 1.68)
    store.append_events(made, [*training_events(teacher=True), kept])
    summary = summary_of(made, store, 0.853, None, 0.1)
    student, teacher = ({"window": 24, "cpu_ms": cpu, "token_ms": token} for cpu, token in ((0.5, 0.4), (1.4, 1.0)))
    summary["latency"] = {"student": student, "teacher": teacher, "ratio": None}
    summary["onnx"] |= {"cpu_ms": 0.5, "token_ms": 0.4}
    summary |= {"answers_kept": kept.to_dict(), "teacher": {"name": "gpt-skills", "accuracy": 0.98}}
    summary |= {"untrained": {"accuracy": 0.1, "loss": 3.0, "metrics": {"perplexity": 20.1, "kl": 2.5}}}
    summary |= {"kl": 0.03, "token_agreement": 0.987, "kl_beyond": 1.2, "token_agreement_beyond": 0.61}
    assert store.finish(made, summary, data_sha256="0" * 64, torch_version="2.14.1")
    store.close()
    return made


def test_reading_and_writing_are_told_apart_and_what_was_kept_is_said(app: Any, measured_id: str) -> None:
    page = app("pages/train.py", run=measured_id)
    assert not page.exception
    said = " ".join(line.value for line in (*page.markdown, *page.caption)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Reading 24 tokens takes **0.50 ms** of CPU time on one thread here" in said
    assert "| :small[CPU time, 24 tokens read] | :small[0.50 ms] | :small[–] | :small[1.4 ms] |" in said
    for row in (
        ("CPU time, a token written", "0.40 ms", "–", "1 ms"),
        ("Tokens a second", "2,500", "–", "1,000"),
    ):
        assert f"| {' | '.join(f':small[{cell}]' for cell in row)} |" in said
    assert HOW_MEASURED in said
    assert "8 of 100 are kept" in said
    assert "Before training it had, on the same test: Perplexity 20.1 and KL to the teacher 2.5." in said
    assert "On prompts beyond training, such as longer chains, it is on 61.0%" in said
    assert "One prompt takes" not in said


def test_runs_are_compared_by_what_a_token_takes_only_where_some_write(app: Any, measured_id: str, run_id: str) -> None:
    assert not app("pages/compare.py").exception
    assert rows([Store().get(measured_id), Store().get(run_id)])["token"].tolist()[0] == 0.4
    assert "token" not in rows([Store().get(run_id)])


def test_its_settings_open_the_form_for_texts(app: Any, run_id: str) -> None:
    page = app("pages/train.py", run=run_id)
    page.button(key="again").click().run()
    assert not page.exception
    assert page.session_state["form_task"] == "language"
    assert page.session_state["form_student"].startswith("gpt-")


@pytest.mark.parametrize("page", ["pages/home.py", "pages/compare.py"])
def test_it_is_listed_beside_others(app: Any, run_id: str, page: str) -> None:
    assert not app(page).exception


def test_the_chart_of_accuracy_can_show_one_skill(app: Any, run_id: str) -> None:
    page = app("pages/train.py", run=run_id)
    assert page.segmented_control(key=f"measure-{run_id}").options == ["Accuracy", "Reasoning", "Instructions"]
    page.segmented_control(key=f"measure-{run_id}").set_value("Reasoning").run()
    assert not page.exception
    skill, whole = (json.loads(live_run(run_id).accuracies(MEASURES[name])) for name in ("reasoning", "accuracy"))
    ours, all_of_it = (
        next(line["y"] for line in chart["figure"]["data"] if line["name"] == "student, validation")
        for chart in (skill, whole)
    )
    assert ours == pytest.approx([value + 0.05 for value in all_of_it], abs=1e-4)
    assert skill["figure"]["layout"]["yaxis"]["title"]["text"] == "sums with the right result"
    assert skill["figure"]["layout"]["shapes"][0]["y0"] == pytest.approx(0.975)


def test_capability_is_weighed_against_size_where_language_models_are_compared(app: Any, run_id: str) -> None:
    page = app("pages/compare.py")
    assert "#### Capability against size" in [markdown.value for markdown in page.markdown]
    found = skills([Store().get(run_id)])
    assert set(found["measure"]) == {"reasoning", "instructions"}
    assert set(found["role"]) == {"student"}


def test_a_run_whose_student_writes_says_so(app: Any, own_home: Any) -> None:
    store = Store(own_home)
    made = store.create(load("language-quick").changed({"on_policy": 0.25}))
    assert store.claim(made)
    store.append_events(made, [with_skills(event) for event in training_events(teacher=True)])
    store.set_status(made, "stopped")
    store.close()
    page = app("pages/train.py", run=made)
    assert not page.exception
    assert any("25% of the steps on texts by the student, without labels" in line.value for line in page.caption)
    tiles = {tile.label: tile.help for tile in page.metric}
    assert "What the student writes it reads for the first time" in tiles["Answers re-used"]
