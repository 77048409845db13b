"""Phases one by one: from a configuration to the inputs and back."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core import presets
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from pages.components.form.phase_values import OWN_WEIGHTS, RUNS, weights_read, weights_said
from pages.components.form.values import OWN, config_of, values_of

FOUR: list[dict[str, Any]] = [
    {"name": "easy", "share": 0.2, "pool": "curriculum", "easiest": 0.3, "temperature": [8, 4]},
    {"name": "all", "share": 0.5, "terms": {"kd": 0.9, "ce": 0.1, "at": [0, 1000]}},
    {"name": "shoes", "share": 0.2, "pool": "classes", "classes": [5, 7, 9], "alpha": 0.5, "lr_scale": 0.5},
    {"name": "labels", "share": 0.1, "pool": "labelled", "terms": {"ce": 1.0}},
]


def four() -> DistillConfig:
    return presets.load("quickstart").changed({"terms": [{"loss": "at", "phases": ["all", "shoes"]}], "phases": FOUR})


def test_what_is_moved_in_a_phase_is_all_that_changes() -> None:
    config = four()
    shown = values_of(config)
    assert (shown["plan"], shown["each_count"], shown["each_weights_1"]) == (OWN, 4, "kd=0.9, ce=0.1, at=0..1000")
    changed = config_of(shown | {"each_lr_scale_1": 2.0, "each_temperature_to_0": 8}, config)
    phases = [dict(phase) for phase in FOUR]
    phases[0]["temperature"], phases[1]["lr_scale"] = 8, 2.0
    assert changed == config.changed({"phases": phases})


def test_phases_without_inputs_for_their_lengths_keep_them_exactly_until_one_is_moved() -> None:
    thirds = [{"name": name, "share": 1 / 3} for name in ("a", "b", "c")]
    config = presets.load("quickstart").changed({"phases": thirds})
    shown = values_of(config)
    assert [phase.share for phase in config_of(shown | {"each_name_1": "bee"}, config).phases] == [1 / 3] * 3
    moved = config_of(shown | {"each_share_0": 44, "each_share_1": 23}, config)
    assert [phase.share for phase in moved.phases] == [0.44, 0.23, 0.33]


def test_a_fourth_phase_joins_the_usual_three_which_stay_as_they_are() -> None:
    config = presets.load("quickstart")
    more = {"plan": OWN, "each_count": 4, "each_share_2": 10, "each_share_3": 10, "each_name_3": "polish"}
    changed = config_of(values_of(config) | more | {"each_loss_3": OWN_WEIGHTS, "each_weights_3": "kd=1..0.5"}, config)
    assert changed.phases[:2] == config.phases[:2]
    assert (changed.phases[2].share, changed.phases[2].lr_scale) == (0.1, config.phases[2].lr_scale)
    assert (changed.phases[3].name, changed.phases[3].share, changed.phases[3].terms) == (
        "polish",
        0.1,
        {"kd": (1, 0.5)},
    )
    assert config_of(values_of(changed), changed) == changed


def test_a_phase_fewer_is_a_run_with_the_others() -> None:
    config = four()
    shown = values_of(config)
    fewer = config_of(shown | {"each_count": 3, "each_share_2": 30, "each_loss_1": RUNS}, config)
    assert [(phase.name, phase.share) for phase in fewer.phases] == [("easy", 0.2), ("all", 0.5), ("shoes", 0.3)]
    assert fewer.terms == config.terms


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ({"each_name_1": "easy"}, "each phase needs a name of its own; got easy, easy, shoes, labels"),
        ({"each_name_1": "All of it"}, r"phases\.1\.name: got 'All of it'"),
        ({"each_share_0": 50}, r"the shares 0\.5 \+ 0\.5 \+ 0\.2 \+ 0\.1 sum to 1\.3"),
        ({"each_weights_1": "kd=0.9, at"}, r"phases\.1\.terms: 'at' is no weight; write them such as"),
        ({"each_weights_1": "kd=much"}, r"phases\.1\.terms: 'kd=much' is no weight"),
        ({"each_weights_1": "kd=1, hint=2"}, "weighs 'hint', which is not among the run's terms"),
    ],
)
def test_phases_that_the_engine_refuses_are_refused_with_a_sentence(inputs: dict[str, Any], sentence: str) -> None:
    config = four()
    with pytest.raises(ConfigError, match=sentence):
        config_of(values_of(config) | inputs, config)


def test_weights_are_written_and_read_exactly() -> None:
    weights: dict[str, Any] = {"kd": 0.123456789, "vit-attention": (1e-05, 1000.0), "ce": 1.0}
    assert weights_read(weights_said(weights)) == weights | {"vit-attention": [1e-05, 1000.0]}
