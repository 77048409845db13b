"""From a configuration to the form and back: the same run, whatever its settings."""

from __future__ import annotations

from typing import Any

import pytest

from distill_core import presets
from distill_core.config import DEFAULT_PHASES, DistillConfig
from distill_core.errors import ConfigError
from pages.components.form.values import (
    BY_HAND,
    CLASSES,
    KEEP,
    LABELS,
    METHODS,
    NO_TEACHER,
    OWN,
    RANDOM,
    SOME,
    USUAL,
    config_of,
    values_of,
)


def phases(**last: Any) -> list[dict[str, Any]]:
    made = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
    made[2] |= last
    return made


ODD: dict[str, dict[str, Any]] = {
    "numbers an input rounds": {"alpha": 0.12345, "temperature": 0.37, "phases": [1 / 3, 1 / 3, 1 / 3]},
    "numbers beyond the usual": {"draws": 0, "learning_rate": 1e-5, "weight_decay": 1.5e-8, "temperature": 99.5},
    "a high learning rate": {"learning_rate": 50.0, "clip_norm": 0.5, "crop_padding": 0, "epochs": 10_000},
    "settings without an input": {"momentum": 0.3, "lr_warmup": 0.5, "accelerator": "auto"},
    "a teacher that is nowhere": {"teacher": "/nowhere/at/all/best"},
    "a data set that is nowhere": {"dataset": "somebody-elses", "data_folder": "/tmp/x", "image_size": 9},
    "an image folder": {"dataset": "folder", "data_folder": "/tmp/pets", "image_size": 100},
    "an unusual precision": {"precision": "bf16-true", "threads": 7},
    "a student off the ladder": {"student": "resnet32-w3"},
    "labels alone at the end": {"phases": phases(pool="labelled", terms={"ce": 1.0})},
    "labels alone, otherwise weighed": {"phases": phases(pool="labelled", terms={"ce": 0.5, "kd": 0.1})},
    "chosen classes at the end": {"phases": phases(pool="classes", classes=[7, 3])},
    "a learning-rate scale": {"phases": phases(lr_scale=0.01)},
    "one phase": {"phases": [{"name": "train", "share": 1.0, "terms": {"kd": 2.0}}]},
    "four phases": {"phases": [{"name": name, "share": 0.25} for name in ("a", "b", "c", "d")]},
    "a warm-up on everything": {"phases": [{"name": "warm-up", "share": 0.2}, *phases()[1:]]},
    "hardly any easy images": {"phases": [phases()[0] | {"easiest": 0.004}, *phases()[1:]]},
    "a curriculum": {"phases": [phases()[0] | {"pool": "curriculum", "ease": "student-loss"}, *phases()[1:]]},
    "a distil phase of easy images": {"phases": [phases()[0], phases()[1] | {"pool": "easiest"}, phases()[2]]},
    "ramps": {"phases": [phases()[0], phases()[1] | {"temperature": [8, 2], "alpha": [0.3, 1]}, phases()[2]]},
    "a ramp that stays": {"phases": phases(temperature=[4, 4])},
    "methods": {"terms": ["at", "hint"], "gradient_shares": True},
    "a method by hand": {"terms": [{"loss": "at", "weight": 7, "layers": [["stem", "stem"], ["stage1", "stage2"]]}]},
    "a method in a phase": {"terms": [{"loss": "crd", "phases": ["distil"], "warmup": 0.3, "layers": "depth"}]},
    "a method's own settings": {"terms": [{"loss": "dkd", "options": {"beta": 2.0}}, {"loss": "sp", "weight": 0.1}]},
    "alpha's terms weighed anew": {"terms": [{"loss": "kd", "weight": 3}, {"loss": "at"}, {"loss": "ce", "weight": 1}]},
    "methods in phases of one's own": {
        "terms": ["at"],
        "phases": [{"name": "a", "share": 0.5, "terms": {"at": 5.0}}, {"name": "b", "share": 0.5}],
    },
    "a batch in pieces": {"micro_batch": 16},
    "texts by the student, to less than a percent": {"on_policy": 0.123},
    "layers of the teacher": {"begin_from": "teacher", "begin_layers": [3, 1, 1]},
    "layers of another model": {"begin_from": "/nowhere/best", "begin_layers": "uniform"},
    "layers of another model, without a teacher": {"teacher": None, "begin_from": "big", "begin_layers": [2]},
    "no teacher": {"teacher": None, "label_budget": None, "baseline": False},
    "no teacher and classes": {"teacher": None, "phases": phases(pool="classes", classes=[1])},
}


