"""The table of damage in a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.events import Beginning, ModelFacts, Started
from distill_core.runs.records import RunEvent
from distill_core.terminal.layers import described
from distill_core.terminal.watching import Watch
from distill_core.train import damage as measuring

ROW = {"parameters": 5, "accuracy": 0.5, "loss": 1.0, "metrics": {"reasoning": 0.25}, "agreement": 0.5}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DistillConfig]:
    """The configurations that were to be measured."""
    configs: list[DistillConfig] = []

    def measure(config: DistillConfig, _home: Any) -> measuring.Damage:
        configs.append(config)
        rows = [
            ("whole", (1, 2, 3, 4), 0.0),
            ("influence", (1, 2), 0.6),
            ("uniform", (1, 4), 4.0),
            ("random", (), 15.0),
        ]
        worths = tuple(measuring.Worth(choice=choice, blocks=blocks, kl=kl, **ROW) for choice, blocks, kl in rows)
        return measuring.Damage("gpt-skills", config.student, "skills", 500, (0.8, 0.3, 0.2, 0.1), worths)

    monkeypatch.setattr("distill_core.terminal.layers.damage", measure)
    return configs


def test_a_teacher_and_a_number_of_blocks_are_enough(command: Callable[..., Any], asked: list[DistillConfig]) -> None:
    answer = command("layers", "--teacher", "gpt-skills", "--blocks", 2)
    assert answer.code == 0
    assert (asked[0].student, asked[0].teacher, asked[0].begin_from) == ("gpt-2x160", "gpt-skills", "teacher")
    lines = answer.out.splitlines()
    assert lines[0].split() == ["Begins", "with", "Blocks", "KL", "Reasoning", "Loss"]
    assert any(line.split() == ["most", "influential", "1,", "2", "0.600", "25.0%", "1.000"] for line in lines)
    assert any(line.split()[:3] == ["block2", "0.300", "most"] for line in lines)
    assert lines[-1] == "Begin so: --set student=gpt-2x160 --set begin_from=gpt-skills --set begin_layers=influence"


def test_machines_get_everything(command: Callable[..., Any], asked: list[DistillConfig]) -> None:
    answer = command("layers", "--preset", "language-quick", "--set", "student=gpt-2x160", "--json")
    assert answer.last["status"] == "finished"
    assert answer.last["influence"] == [0.8, 0.3, 0.2, 0.1]
    assert [row["choice"] for row in answer.last["rows"]] == ["whole", "influence", "uniform", "random"]
    assert answer.last["rows"][1]["blocks"] == [1, 2]


def test_settings_decide_the_rest() -> None:
    config = described(None, ["begin_layers=2,4", "seed=3", "student=gpt-2x160"], None, None)
    assert (config.begin_layers, config.seed, config.student) == ((2, 4), 3, "gpt-2x160")
    named = described("language-quick", ["begin_from=gpt-skills"], None, 3)
    assert (named.begin_from, named.student) == ("gpt-skills", "gpt-3x160")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "the student's width is 128 and the teacher's 160"),
        (["--teacher", "gpt-skills", "--blocks", "5"], "the student has 5 blocks and the model it begins with 4"),
        (["--teacher", "gpt-nobody"], "'gpt-nobody' is not known"),
        (["--preset", "quickstart"], "only language models can begin with another model's layers"),
        (["--preset", "quickstart", "--blocks", "2"], "only language models can begin with another model's layers"),
        (["--set", "teacher=none"], "begin_from: got 'teacher', but teacher is null"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(
    command: Callable[..., Any], arguments: list[str], sentence: str
) -> None:
    answer = command("layers", *arguments)
    assert answer.code == 2
    assert sentence in answer.err


def test_a_run_says_what_it_began_with_as_it_passes() -> None:
    watch = Watch("run", DistillConfig(task="language"))
    model = ModelFacts("gpt-2x160", 600_000)
    started = Started(
        model, model, "skills", ("a",), 9, 9, 20, 10, (), "cpu", "32-true", 1, "contiguous",
        beginning=Beginning("gpt-skills", (1, 2), (0.8, 0.3)),
    )  # fmt: skip
    said = [line.text for line in watch.see(RunEvent("run", 1, 0.0, started))]
    assert said[1].startswith("The student began with block1 and block2 of gpt-skills")
