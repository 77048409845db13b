"""What is checked before a job spends minutes: that data, teacher and student exist and fit together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.footprint import parameters
from distill_core.insight.doubts import doubts
from distill_core.insight.foresight import refusals
from distill_core.task import DataFacts, Task, no_matter, no_progress, task_named

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Preflight:
    """What a job needs to know before it begins; what concerns the teacher is None without one.

    Architectures are those to measure: the student's as it will be deployed, and the teacher's, with the shape of its
    inputs where that is not the data's (``resnet20-w16@3x64x64``).
    """

    facts: DataFacts
    images: int
    student_architecture: str
    student_parameters: int
    teacher_architecture: str | None = None
    teacher_parameters: int | None = None
    teacher_data: str | None = None
    assumed: tuple[str, ...] = ()
    student_code: str = ""
    beginning_sha256: str = ""

    @property
    def inputs_sha256(self) -> str:
        """Of all that a baseline's figures come from beside its settings.

        The data, the user's own model code, and the weights of the model whose layers the student begins with.
        """
        beside = [each for each in (self.student_code, self.beginning_sha256) if each]
        if not beside:
            return self.facts.sha256
        return hashlib.sha256("\n".join((self.facts.sha256, *beside)).encode()).hexdigest()


def inspect(
    config: DistillConfig,
    home: Path,
    between: Callable[[], None] = no_matter,
    progress: Callable[[int, int], None] = no_progress,
) -> Preflight:
    """Loads the data and builds the models once, so that a mistake shows before the baseline is trained.

    Args:
        config: of the run.
        home: the folder for downloads.
        between: called between the pieces of a download; may raise to end it.
        progress: told how many labels a model has written, where the data lacks them; may raise to end it.

    Raises:
        DistillError: for a name, a value or a file that is wrong.
    """
    from distill_core.train.labels import data_and_labels
    from distill_core.train.refusals import check_classes, check_micro_batch, check_room, check_top_k, norms_see_pieces
    from distill_core.train.terms import Builder, deployed_architecture, names_of_terms

    task = task_named(config.task)
    _refuse_before_answers_are_written(config, task)
    data, visible = data_and_labels(config, task, home, between, progress)
    if config.training.on_policy:
        task.check_written(config.dataset)
    check_classes(config.phases, data.facts.groups, config.dataset)
    if config.baseline and config.teacher is not None:
        _check_baseline_pools(config, data.train.groups, visible)
    check_top_k(config, data.facts.outputs)
    check_room(config, len(data.train), data.facts)
    check_micro_batch(config)
    beginning_sha256 = _beginning(config, task, data.facts)
    student = task.build(config.student, data.facts, config.seed)
    example = task.example(data.facts)
    if config.teacher is None:
        Builder(config, names_of_terms(config), student, example, None, None, data.facts.outputs, 0).build()
        norms_see_pieces(config, student)
        architecture = deployed_architecture(config, task, data.facts, None)
        return Preflight(
            data.facts,
            len(data.train),
            architecture,
            parameters(student),
            beginning_sha256=beginning_sha256,
            assumed=data.facts.notes,
        )
    teacher, card = task.load_teacher(config.teacher, data.facts)
    builder = Builder(
        config,
        names_of_terms(config),
        student,
        example,
        teacher.eval(),
        task.example(card),
        data.facts.outputs,
        len(data.train),
    )
    norms_see_pieces(config, builder.build(), builder.student)
    return Preflight(
        facts=data.facts,
        images=len(data.train),
        student_architecture=deployed_architecture(config, task, data.facts, card),
        student_parameters=parameters(builder.student),
        teacher_architecture=with_shape(card, data.facts),
        teacher_parameters=parameters(teacher),
        teacher_data=card.dataset,
        student_code=task.code_sha256(config.student),
        beginning_sha256=beginning_sha256,
        assumed=(*data.facts.notes, *(str(sentence) for sentence in card.provenance.get("assumed", ()))),
    )


def _refuse_before_answers_are_written(config: DistillConfig, task: Task) -> None:
    """What names and heads of files tell already, before a large model spends minutes on the answers of its data."""
    if task.foreseen(config).vocabulary is not None:
        for refused in refusals(config):
            raise ConfigError(refused)


def _beginning(config: DistillConfig, task: Task, facts: DataFacts) -> str:
    """The hash of the weights whose layers the student begins with, after a check that it can; "" for random ones."""
    if config.begins_from is None:
        return ""
    task.check_beginning(config)
    card = task.card_of(config.begins_from, facts)
    return card.weights_sha256 if card else ""


def _check_baseline_pools(config: DistillConfig, labels: Tensor, visible: Tensor) -> None:
    """The baseline has no teacher to say what an unlabelled image is, so each of its phases needs labelled ones."""
    from distill_core.train.pools import pool_of

    for phase in config.baseline_config().phases:
        if phase.share > 0:
            try:
                pool_of(phase, labels, visible, None)
            except ConfigError as error:
                raise ConfigError(f"baseline: {error}, or leave the baseline out (baseline=false)") from None


def with_shape(card: ModelCard, facts: DataFacts) -> str:
    """A teacher's architecture, with the shape of its inputs where that is not the data's."""
    if card.input_shape == facts.input_shape or ">" in card.architecture:
        return card.architecture
    return f"{card.architecture}@{'x'.join(map(str, card.input_shape))}"


def warnings_of(config: DistillConfig, found: Preflight) -> Iterator[str]:
    """What the user should know before the run, in the words that the form uses too."""
    yield from found.assumed
    yield from doubts(
        config,
        student_parameters=found.student_parameters,
        teacher_parameters=found.teacher_parameters,
        images=found.images,
        teacher_data=found.teacher_data,
    )