@pytest.mark.parametrize("option", [{"beta": "much"}, {"beta": True}])
def test_a_hand_written_option_of_another_kind_shows_the_default_and_stays(option: dict[str, Any]) -> None:
    config = presets.load("quickstart").changed({"terms": [{"loss": "dkd", "options": option}]})
    assert values_of(config)["option_dkd_beta"] == 8.0
    assert config_of(values_of(config), config) == config


@pytest.mark.parametrize("case", ODD)
def test_an_odd_run_comes_back_as_it_was(case: str) -> None:
    config = presets.load("quickstart").changed({"seed": 2**31 - 1, "batch_size": 65_536, **ODD[case]})
    assert config_of(values_of(config), config) == config


@pytest.mark.parametrize("preset", presets.names())
def test_a_preset_comes_back_as_it_was(preset: str) -> None:
    config = presets.load(preset)
    assert config_of(values_of(config), config) == config


@pytest.mark.parametrize("case", ODD)
def test_moving_one_input_changes_that_alone(case: str) -> None:
    config = presets.load("quickstart").changed(ODD[case])
    assert config_of(values_of(config) | {"seed": 5}, config) == config.changed({"seed": 5})


@pytest.mark.parametrize(
    ("case", "plan"),
    [
        ("numbers an input rounds", USUAL),
        ("labels alone at the end", USUAL),
        ("chosen classes at the end", USUAL),
        ("a learning-rate scale", USUAL),
        ("labels alone, otherwise weighed", OWN),
        ("one phase", OWN),
        ("four phases", OWN),
        ("a warm-up on everything", USUAL),
        ("a curriculum", USUAL),
        ("ramps", USUAL),
        ("a distil phase of easy images", OWN),
        ("methods in phases of one's own", OWN),
    ],
)
def test_phases_that_the_inputs_cannot_say_are_the_runs_own(case: str, plan: str) -> None:
    assert values_of(presets.load("quickstart").changed(ODD[case]))["plan"] == plan


def test_a_phase_goes_from_one_temperature_to_another() -> None:
    config = presets.load("quickstart")
    ramp = {"temperature_own_1": True, "temperature_from_1": 8.0, "temperature_to_1": 2.0}
    constant = {"alpha_own_2": True, "alpha_from_2": 0.5, "alpha_to_2": 0.5}
    changed = config_of(values_of(config) | ramp | constant, config)
    assert [phase.temperature for phase in changed.phases] == [None, (8.0, 2.0), None]
    assert [phase.alpha for phase in changed.phases] == [None, None, 0.5]
    assert config_of(values_of(changed) | {"temperature_own_1": False, "alpha_own_2": False}, changed) == config


def test_a_phase_takes_steps_of_a_size_of_its_own() -> None:
    config = presets.load("quickstart")
    changed = config_of(values_of(config) | {"lr_scale_0": 0.1, "lr_scale_2": 1.0}, config)
    assert [phase.lr_scale for phase in changed.phases] == [0.1, 1.0, 1.0]
    assert config_of(values_of(changed) | {"lr_scale_0": 1.0, "lr_scale_2": 0.5}, changed) == config
    with pytest.raises(ConfigError, match=r"phases\.0\.lr_scale: got 11"):
        config_of(values_of(config) | {"lr_scale_0": 11.0}, config)


def test_every_method_can_be_chosen_with_its_published_weight() -> None:
    config = presets.load("quickstart")
    for name in METHODS:
        (term,) = config_of(values_of(config) | {f"use_{name}": True}, config).terms
        assert (term.loss, term.weight, term.layers, term.phases) == (name, None, "auto", ())


def test_what_is_moved_of_a_method_is_all_that_changes() -> None:
    config = presets.load("quickstart").changed(ODD["a method in a phase"])
    (term,) = config_of(values_of(config) | {"weight_crd": 2.0}, config).terms
    assert (term.weight, term.phases, term.warmup, term.layers) == (2.0, ("distil",), 0.3, "depth")
    by_hand = {"layers_crd": BY_HAND, "pairs_crd": [("a", "b")], "on_crd": []}
    (term,) = config_of(values_of(config) | by_hand, config).terms
    assert (term.layers, term.phases) == ((("a", "b"),), ())
    assert config_of(values_of(config) | {"use_crd": False}, config).terms == ()


def test_the_order_of_methods_stays_and_new_ones_follow() -> None:
    config = presets.load("quickstart").changed({"terms": ["sp", "hint"]})
    assert [t.loss for t in config_of(values_of(config) | {"use_at": True}, config).terms] == ["sp", "hint", "at"]


