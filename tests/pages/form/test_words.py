"""The engine's sentences as the page says them."""

from __future__ import annotations

import pytest

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from pages.components.form.words import of_failure, of_layers, on_screen


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"epochs": 0}, "Epochs: got 0; it must be at least 1"),
        ({"learning_rate": 101.0}, "Learning rate: got 101; it must be at most 100"),
        ({"phases": [{"name": "a", "share": 1.0, "alpha": 2}]}, "Alpha (phase 1): got 2; alpha is from 0 to 1, or a"),
        ({"terms": [{"loss": "at", "weight": -1}]}, "Weight of a method: got -1; it must be at least 0"),
        ({"phases": [0.5, 0.1, 0.1]}, "Phases: the shares 0.5 + 0.1 + 0.1 sum to 0.7"),
    ],
)
def test_a_setting_is_called_as_on_the_screen(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        DistillConfig().changed(settings)
    assert on_screen(str(refused.value)).startswith(said)


def test_a_methods_setting_is_told_by_the_methods_name() -> None:
    with pytest.raises(ConfigError) as refused:
        DistillConfig().changed({"terms": ["hint", {"loss": "at", "weight": -1.0}]})
    assert (
        on_screen(str(refused.value), ["hint", "at"]) == "Weight of “Attention transfer”: got -1; it must be at least 0"
    )
    assert on_screen(str(refused.value), ["hint", "gone"]).startswith("Weight of a method: got -1;")


@pytest.mark.parametrize("sentence", ["Anything at all", "moment: got -1", "Cannot list /a: b (denied)"])
def test_what_has_no_name_on_the_screen_stays_as_it_is(sentence: str) -> None:
    assert on_screen(sentence) == sentence


def test_a_refused_layer_map_names_methods_and_ways_as_on_the_screen() -> None:
    sentence = "Hint (FitNets): layer map: no layers of equal shape; use 'auto', or 'at'"
    assert of_layers(sentence, "Hint (FitNets)") == "No layers of equal shape; use “Suggested”, or “Attention transfer”"


def test_why_a_run_failed_names_losses_and_settings_as_on_the_screen() -> None:
    sentence = "The loss is no longer a number at step 13 (phase 'warm-up'; kd nan, ce 0.2). Set clip_norm to 1."
    assert of_failure(sentence) == (
        "The loss is no longer a number at step 13 (phase 'warm-up'; Soft labels nan, Labels 0.2). "
        "Set “Gradient clipping” to 1."
    )
