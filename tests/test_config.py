import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core import presets
from distill_core.config import DEFAULT_PHASES, DistillConfig, read_setting, settings_by_name
from distill_core.config.names import leaf_path
from distill_core.errors import ConfigError

PINNED = "13a14b9d0ca7c1f5"


@given(
    temperature=st.floats(0.1, 100),
    alpha=st.floats(0, 1),
    seed=st.integers(0, 2**31 - 1),
    budget=st.none() | st.integers(1, 10**6),
    first=st.integers(0, 10),
    second=st.integers(0, 10),
)
def test_json_and_back_is_the_same(
    temperature: float, alpha: float, seed: int, budget: int | None, first: int, second: int
) -> None:
    total = first + second + 1
    shares = [first / total, second / total, 1 / total]
    config = DistillConfig.parse(
        {
            "objective": {"temperature": temperature, "alpha": alpha},
            "seed": seed,
            "label_budget": budget,
            "phases": shares,
        }
    )
    again = DistillConfig.parse(json.loads(config.to_json()))
    assert again == config
    assert again.fingerprint() == config.fingerprint()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"objective": {"alpha": 1.5}}, r"objective.alpha: got 1.5; it must be less than or equal to 1 .*TEACHER"),
        ({"objective": {"temperature": 0}}, r"temperature: got 0; it must be greater than 0"),
        ({"objective": {"temperature": float("nan")}}, "finite"),
        ({"phases": [1, 0.5, 0.5]}, r"1 \+ 0.5 \+ 0.5 sum to 2; .* must sum to 1"),
        ({"phases": [0.5, 0.5]}, "got 2 lengths, but there are three phases"),
        ({"phases": []}, "phases: got none, but a training takes at least one"),
        ({"terms": {"at": True}}, "terms.0.weight: got true; it must be a number"),
        ({"epochs": True}, "training.epochs: got true; it must be a number"),
        ({"phases": [{"name": "a", "share": 0.5}, {"name": "a", "share": 0.5}]}, "a name of its own"),
        ({"phases": [{"name": "a", "share": 1, "pool": "classes"}]}, "none is chosen"),
        (
            {"phases": [{"name": "a", "share": 1, "terms": {"hint": 1}}]},
            "weighs 'hint', which is not among the run's terms",
        ),
        ({"phases": [{"name": "a", "share": 1, "terms": {"ce": 0}}]}, "at least one weight must be above 0"),
        ({"teacher": None, "phases": [{"name": "a", "share": 1, "terms": {"kd": 1}}]}, "but teacher is null"),
        ({"teacher": None, "on_policy": 0.5}, r"on_policy: got 0.5, but teacher is null and nobody judges"),
        (
            {"teacher": None, "begin_from": "teacher"},
            r"begin_from: got 'teacher', but teacher is null, so there are no",
        ),
        (
            {"begin_layers": "middle"},
            r"begin_layers: got 'middle'; it is 'influence', 'uniform', 'first-last', or a list",
        ),
        ({"teacher": "teacher", "begin_from": "teacher"}, r"begin_from: got 'teacher', .* itself called 'teacher'"),
        ({"begin_layers": []}, r"begin_layers: got \[\]; .* counted from 1"),
        ({"begin_layers": [0, 3]}, r"begin_layers: got \[0, 3\]; .* counted from 1"),
        ({"begin_layers": [True]}, r"begin_layers: got \[True\]"),
        ({"on_policy": 1.5}, r"training.on_policy: got 1.5; it must be less than or equal to 1 \(share of the steps"),
        ({"tempreature": 4}, "there is no such setting"),
        ({"training": {"epochs": 0}}, "epochs: got 0"),
        ({"student": 7}, "student: got 7"),
        ({"schema_version": 9}, "schema_version: got 9, but this version reads 1"),
        ("resnet", "a JSON object of settings; got 'resnet'"),
    ],
)
def test_each_wrong_setting_gets_a_sentence(data: object, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        DistillConfig.parse(data)


def test_several_wrong_settings_are_all_named() -> None:
    with pytest.raises(ConfigError) as caught:
        DistillConfig.parse({"objective": {"alpha": -1}, "training": {"epochs": 0}})
    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {"objective.alpha", "training.epochs"}


def test_three_lengths_stand_for_the_default_phases() -> None:
    config = DistillConfig.parse({"phases": [0.1, 0.8, 0.1]})
    assert [phase.share for phase in config.phases] == [0.1, 0.8, 0.1]
    assert [phase.pool for phase in config.phases] == [phase.pool for phase in DEFAULT_PHASES]


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("temperature=4", "temperature", 4),
        ("label_budget=all", "label_budget", None),
        ("phases=0.2,0.6,0.2", "phases", [0.2, 0.6, 0.2]),
        ("student=resnet8-w4", "student", "resnet8-w4"),
        ("flip=false", "flip", False),
        ("begin_layers=1,4", "begin_layers", [1, 4]),
        ("begin_from=none", "begin_from", None),
        ("data_folder=/some/a=b", "data_folder", "/some/a=b"),
    ],
)
def test_settings_are_read_from_the_terminal(text: str, name: str, value: object) -> None:
    assert read_setting(text) == (name, value)


