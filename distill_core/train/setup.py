"""Everything a run works with, built from its configuration: data, models, batches, optimiser."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from distill_core.cards import ModelCard
from distill_core.config import Augmentation, DistillConfig, Optimiser
from distill_core.errors import ConfigError
from distill_core.events import LABELS_WRITTEN, Beginning
from distill_core.home import default_home
from distill_core.mapping.taps import Taps
from distill_core.task import Data, DataFacts, Feed, Split, Task
from distill_core.train.beginning import begin
from distill_core.train.folding import folded, freeze
from distill_core.train.labels import data_and_labels
from distill_core.train.likeliest import LikeliestAnswers, how_kept
from distill_core.train.live import LiveTeacher
from distill_core.train.on_policy import OnPolicy
from distill_core.train.refusals import check_classes, check_micro_batch, check_room, check_top_k, norms_see_pieces
from distill_core.train.schedule import Span, phase_spans
from distill_core.train.targets import TeacherAnswers, answers_key
from distill_core.train.terms import Builder, LossTerms, deployed_architecture, names_of_terms

ProgressOf = Callable[[str], Callable[[int, int], None]]
"""Given what takes long, how to tell that so many of so many inputs are done; telling may raise to end it."""


@dataclass(frozen=True)
class Teacher:
    """The frozen teacher and the feeds that make what it takes of the data.

    `sees_the_same` is true if its inputs are the student's, so that a batch need not be made twice.
    """

    model: nn.Module
    card: ModelCard
    feed: Feed
    validation: Feed
    test: Feed
    channels_last: bool
    sees_the_same: bool = False


@dataclass
class Workshop:
    """What a run works with; `visible` is `[N]` of the transfer set, on the CPU.

    Attributes:
        architecture: of the student as it is deployed.
        student: the model that learns; `model` is the same as Fabric calls it.
        terms: the loss's, with what they learn.
        taps: on the student's layers that terms read.
        answers: the teacher's, kept; None without a teacher.
        live: the teacher asked anew, where layers, mixed images or the student's own texts need it.
        on_policy: the steps in which the student writes; None if there are none.
        beginning: the layers the student began with; None for random weights.
        origin: the model they are of, where it is the teacher or there is none: what the student is compared with.
    """

    config: DistillConfig
    task: Task
    data: Data
    fabric: Fabric
    architecture: str
    student: nn.Module
    model: nn.Module
    terms: LossTerms
    taps: Taps
    optimiser: torch.optim.Optimizer
    feed: Feed
    validation: Feed
    test: Feed
    visible: Tensor
    spans: tuple[Span, ...]
    steps: int
    steps_per_epoch: int
    channels_last: bool
    teacher: Teacher | None
    answers: TeacherAnswers | None
    live: LiveTeacher | None
    on_policy: OnPolicy | None
    beginning: Beginning | None = None
    origin: nn.Module | None = None
    writing_seconds: float = 0.0


def furnish(
    config: DistillConfig,
    task: Task,
    home: Path | None,
    warn: Callable[[str], None],
    progress_of: ProgressOf,
) -> Workshop:
    """Builds a run's workshop; sets this thread's torch threads and torch's seed.

    Args:
        config: of the run.
        task: of the configuration.
        home: for downloads and kept answers; None downloads into the default home and keeps no answers.
        warn: told what the user should know.
        progress_of: asked before a model writes what the data lacks.

    Raises:
        DistillError: for a name, a value or a file that is wrong.
    """
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    torch.manual_seed(config.seed)
    fabric = _fabric(config)
    data, visible = data_and_labels(config, task, home or default_home(), progress=progress_of(LABELS_WRITTEN))
    facts = data.facts
    for note in facts.notes:
        warn(note)
    check_classes(config.phases, facts.groups, config.dataset)
    check_top_k(config, facts.outputs)
    check_room(config, len(data.train), facts)
    check_micro_batch(config)
    share = config.training.on_policy
    on_policy = OnPolicy(share, config.seed, task.author(data)) if share else None
    steps_per_epoch = max(1, len(data.train) // config.training.batch_size)
    steps = steps_per_epoch * config.training.epochs
    spans = phase_spans(config.phases, steps)

    teacher, loaded, writing_seconds = None, data, 0.0
    if config.teacher is not None:
        teacher, data, writing_seconds = _invited(config, task, data, visible, fabric.device, home, warn, progress_of)
    student = task.build(config.student, facts, config.seed)
    begun = begin(config, task, student, loaded, (teacher.model, teacher.card) if teacher else None)
    builder = Builder(
        config,
        names=names_of_terms(config),
        student=student,
        student_example=task.example(facts),
        teacher=teacher.model if teacher else None,
        teacher_example=task.example(teacher.card) if teacher else None,
        classes=facts.outputs,
        images=len(data.train),
    )
    terms = builder.build()
    if warning := norms_see_pieces(config, builder.student, terms):
        warn(warning)
    if teacher:
        teacher.model.to(fabric.device)
    student = builder.student
    channels_last = prefers_channels_last(student)
    if teacher and teacher.channels_last == channels_last and _same_inputs(teacher.card, facts):
        teacher = dataclasses.replace(teacher, sees_the_same=True)
    student = _formatted(student, channels_last)
    if channels_last:
        _keep_gradients_channels_last(student)
    terms = terms.to(fabric.device)
    model, optimiser = fabric.setup(student, _optimiser(student, terms, config.optimiser))
    answers = _answers(config, data, teacher, fabric.device, home, warn) if teacher else None
    live = None
    if teacher and answers and (terms.teacher_layers or config.augmentation.mixes or on_policy):
        live = LiveTeacher(teacher.model, terms.teacher_layers, terms.read_answers, answers)
    return Workshop(
        config=config,
        task=task,
        data=data,
        fabric=fabric,
        architecture=deployed_architecture(config, task, facts, teacher.card if teacher else None),
        student=student,
        model=model,
        terms=terms,
        taps=Taps(student, terms.student_layers),
        optimiser=optimiser,
        feed=task.feed(data.train, facts, config.augmentation, fabric.device, channels_last),
        validation=task.feed(data.validation, facts, None, fabric.device, channels_last),
        test=task.feed(data.test, facts, None, fabric.device, channels_last),
        visible=visible,
        spans=spans,
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        channels_last=channels_last,
        teacher=teacher,
        answers=answers,
        live=live,
        on_policy=on_policy,
        beginning=begun[0] if begun else None,
        origin=_origin(config, begun[1], fabric.device) if begun else None,
        writing_seconds=writing_seconds,
    )


def prefers_channels_last(model: nn.Module) -> bool:
    """Whether the channels_last memory format pays: only where every convolution has at least 16 channels.

    A rule and not a timing, so that noise cannot change a seeded run's numbers.
    """
    widths = [module.out_channels for module in model.modules() if isinstance(module, nn.Conv2d)]
    return bool(widths) and min(widths) >= 16


def _invited(
    config: DistillConfig,
    task: Task,
    data: Data,
    visible: Tensor,
    device: torch.device,
    home: Path | None,
    warn: Callable[[str], None],
    progress_of: ProgressOf,
) -> tuple[Teacher, Data, float]:
    """The frozen teacher, the data with what it had to write, and how many seconds that took."""
    assert config.teacher is not None
    model, card = task.load_teacher(config.teacher, data.facts)
    for assumption in card.provenance.get("assumed", []):
        warn(str(assumption))
    channels_last = prefers_channels_last(model)
    model = freeze(_formatted(model, channels_last))
    written = _answers_folder(data, card, "written, greedily", "cpu fp32", home)  # it moves to its device later
    begun_at = time.perf_counter()
    data = task.completed(data, visible, model, progress_of("The teacher writes answers"), written, warn)
    writing_seconds = time.perf_counter() - begun_at

    def feed(split: Split, augmentation: Augmentation | None) -> Feed:
        return task.feed(split, data.facts, augmentation, device, channels_last, card)

    teacher = Teacher(
        model=model,
        card=card,
        feed=feed(data.train, config.augmentation),
        validation=feed(data.validation, None),
        test=feed(data.test, None),
        channels_last=channels_last,
    )
    return teacher, data, writing_seconds


def _origin(config: DistillConfig, model: nn.Module, device: torch.device) -> nn.Module | None:
    """The model that the student began with, unless another one is its teacher."""
    return freeze(model.to(device)) if config.teacher in (None, config.begins_from) else None


def _same_inputs(card: ModelCard, facts: DataFacts) -> bool:
    return (card.input_shape, card.mean, card.std) == (facts.input_shape, facts.mean, facts.std)


def _answers(
    config: DistillConfig,
    data: Data,
    teacher: Teacher,
    device: torch.device,
    home: Path | None,
    warn: Callable[[str], None],
) -> TeacherAnswers:
    augmentation = config.augmentation.model_dump(exclude={"draws", "mixup", "cutmix"})
    takes = teacher.card.model_dump(include={"architecture", "input_shape", "mean", "std"})
    seen = json.dumps({**augmentation, **takes}, sort_keys=True)
    model, precision = _formatted(folded(teacher.model), teacher.channels_last), f"{device.type} fp32 folded"
    if config.objective.top_k is not None:
        kept_as = f"{seen}\n{how_kept(config.objective, data.train)}"
        folder = _answers_folder(data, teacher.card, kept_as, precision, home)
        classes, labels = data.facts.outputs, data.train.labels
        return LikeliestAnswers(model, teacher.feed, labels, classes, folder, config.objective, warn)
    positions = data.train.labels.shape[1] if data.train.labels.ndim > 1 else None
    folder = _answers_folder(data, teacher.card, seen, precision, home)
    return TeacherAnswers(
        model,
        teacher.feed,
        count=len(data.train),
        classes=data.facts.outputs,
        folder=folder if positions is None else None,
        keep=config.augmentation.draws > 0,
        warn=warn,
        positions=positions,
    )


def _answers_folder(data: Data, teacher: ModelCard, how: str, precision: str, home: Path | None) -> Path | None:
    """Where a teacher's answers to this data are kept between runs; `how` says what it sees and what it does."""
    if home is None:
        return None
    return home / "cache" / "answers" / answers_key(data.facts.sha256, teacher.weights_sha256, how, precision)


