"""The drawing of a training that has not begun."""

from __future__ import annotations

import json

from distill_core.figures import timeline_curves
from distill_core.insight.timeline import STEPS, timeline
from distill_core.presets import load


def test_it_draws_three_lines_over_named_phases_and_goes_to_json() -> None:
    found = timeline(load("quickstart"))
    figure = timeline_curves(found.frame, found.phases, steps=STEPS)
    assert [trace["name"] for trace in figure["data"]] == ["learning rate", "alpha", "T, left axis"]
    assert [name["text"] for name in figure["layout"]["annotations"]] == ["warm-up", "distil", "fine-tune"]
    assert len(figure["layout"]["shapes"]) == 3
    assert json.loads(json.dumps(figure)) == figure


def test_a_training_on_labels_at_its_end_has_a_gap_in_its_temperature() -> None:
    config = load("quickstart")
    phases = [phase.model_dump(mode="json") for phase in config.phases]
    phases[2] |= {"pool": "labelled", "terms": {"ce": 1.0}}
    found = timeline(config.changed({"phases": phases}))
    temperature = timeline_curves(found.frame, found.phases, steps=STEPS)["data"][-1]["y"]
    assert temperature[-1] is None
    assert temperature[0] == config.objective.temperature


def test_names_of_short_phases_do_not_run_into_each_other() -> None:
    four = [
        {"name": n, "share": s} for n, s in (("warm-up", 0.2), ("distil", 0.6), ("fine-tune", 0.1), ("polish", 0.1))
    ]
    found = timeline(load("quickstart").changed({"phases": four}))
    figure = timeline_curves(found.frame, found.phases, steps=STEPS)
    assert [name["text"] for name in figure["layout"]["annotations"]] == ["warm-up", "distil", "fine-tune"]
    assert len(figure["layout"]["shapes"]) == 4