def test_leaf_names_are_unique_and_reach_their_setting() -> None:
    config = DistillConfig().changed({"temperature": 7, "epochs": 3, "augmentation.flip": False, "seed": 4})
    assert (config.objective.temperature, config.training.epochs, config.augmentation.flip, config.seed) == (
        7,
        3,
        False,
        4,
    )
    assert leaf_path("batch_size", settings_by_name()) == ("training", "batch_size")
    assert len(set(settings_by_name().values())) == len(settings_by_name())


def test_an_unknown_setting_is_guessed_at() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'temperature'"):
        DistillConfig().changed({"temprature": 4})
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        read_setting("temperature")


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 9.0},
        {"alpha": 0.1},
        {"draws": 8},
        {"name": "x"},
        {"teacher": "resnet20-fashion"},
        {"on_policy": 0.5},
    ],
)
def test_what_only_a_teacher_decides_does_not_change_the_baseline(change: dict[str, object]) -> None:
    config = DistillConfig()
    assert config.changed(change).baseline_config().fingerprint() == config.baseline_config().fingerprint()


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"student": "resnet8-w4"}, {"label_budget": 100}, {"epochs": 2}, {"phases": [0.1, 0.6, 0.3]}],
)
def test_what_affects_a_student_alone_changes_its_baseline(change: dict[str, object]) -> None:
    config = DistillConfig()
    assert config.changed(change).baseline_config().fingerprint() != config.baseline_config().fingerprint()


def test_the_name_and_the_wish_for_a_baseline_change_no_fingerprint() -> None:
    assert DistillConfig(name="a", baseline=False).fingerprint() == DistillConfig(name="b").fingerprint()
    assert DistillConfig(seed=1).fingerprint() != DistillConfig().fingerprint()


@pytest.mark.parametrize("before", [{}, {"epochs": 3}], ids=["all else at its default", "something else"])
def test_a_wish_to_see_more_changes_no_fingerprint(before: dict[str, int]) -> None:
    config = DistillConfig().changed(before)
    assert config.changed({"gradient_shares": True}).fingerprint() == config.fingerprint()


