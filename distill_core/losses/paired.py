"""What the losses between layers share: their pairs, their connectors, and the tensors of both sides."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.losses.lesson import Lesson, Site
from distill_core.mapping.connectors import connect


def need_pairs(loss: str, site: Site) -> None:
    """Raises a `ConfigError` if there is no pair of layers for a loss that needs one."""
    if not site.pairs:
        raise ConfigError(f"{loss}: it compares layers, and no pair of layers is given; choose at least one.")


def connectors_of(loss: str, site: Site) -> nn.ModuleList:
    """One module a pair, from the student's shape to the teacher's.

    Raises:
        ConfigError: if there is no pair, or a pair cannot be connected.
    """
    need_pairs(loss, site)
    return nn.ModuleList(connect(p.student_shape, p.teacher_shape, p.widening_steps) for p in site.pairs)


def tensors_of(lesson: Lesson, site: Site) -> Iterator[tuple[Tensor, Tensor]]:
    """Each pair's student output and teacher output, shallow to deep; the teacher's without gradient."""
    for pair in site.pairs:
        yield lesson.student_layers[pair.student], lesson.teacher_layers[pair.teacher].detach()
