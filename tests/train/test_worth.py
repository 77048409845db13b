"""Whether a teacher has anything to teach."""

from __future__ import annotations

import math

import pytest
import torch

from distill_core.task import Score
from distill_core.train.worth import of_little_use

NOBODY = torch.zeros(4, dtype=torch.int64)


@pytest.mark.parametrize(("accuracy", "told"), [(0.51, False), (0.5, True), (0.1, True)])
def test_a_classifier_is_of_use_if_it_beats_the_commonest_label(accuracy: float, told: bool) -> None:
    labels = torch.tensor([0, 0, 1, 2])
    assert bool(of_little_use(Score(accuracy, 9.0, NOBODY), labels, 3)) is told


@pytest.mark.parametrize(("loss", "told"), [(math.log(100) - 0.01, False), (math.log(100) + 0.01, True)])
def test_a_language_model_is_of_use_if_it_foretells_better_than_chance(loss: float, told: bool) -> None:
    labels = torch.zeros(4, 7, dtype=torch.int64)
    assert bool(of_little_use(Score(0.0, loss, NOBODY), labels, 100)) is told


def test_the_warning_says_the_figures_and_what_to_do() -> None:
    said = of_little_use(Score(0.2, 2.0, NOBODY), torch.tensor([0, 0, 1, 2]), 3)
    assert "right on 20.0% of validation" in said
    assert "(50.0%)" in said
    assert "Choose another teacher" in said