def test_a_json_file_may_name_its_settings_by_leaf_by_path_or_in_their_parts() -> None:
    wanted = DistillConfig.parse({"objective": {"temperature": 2, "alpha": 0.5}, "training": {"epochs": 3}})
    assert DistillConfig.parse({"temperature": 2, "objective": {"alpha": 0.5}, "training.epochs": 3}) == wanted
    assert DistillConfig.parse({"temperature": 2, "alpha": 0.5, "epochs": 3, "training": {"epochs": 3}}) == wanted
    assert DistillConfig.parse({"optimiser": "adamw"}).optimiser.optimiser == "adamw"
    assert DistillConfig.parse({"optimiser": {"optimiser": "adamw"}}).optimiser.optimiser == "adamw"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"temperature": 2, "objective": {"temperature": 3}}, "objective.temperature: given twice, as temperature = 2"),
        ({"epochs": 2, "training.epochs": 3}, "training.epochs: given twice"),
        ({"temprature": 2}, "temprature: there is no such setting; did you mean 'temperature'"),
        (
            {"phases": [{"name": "a", "share": 1, "draws": 2}]},
            "phases.0.draws: there is no such setting; a phase takes",
        ),
        (
            {"phases": [{"name": "a", "share": 1, "terms": ["at"]}]},
            "phases.0.terms: got ['at']; it must be an object of settings (loss terms and weights",
        ),
        ({"terms": [{"loss": "at", "wait": 2}]}, "terms.0.wait: there is no such setting; a term takes loss, weight"),
        ({"objective": 3, "temperature": 2}, "objective: got 3; it must be an object of settings"),
        ({"epochs": "two"}, "training.epochs: got 'two'; it must be a whole number"),
        ({"phases": [{"name": "a"}]}, "phases.0.share: is missing"),
    ],
)
def test_a_json_file_that_contradicts_itself_or_the_settings_is_told_where(data: dict, sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        DistillConfig.parse(data)
    assert str(raised.value).startswith(sentence)


def test_a_changed_default_or_published_weight_asks_for_a_new_schema_version() -> None:
    """Settings at their defaults are left out of a fingerprint, so a default that changes would share runs wrongly."""
    from distill_core.losses.registry import LOSSES

    defaults = DistillConfig().model_dump(mode="json") | {
        "weights": {name: each.weight for name, each in LOSSES.items()}
    }
    digest = hashlib.sha256(json.dumps(defaults, sort_keys=True).encode()).hexdigest()[:16]
    assert digest == PINNED, "a new setting is added to the pin; a changed default needs a new SCHEMA_VERSION too"


@pytest.mark.parametrize(
    ("preset", "own", "baseline"),
    [
        ("quickstart", "ddb4c06b96bf996c", "13375a9f38129347"),
        ("language-quick", "7949726197ab9ba9", "86b528bca9ae2c44"),
        ("teacher-gpt", "390e74aa2b544a7f", "6b3335083027b23d"),
    ],
)
def test_runs_of_before_are_found_again_by_their_fingerprints(preset: str, own: str, baseline: str) -> None:
    config = presets.load(preset)
    assert (config.fingerprint(), config.baseline_config().fingerprint()) == (own, baseline)


def test_a_student_and_its_baseline_begin_with_the_same_layers() -> None:
    config = DistillConfig(teacher="big", begin_from="teacher", begin_layers=(1, 4))
    baseline = config.baseline_config()
    assert (baseline.begin_from, baseline.begin_layers, baseline.teacher) == ("big", (1, 4), None)
    assert DistillConfig.parse(json.loads(baseline.to_json())) == baseline
    assert baseline.begins_from == config.begins_from == "big"
    named = config.changed({"begin_from": "big"}).baseline_config()
    assert named.fingerprint() == baseline.fingerprint()


@pytest.mark.parametrize("change", [{"begin_from": None}, {"begin_from": "other"}, {"begin_layers": "uniform"}])
def test_baselines_of_other_beginnings_are_other_runs(change: dict[str, object]) -> None:
    config = DistillConfig(teacher="big", begin_from="teacher", begin_layers=(1, 4))
    assert config.changed(change).baseline_config().fingerprint() != config.baseline_config().fingerprint()
    assert config.changed(change).fingerprint() != config.fingerprint()


def test_a_choice_of_layers_changes_nothing_where_weights_are_random() -> None:
    config = DistillConfig(begin_layers="uniform")
    assert config.fingerprint() == DistillConfig().fingerprint()
    assert config.baseline_config().fingerprint() == DistillConfig().baseline_config().fingerprint()


def test_one_block_needs_no_list() -> None:
    assert DistillConfig.parse({"begin_layers": 3}).begin_layers == (3,)
    assert DistillConfig.parse({"begin_layers": [4, 1, 1]}).begin_layers == (4, 1, 1)
