import pytest

from distill_core import presets
from distill_core.errors import ConfigError
from distill_core.presets.about import ABOUT
from distill_core.train.moment import levels_of


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_valid_configuration_under_its_own_name(name: str) -> None:
    assert presets.load(name).name == name


def test_every_preset_that_teaches_a_student_is_put_into_words() -> None:
    of_teachers = {name for name in presets.names() if name.partition("-")[0] == "teacher"}
    assert set(ABOUT) == set(presets.names()) - of_teachers
    assert all(presets.load(name).teacher is not None and presets.load(name).baseline for name in ABOUT)
    assert len({about.title for about in ABOUT.values()}) == len(ABOUT)


@pytest.mark.parametrize(
    ("name", "phases"),
    [
        ("quickstart", [{"kd": 0.9, "ce": 0.1}] * 3),
        ("features", [{"kd": 0.9, "ce": 0.1, "at": 1000, "hint": 10}] * 3),
        ("hint-first", [{"hint": 100}, {"kd": 0.9, "ce": 0.1}, {"kd": 0.9, "ce": 0.1}]),
        ("attention", [{"ce": 1, "at": 1000}]),
        ("classifier", [{"simkd": 100}] * 3),
        ("two-architectures", [{"kd": 0.9, "ce": 0.1, "ofa": 1}] * 3),
        ("language-own-texts", [{"kd": 0.9, "ce": 0.1}] * 3),
    ],
)
def test_a_recipe_weighs_in_each_phase_what_its_words_say(name: str, phases: list[dict[str, float]]) -> None:
    config = presets.load(name)
    found = [levels_of(config, phase) for phase in config.phases]
    assert found == [pytest.approx(levels) for levels in phases]


def test_quickstart_compares_with_a_baseline_on_few_labels() -> None:
    config = presets.load("quickstart")
    assert config.baseline
    assert config.label_budget == 400
    assert config.teacher is not None


def test_an_unknown_preset_is_guessed_at() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'quickstart'"):
        presets.load("quickstrat")
