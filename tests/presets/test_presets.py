import pytest

from distill_core import presets
from distill_core.errors import ConfigError


@pytest.mark.parametrize("name", presets.names())
def test_every_preset_is_a_valid_configuration_under_its_own_name(name: str) -> None:
    assert presets.load(name).name == name


def test_quickstart_compares_with_a_baseline_on_few_labels() -> None:
    config = presets.load("quickstart")
    assert config.baseline
    assert config.label_budget == 400
    assert config.teacher is not None


def test_an_unknown_preset_is_guessed_at() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'quickstart'"):
        presets.load("quickstrat")
