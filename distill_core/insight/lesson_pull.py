"""How hard the teacher's answers and the labels each pull at one batch's logits: what alpha and T^2 balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from distill_core.insight.lesson_answers import Floats
from distill_core.softening import softened


@dataclass(frozen=True)
class Pull:
    """Norms of both weighted gradients on the logits of a batch."""

    teacher: float
    labels: float

    @property
    def share(self) -> float:
        """The teacher's, of both norms; 0 where nothing pulls."""
        both = self.teacher + self.labels
        return self.teacher / both if both else 0.0


def teacher_gradient(student: Floats, teacher: Floats, temperature: float, *, squared: bool) -> Floats:
    """Gradient `[B, C]` of `KL(teacher || student)` softened by T, averaged over the batch, on the student's logits.

    `(softmax(student / T) - softmax(teacher / T)) / (T B)`, times T^2 if `squared` (Hinton et al. 2015, eq. 2 to 4).

    Args:
        student: logits `[B, C]`.
        teacher: the same.
        temperature: T > 0.
        squared: whether the loss is multiplied by T^2.
    """
    apart = softened(student, temperature) - softened(teacher, temperature)
    factor = temperature**2 if squared else 1.0
    gradient: Floats = factor * apart / (temperature * len(student))
    return gradient


def label_gradient(student: Floats, labels: npt.NDArray[np.integer], labelled: npt.NDArray[np.bool_]) -> Floats:
    """Gradient `[B, C]` of the cross-entropy, averaged over the labelled inputs, on the student's logits.

    Args:
        student: logits `[B, C]`.
        labels: `[B]` classes.
        labelled: `[B]`, which of them the student may see; 0 everywhere if none.
    """
    gradient = softened(student, 1.0)
    gradient[np.arange(len(labels)), labels] -= 1.0
    seen: Floats = np.where(labelled[:, None], gradient, 0.0) / max(int(labelled.sum()), 1)
    return seen


def pull(
    student: Floats,
    teacher: Floats,
    labels: npt.NDArray[np.integer],
    labelled: npt.NDArray[np.bool_],
    *,
    temperature: float,
    alpha: float,
    squared: bool = True,
) -> Pull:
    """Both parts of the loss's gradient on a batch: alpha times the teacher's, 1 - alpha times the labels'."""
    soft = teacher_gradient(student, teacher, temperature, squared=squared)
    hard = label_gradient(student, labels, labelled)
    return Pull(alpha * float(np.linalg.norm(soft)), (1 - alpha) * float(np.linalg.norm(hard)))
