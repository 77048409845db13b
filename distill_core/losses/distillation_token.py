"""The distillation token: Touvron et al. 2021, "Training data-efficient image transformers" (2012.12877)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.shapes import check_same_shape
from distill_core.losses.soft_labels import soft_label_loss

LAYER = "distilled_classifier"


def hard_distillation_loss(student_logits: Tensor, teacher_logits: Tensor) -> Tensor:
    """Cross-entropy with the teacher's answer as the label (the second half of eq. 3), averaged over the batch.

    It needs no label and no temperature. Its minimum, 0, is only neared: even a student equal to its teacher pays for
    what the teacher was unsure of.

    Args:
        student_logits: `[N, C]`, of the distillation token.
        teacher_logits: `[N, C]`.

    Returns:
        A scalar in nats.

    Raises:
        ValueError: if the shapes differ.
    """
    check_same_shape(student_logits, teacher_logits)
    return functional.cross_entropy(student_logits, teacher_logits.argmax(dim=1))


class DistillationToken(Term):
    """The student's distillation token learns the teacher's answer, while its class token learns the labels.

    Eq. 3 weighs both by one half. With `hard` off it is the soft loss of eq. 2, at the step's temperature. The trap is
    to teach the class token with it, or to deploy the class token alone: the paper adds both tokens' answers.
    """

    extra_student_layers = (LAYER,)

    def __init__(self, site: Site, hard: bool = True) -> None:
        super().__init__(site)
        self.hard = hard

    def forward(self, lesson: Lesson) -> Tensor:
        """The loss of the token's answers.

        Raises:
            ConfigError: if the student has no distillation token.
        """
        if LAYER not in lesson.student_layers:
            raise ConfigError(
                f"deit: the student has no layer {LAYER!r}, so no distillation token; choose a student with one, "
                "or use 'kd'."
            )
        answer, taught = lesson.student_layers[LAYER], lesson.taught.detach()
        return (
            hard_distillation_loss(answer, taught) if self.hard else soft_label_loss(answer, taught, lesson.temperature)
        )