def _fabric(config: DistillConfig) -> Fabric:
    hardware = config.hardware
    try:
        return Fabric(accelerator=hardware.accelerator, devices=1, precision=hardware.precision)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"accelerator {hardware.accelerator!r} with precision {hardware.precision!r} cannot be used here "
            f"({str(error).splitlines()[0]}); 'cpu' and '32-true' always work"
        ) from None
    except Exception as error:  # Fabric raises its own types for an accelerator that is not there.
        raise ConfigError(
            f"accelerator: {hardware.accelerator!r} is not available here ({str(error).splitlines()[0]}); use 'cpu'"
        ) from None


def _optimiser(student: nn.Module, terms: nn.Module, config: Optimiser) -> torch.optim.Optimizer:
    """SGD or AdamW over the student and what the terms learn; weight decay on weights alone, not on norms and biases.

    A classifier lent by the teacher stays as it is.
    """
    learnt = [parameter for part in (student, terms) for parameter in part.parameters() if parameter.requires_grad]
    weights = [parameter for parameter in learnt if parameter.ndim > 1]
    others = [parameter for parameter in learnt if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": config.weight_decay}, {"params": others, "weight_decay": 0.0}]
    if config.optimiser == "adamw":
        return torch.optim.AdamW(groups, lr=config.learning_rate)
    return torch.optim.SGD(groups, lr=config.learning_rate, momentum=config.momentum, nesterov=config.momentum > 0)


def _formatted(model: nn.Module, channels_last: bool) -> nn.Module:
    if channels_last:
        return model.to(memory_format=torch.channels_last)
    return model


def _keep_gradients_channels_last(student: nn.Module) -> None:
    """Global pooling's gradient is contiguous, and would make every addition along the shortcuts mix two formats."""

    def before(_pool: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if inputs[0].requires_grad:
            inputs[0].register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))

    for module in student.modules():
        if isinstance(module, nn.AdaptiveAvgPool2d):
            module.register_forward_pre_hook(before)
