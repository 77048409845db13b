"""The loss of a step as named terms: `{term: scalar}`, each logged raw and weighted."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from distill_core.config import DistillConfig, Phase
from distill_core.losses.soft_labels import label_loss, soft_label_loss


@dataclass(frozen=True)
class StepInputs:
    """What a loss may look at: logits `[N, C]`, labels `[N]`, labelled `[N]` bool, the teacher's logits `[N, C]`."""

    logits: Tensor
    labels: Tensor
    labelled: Tensor
    teacher_logits: Tensor | None


def term_weights(config: DistillConfig, phase: Phase) -> dict[str, float]:
    """The loss terms of a phase and their weights; a term of weight 0 is left out.

    `alpha` weights the teacher's term and `1 - alpha` the labels'. A run without a teacher has the labels' alone.
    """
    if phase.terms is not None:
        weights = phase.terms
    elif config.teacher is None:
        weights = {"ce": 1.0}
    else:
        weights = {"kd": config.objective.alpha, "ce": 1 - config.objective.alpha}
    return {term: weight for term, weight in weights.items() if weight}


def raw_terms(weights: dict[str, float], inputs: StepInputs, temperature: float) -> dict[str, Tensor]:
    """The unweighted scalar of each term that has a weight."""
    terms: dict[str, Tensor] = {}
    if "kd" in weights:
        assert inputs.teacher_logits is not None
        terms["kd"] = soft_label_loss(inputs.logits, inputs.teacher_logits, temperature)
    if "ce" in weights:
        terms["ce"] = label_loss(inputs.logits, inputs.labels, inputs.labelled)
    return terms


def weighted_sum(weights: dict[str, float], terms: dict[str, Tensor]) -> Tensor:
    """The scalar that is differentiated."""
    return torch.stack([weights[term] * value for term, value in terms.items()]).sum()
