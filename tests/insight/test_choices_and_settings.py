"""Teachers that fit, and settings compared."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from distill_core.cards import ModelCard
from distill_core.config import DEFAULT_PHASES, DistillConfig, read_setting
from distill_core.insight.choices import family, teachers_for
from distill_core.insight.settings import differences, fits_a_line, terminal_command
from distill_core.presets import load


def model(folder: Path, dataset: str, parameters: int = 1000) -> Path:
    card = ModelCard(
        task="vision",
        architecture="resnet8-w8",
        classes=("0", "1"),
        input_shape=(1, 8, 8),
        mean=(0.5,),
        std=(0.5,),
        dataset=dataset,
        parameters=parameters,
        accuracy_on=f"300 test images of {dataset}",
    )
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(card.model_dump_json())
    return folder


def test_a_teacher_of_the_rest_fits_the_mini_set() -> None:
    assert family("fashion-mnist-rest") == family("fashion-mnist-mini") == "fashion-mnist"
    assert family("mnist") != family("fashion-mnist")


def test_only_teachers_of_the_data_set_are_offered_the_projects_first_and_the_largest_first(tmp_path: Path) -> None:
    embedded = {
        "small": model(tmp_path / "small", "digits", 10),
        "large": model(tmp_path / "large", "digits", 20),
        "other": model(tmp_path / "other", "cifar10"),
    }
    own = [("mine", model(tmp_path / "runs/x/best", "digits", 30)), ("broken", tmp_path / "nothing")]
    found = teachers_for("digits", embedded, own)
    assert [choice.title for choice in found] == ["large", "small", "mine"]
    assert {(choice.dataset, choice.accuracy_on) for choice in found} == {("digits", "300 test images of digits")}
    assert found[2].reference == str(tmp_path / "runs/x/best")


def test_only_settings_that_differ_are_listed_and_a_label_for_people_is_none() -> None:
    first, second = DistillConfig(name="a"), DistillConfig(name="b", seed=3)
    assert differences([first, second]) == {"seed": [0, 3]}
    assert differences([]) == {}


def labels_at_the_end() -> list[dict[str, object]]:
    phases = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
    phases[-1] |= {"pool": "labelled", "terms": {"ce": 1.0}}
    return phases


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 2.0, "alpha": 0.5},
        {"label_budget": None, "teacher": None},
        {"phases": [0.1, 0.7, 0.2]},
        {"phases": labels_at_the_end()},
        {"terms": ["at", "hint"]},
        {"terms": [{"loss": "at", "weight": 3.0}]},
        {"teacher": "/some folder/best", "flip": False, "threads": None},
    ],
)
def test_the_command_for_the_terminal_describes_the_very_same_run(settings: dict[str, object]) -> None:
    preset = load("quickstart")
    config = preset.changed(settings)
    words = shlex.split(terminal_command(config, preset, "quickstart"))
    assert words[:6] == ["python", "-m", "distill_core", "run", "--preset", "quickstart"]
    typed = dict(read_setting(text) for flag, text in zip(words[6::2], words[7::2], strict=True) if flag == "--set")
    assert preset.changed(typed).fingerprint() == config.fingerprint()


def test_three_lengths_are_written_as_three_numbers() -> None:
    preset = load("quickstart")
    assert "--set phases=0.1,0.7,0.2" in terminal_command(
        preset.changed({"phases": [0.1, 0.7, 0.2]}), preset, "quickstart"
    )
    assert (
        json.dumps(labels_at_the_end())
        in shlex.split(terminal_command(preset.changed({"phases": labels_at_the_end()}), preset, "quickstart"))[7]
    )


@pytest.mark.parametrize(
    ("settings", "fits"),
    [
        ({}, True),
        ({"temperature": 2.0, "label_budget": None, "phases": [0.1, 0.7, 0.2]}, True),
        ({"terms": ["at", "hint"]}, True),
        ({"terms": [{"loss": "at", "weight": 3.0}]}, False),
        ({"phases": labels_at_the_end()}, False),
    ],
)
def test_what_is_inside_phases_or_terms_does_not_fit_a_line(settings: dict[str, object], fits: bool) -> None:
    preset = load("quickstart")
    assert fits_a_line(preset.changed(settings), preset) is fits


def test_methods_by_name_are_written_as_names() -> None:
    preset = load("quickstart")
    assert """--set 'terms=["at", "hint"]'""" in terminal_command(
        preset.changed({"terms": ["at", "hint"]}), preset, "x"
    )
