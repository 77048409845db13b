"""The teacher's choice as a label: what is left of soft labels when how sure it is of the others is thrown away."""

from __future__ import annotations

from functools import partial

from torch import Tensor
from torch.nn import functional

from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.rows import mean_over_rows
from distill_core.losses.shapes import check_same_shape, check_temperature


def hard_label_loss(student_logits: Tensor, teacher_logits: Tensor, temperature: float = 1.0) -> Tensor:
    """`T^2 * cross-entropy(student / T, the teacher's likeliest class)`, averaged over the batch.

    At T 1 this is hard-label distillation (Touvron et al. 2021, 2012.12877, eq. 3). For a text that the teacher wrote
    greedily, its likeliest token is the one it wrote: Kim & Rush 2016, "Sequence-Level Knowledge Distillation"
    (1606.07947), section 3.2, with one answer a prompt. Above T 1 the student is softened and the gradient scaled as in
    soft labels, so that comparing both tells what the teacher's other choices are worth. That is ours, of no paper.

    It is 0 only for a student that is certain; one equal to its teacher reads the surprise at the teacher's choice.

    Args:
        student_logits: `[N, C]`.
        teacher_logits: `[N, C]`, without gradient; of equal ones one counts.
        temperature: T > 0, of the student's answer.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ or the temperature is not positive.
    """
    check_same_shape(student_logits, teacher_logits)
    return choice_loss(student_logits, teacher_logits.argmax(dim=1), temperature)


def choice_loss(student_logits: Tensor, choices: Tensor, temperature: float = 1.0) -> Tensor:
    """`hard_label_loss` where the teacher's likeliest classes `[N]` are all that is known of its answers.

    Raises:
        ValueError: if the temperature is not positive.
    """
    check_temperature(temperature)
    return mean_over_rows(partial(_surprise, temperature=temperature), student_logits, choices)


def _surprise(student_logits: Tensor, choices: Tensor, temperature: float) -> Tensor:
    """`choice_loss` of rows that are worked through at once."""
    return functional.cross_entropy(student_logits / temperature, choices) * temperature**2


class HardLabels(Term):
    """`hard_label_loss` on every sample; softened, at the step's temperature, else at 1."""

    def __init__(self, site: Site, softened: bool) -> None:
        super().__init__(site)
        self._softened = softened

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's logits against the teacher's choice."""
        return choice_loss(lesson.logits, lesson.first_choice, lesson.temperature if self._softened else 1.0)