def test_without_a_teacher_there_are_no_methods() -> None:
    config = presets.load("quickstart").changed(ODD["alpha's terms weighed anew"])
    taken = config_of(values_of(config) | {"teacher": NO_TEACHER}, config)
    assert [term.loss for term in taken.terms] == ["ce"]


def test_a_method_forgets_phases_that_are_no_more() -> None:
    own = {"terms": [{"loss": "at", "phases": ["a"]}], "phases": [{"name": "a", "share": 1.0}]}
    config = presets.load("quickstart").changed(own)
    assert config_of(values_of(config) | {"plan": USUAL}, config).terms[0].phases == ()


def test_the_usual_phases_take_the_place_of_the_runs_own_when_asked() -> None:
    config = presets.load("quickstart").changed(ODD["four phases"])
    assert config_of(values_of(config) | {"plan": USUAL}, config).phases == DEFAULT_PHASES


@pytest.mark.parametrize(("ending", "pool"), [(KEEP, "all"), (LABELS, "labelled"), (CLASSES, "classes")])
def test_the_ending_goes_both_ways(ending: str, pool: str) -> None:
    config = presets.load("quickstart")
    changed = config_of(values_of(config) | {"fine_tune": ending, "classes": [4, 2]}, config)
    assert changed.phases[-1].pool == pool
    if ending != KEEP:
        assert values_of(changed)["fine_tune"] == ending
    assert values_of(changed)["classes"] == ([4, 2] if ending == CLASSES else [])


def test_without_a_teacher_the_warm_up_draws_from_everything() -> None:
    config = presets.load("quickstart")
    taken = config_of(values_of(config) | {"teacher": NO_TEACHER, "fine_tune": LABELS}, config)
    assert taken.teacher is None
    assert [(phase.pool, phase.terms) for phase in taken.phases] == [("all", None)] * 3


def test_a_folder_belongs_to_image_folders_alone() -> None:
    config = presets.load("quickstart").changed(ODD["an image folder"])
    assert config_of(values_of(config) | {"dataset": "digits"}, config).data_folder is None
    assert config_of(values_of(config) | {"data_folder": "/tmp/cats"}, config).data_folder == "/tmp/cats"


def test_a_budget_is_asked_for_only_where_it_counts() -> None:
    config = presets.load("quickstart").changed({"label_budget": None})
    assert config_of(values_of(config) | {"budget": 77}, config).label_budget is None
    assert config_of(values_of(config) | {"budgeted": SOME, "budget": 77}, config).label_budget == 77


def test_what_a_configuration_does_not_take_is_refused() -> None:
    config = DistillConfig()
    with pytest.raises(ConfigError, match="learning_rate"):
        config_of(values_of(config) | {"learning_rate": 0.0}, config)


def test_the_first_layers_go_both_ways_and_a_list_is_read_with_commas_or_without() -> None:
    config = presets.load("language-quick")
    taken = config_of(values_of(config) | {"begin_from": "teacher", "begin_layers": "first-last"}, config)
    assert taken == config.changed({"begin_from": "teacher", "begin_layers": "first-last"})
    for text in ("1, 4", "1 4", " 1,4 "):
        by_number = {"begin_from": "teacher", "begin_layers": BY_HAND, "begin_blocks": text}
        assert config_of(values_of(config) | by_number, config).begin_layers == (1, 4)
    back = config_of(values_of(taken) | {"begin_from": RANDOM}, taken)
    assert back.begin_from is None
    with pytest.raises(ConfigError, match="begin_layers: got 'one'"):
        config_of(values_of(config) | {"begin_layers": BY_HAND, "begin_blocks": "one"}, config)


def test_without_a_teacher_there_are_no_layers_of_it() -> None:
    config = presets.load("language-quick").changed({"begin_from": "teacher"})
    assert config_of(values_of(config) | {"teacher": NO_TEACHER}, config).begin_from is None
    named = config.changed({"begin_from": "big"})
    assert config_of(values_of(named) | {"teacher": NO_TEACHER}, named).begin_from == "big"


def test_blanks_around_a_typed_name_are_no_part_of_it() -> None:
    config = presets.load("quickstart")
    typed = {"student": " resnet8-w4 ", "teacher": " my-teacher\t"}
    found = config_of(values_of(config) | typed, config)
    assert (found.student, found.teacher) == ("resnet8-w4", "my-teacher")
