"""A run of language models, started from a terminal, on the pages."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_runs import summary_of, training_events

from distill_core.presets import load
from distill_core.runs.store import Store

METRICS = {"reasoning": 0.972, "instructions": 0.734, "longer_chains": 0.124}


@pytest.fixture
def run_id(own_home: Any) -> str:
    store = Store(own_home)
    made = store.create(load("language-quick"))
    assert store.claim(made)
    store.append_events(made, training_events(teacher=True))
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


def test_its_settings_open_the_form_for_texts(app: Any, run_id: str) -> None:
    page = app("pages/train.py", run=run_id)
    page.button(key="again").click().run()
    assert not page.exception
    assert page.session_state["form_task"] == "language"
    assert page.session_state["form_student"].startswith("gpt-")


@pytest.mark.parametrize("page", ["pages/home.py", "pages/compare.py"])
def test_it_is_listed_beside_others(app: Any, run_id: str, page: str) -> None:
    assert not app(page).exception
