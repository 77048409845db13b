import pytest

from distill_core import presets
from distill_core.errors import ConfigError
from distill_core.presets.about import ABOUT


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_valid_configuration_under_its_own_name(name: str) -> None:
    assert presets.load(name).name == name


def test_every_preset_that_teaches_a_student_is_put_into_words() -> None:
    of_teachers = {name for name in presets.names() if name.partition("-")[0] == "teacher"}
    assert set(ABOUT) == set(presets.names()) - of_teachers
    assert all(presets.load(name).teacher is not None and presets.load(name).baseline for name in ABOUT)
    assert len({about.title for about in ABOUT.values()}) == len(ABOUT)


def test_quickstart_compares_with_a_baseline_on_few_labels() -> None:
    config = presets.load("quickstart")
    assert config.baseline
    assert config.label_budget == 400
    assert config.teacher is not None


def test_an_unknown_preset_is_guessed_at() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'quickstart'"):
        presets.load("quickstrat")
