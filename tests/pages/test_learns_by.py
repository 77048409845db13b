"""What a run learns by, on its page: terms, weights, and which layer learns from which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made_up_runs import ordinary, training_events

from distill_core.config import DistillConfig
from distill_core.events import Started, TermFacts
from distill_core.insight.layer_map import layer_map
from distill_core.runs.store import Store

TRAIN = "pages/train.py"


def stopped_run(config: DistillConfig, *facts: TermFacts) -> str:
    """Writes a run that began, said what it learns by, and was stopped."""
    store = Store()
    run_id = store.create(config)
    store.claim(run_id)
    started = training_events(teacher=True)[0]
    assert isinstance(started, Started)
    store.append_events(run_id, [replace(started, terms=facts)])
    store.set_status(run_id, "stopped")
    return run_id


def unfolded(app: Any, run_id: str) -> Any:
    page = app(TRAIN, run=run_id)
    assert not page.table
    page.session_state[f"learns-by-{run_id}"] = True
    page.run()
    assert not page.exception
    return page


def tables(page: Any) -> str:
    return " ".join(table.value.to_csv() for table in page.table)


def test_each_term_has_its_name_and_its_weight_in_every_phase(app: Any, embedded_teacher: str) -> None:
    terms = [{"loss": "dist", "weight": 3, "phases": ["warm-up", "distil"]}, {"loss": "dkd", "warmup": 0.1}]
    page = unfolded(app, stopped_run(ordinary(terms=terms)))
    said = [text.value for text in page.markdown if "weight " in text.value and text.value.startswith("**")]
    assert [" ".join(line.split("**")[1:]) for line in said] == [
        "Soft labels  &nbsp; :gray[:small[weight 0.9 in all phases]]",
        "Labels  &nbsp; :gray[:small[weight 0.1 in all phases]]",
        "Correlations (DIST)  &nbsp; :gray[:small[weight 3 in warm-up and distil]]",
        "Decoupled soft labels (DKD)  &nbsp; :gray[:small[weight 1 in all phases, climbing from 0 over the first 10% "
        "of the training]]",
    ]
    assert not page.table


def test_a_layer_loss_shows_the_pairs_the_run_said_with_connector_and_parameters(
    app: Any, embedded_teacher: str
) -> None:
    config = ordinary(terms=["hint"])
    (pair,) = layer_map(config, "hint").pairs
    page = unfolded(app, stopped_run(config, TermFacts("hint", 999, ((pair.student, pair.teacher, "because"),))))
    said = tables(page)
    for words in (pair.student, pair.teacher, pair.connector.replace("->", "→"), f"{pair.parameters:,}", pair.reason):
        assert words in said.replace("->", "→")


def test_pairs_are_shown_also_when_the_teacher_is_gone(app: Any, embedded_teacher: str) -> None:
    config = ordinary(terms=["at"], teacher="/nowhere/best")
    pairs = (("stage1.block1", "stage1.block2", "same stride 1; widened from 8 to 48 in 2 steps"),)
    said = tables(unfolded(app, stopped_run(config, TermFacts("at", 0, pairs))))
    assert "stage1.block1" in said
    assert "same stride 1" in said
    assert "widened" not in said, "attention has no connector"


@pytest.mark.parametrize("began", [True, False])
def test_a_run_that_said_no_layers_shows_those_its_settings_give(app: Any, embedded_teacher: str, began: bool) -> None:
    config = ordinary(terms=["at"])
    if began:
        run_id = stopped_run(config)
    else:
        run_id = Store().create(config)
        Store().set_status(run_id, "stopped")
    assert "stage3.block2" in tables(unfolded(app, run_id))


def test_a_phase_with_a_ramp_says_from_where_to_where(app: Any, embedded_teacher: str) -> None:
    phases = [phase.model_dump(mode="json") for phase in ordinary().phases]
    phases[1]["alpha"] = [0.9, 0.5]
    page = unfolded(app, stopped_run(ordinary(phases=phases)))
    said = " ".join(text.value for text in page.markdown)
    assert "weight 0.9 in warm-up, from 0.9 to 0.5 in distil, 0.9 in fine-tune" in said
