"""Contrastive (CRD): Tian, Krishnan & Isola 2020, "Contrastive Representation Distillation" (1910.10699)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site, Term
from distill_core.losses.shapes import pooled
from distill_core.mapping.pairs import width_of

UNKNOWN = -1
"""Class number of an image whose class no batch has told yet."""


def contrastive_scores(
    anchors: Tensor, positives: Tensor, negatives: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """Dot products over the temperature.

    Args:
        anchors: `[N, D]`, of length 1.
        positives: `[N, D]`, of length 1: the other side's view of the same image.
        negatives: `[K, D]`, of length 1: the other side's view of other images, shared by all anchors.
        temperature: tau > 0.

    Returns:
        Scores of the positives `[N]` and of the negatives `[N, K]`.
    """
    return (anchors * positives).sum(dim=1) / temperature, anchors @ negatives.T / temperature


def log_constant(positive: Tensor, negative: Tensor, usable: Tensor, images: int) -> Tensor:
    """Logarithm of Z in the estimate `p(view | anchor) = exp(score) / Z`: images times the mean of `exp(score)`.

    Args:
        positive: scores `[N]`.
        negative: scores `[N, K]`.
        usable: `[N, K]` bool, which negatives count.
        images: of the transfer set.

    Returns:
        A scalar.
    """
    scores = torch.cat([positive[:, None], negative.masked_fill(~usable, -math.inf)], dim=1)
    count = positive.shape[0] + usable.sum()
    return scores.flatten().logsumexp(dim=0) - count.log() + math.log(images)


def contrastive_loss(positive: Tensor, negative: Tensor, usable: Tensor, log_z: Tensor, images: int) -> Tensor:
    """Noise-contrastive estimation (section 3): the loss of telling the positive from K draws of noise.

    The critic is `h = p / (p + K / M)` with `p = exp(score) / Z` and M images, and the loss is
    `-log h(positive) - sum over negatives of log(1 - h(negative))`, averaged over the anchors. As `h` is the logistic
    function of `score - log Z - log(K / M)`, it is computed in logarithms and needs no epsilon.

    The sum over negatives is the paper's: the value is not that of a mean, and its least is above 0.

    Args:
        positive: scores `[N]`.
        negative: scores `[N, K]`.
        usable: `[N, K]` bool, which negatives count; each anchor has its own K then.
        log_z: log Z, without gradient.
        images: M, of the transfer set.

    Returns:
        A scalar in nats.
    """
    noise = usable.sum(dim=1).clamp(min=1).log() - math.log(images)
    shift = (log_z + noise).to(positive.dtype)
    # -log h(x) is softplus(-x), -log(1 - h(x)) is softplus(x), which is 0 at minus infinity, with its gradient.
    missed = functional.softplus(shift - positive)
    mistaken = functional.softplus((negative - shift[:, None]).masked_fill(~usable, -math.inf))
    return (missed + mistaken.sum(dim=1)).mean()


class Contrastive(Term):
    """Recognises, among many images, the one of which the other side shows its view; teacher and student in turn.

    Both sides are pooled, projected linearly to `dimensions` and brought to length 1; a memory on either side remembers
    the views of every image of the transfer set (2 * images * dimensions numbers), by the image's number. A step
    compares its batch with the memory as it was, then moves the images of the batch in it: `momentum` of the old, the
    rest of the new. The teacher's projection learns too, as in the paper. Where two things are only pulled together
    such a map collapses to a constant; here negatives push, and a constant cannot tell them apart.

    Negatives are drawn evenly from all images, without repetition; each anchor leaves out itself and those known to be
    of its class. Classes are learnt as batches pass (labels where they may be seen, else the teacher's answers), so
    until the first epoch's end some negatives are of the same class. This is ours, where labels are not all
    known; the paper knows all classes from the start. Also ours: all anchors of a batch share one draw, K of them in
    place of N * K, which leaves the loss's expectation and makes it one matrix product; and an anchor's K is the number
    of negatives left to it. K is at most the number of other images.

    Mixed images (mixup, cutmix) are views of no one image: they leave memory and classes as they are, and find the
    other side's view of the same mixture. If every batch is mixed, the memory stays the noise it began as.

    The constants Z are set by the first batch and kept (as in the authors' code). Everything that is remembered is
    in buffers. Draws depend on the seed and the number of steps alone, so a resumed run draws what it would have drawn.
    """

    student_memory: Tensor
    teacher_memory: Tensor
    classes: Tensor
    log_constants: Tensor
    steps: Tensor

    def __init__(
        self,
        site: Site,
        negatives: int = 16384,
        temperature: float = 0.07,
        momentum: float = 0.5,
        dimensions: int = 128,
    ) -> None:
        super().__init__(site)
        if len(site.pairs) != 1:
            raise ConfigError(
                f"crd: it takes one pair of layers, and got {len(site.pairs)}; pair the last features alone."
            )
        if site.images < 2:
            raise ConfigError(f"crd: it needs at least 2 images to tell apart, and got {site.images}.")
        if negatives < 1 or dimensions < 1:
            raise ConfigError(f"crd: negatives ({negatives}) and dimensions ({dimensions}) must be at least 1.")
        if not temperature > 0:
            raise ConfigError(f"crd: temperature must be above 0, got {temperature}. The paper takes 0.07 to 0.1.")
        if not 0 <= momentum < 1:
            raise ConfigError(f"crd: momentum must be at least 0 and below 1, got {momentum}. The paper takes 0.5.")
        self.negatives = min(negatives, site.images)
        self.temperature, self.momentum = temperature, momentum
        (self.pair,) = site.pairs
        generator = torch.Generator().manual_seed(site.seed)
        self.student_projection = _linear(width_of(self.pair.student_shape), dimensions, generator)
        self.teacher_projection = _linear(width_of(self.pair.teacher_shape), dimensions, generator)
        for name in ("student_memory", "teacher_memory"):
            noise = torch.randn(site.images, dimensions, generator=generator)
            self.register_buffer(name, functional.normalize(noise, dim=1))
        self.register_buffer("classes", torch.full((site.images,), UNKNOWN, dtype=torch.int64))
        self.register_buffer("log_constants", torch.zeros(2))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, lesson: Lesson) -> Tensor:
        """The student's views among the teacher's remembered ones, plus the reverse; in training the memory moves.

        Raises:
            ValueError: if the lesson does not say which images it is made of.
        """
        if lesson.indices is None:
            raise ValueError("crd: it remembers every image by its number, and this batch has no indices")
        student = self._view(self.student_projection, lesson.student_layers[self.pair.student])
        teacher = self._view(self.teacher_projection, lesson.teacher_layers[self.pair.teacher])
        classes, mixed = lesson.classes_to_teach(), lesson.partner_labels is not None
        if self.training and not mixed:
            self.classes[lesson.indices] = classes
        drawn = self._draw().to(lesson.indices.device)
        usable = (drawn != lesson.indices[:, None]) & (self.classes[drawn] != classes[:, None])
        # Indexing copies, so moving the memory below does not disturb what the backward pass needs.
        sides = (
            (student, teacher.detach() if mixed else self.teacher_memory[lesson.indices], self.teacher_memory[drawn]),
            (teacher, student.detach() if mixed else self.student_memory[lesson.indices], self.student_memory[drawn]),
        )
        scores = [contrastive_scores(*side, self.temperature) for side in sides]
        constants = self._constants(scores, usable)
        if self.training:
            self._remember(student, teacher, constants, lesson.indices, move=not mixed)
        losses = [
            contrastive_loss(*score, usable, constant, self.site.images)
            for score, constant in zip(scores, constants, strict=True)
        ]
        return torch.stack(losses).sum()

    def _view(self, projection: nn.Linear, features: Tensor) -> Tensor:
        return functional.normalize(projection(pooled(features)).float(), dim=1)

    def _draw(self) -> Tensor:
        """Numbers of the images to tell apart, `[K]`; the anchors' own may be among them."""
        if self.negatives == self.site.images:
            return torch.arange(self.site.images)
        generator = torch.Generator().manual_seed((self.site.seed * 1_000_003 + int(self.steps)) % 2**63)
        return torch.randperm(self.site.images, generator=generator)[: self.negatives]

    @torch.no_grad()
    def _constants(self, scores: list[tuple[Tensor, Tensor]], usable: Tensor) -> Tensor:
        """Logarithms of Z, one a side `[2]`: this batch's before the first step is done, then the first's."""
        if self.steps:
            return self.log_constants.clone()
        return torch.stack([log_constant(*score, usable, self.site.images) for score in scores])

    @torch.no_grad()
    def _remember(self, student: Tensor, teacher: Tensor, constants: Tensor, indices: Tensor, *, move: bool) -> None:
        self.log_constants.copy_(constants)
        self.steps += 1
        if move:
            for memory, view in ((self.student_memory, student), (self.teacher_memory, teacher)):
                moved = self.momentum * memory[indices] + (1 - self.momentum) * view
                memory[indices] = functional.normalize(moved, dim=1)


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """A linear layer as PyTorch starts it, from a generator of its own."""
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)
    bound = inputs**-0.5
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.uniform_(-bound, bound, generator=generator)
    return layer
