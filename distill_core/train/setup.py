"""Everything a run works with, built from its configuration: data, models, batches, optimiser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from distill_core.cards import ModelCard
from distill_core.config import DistillConfig, Optimiser
from distill_core.errors import ConfigError
from distill_core.home import default_home
from distill_core.task import Data, Feed, Task
from distill_core.train.pools import visible_labels
from distill_core.train.schedule import Span, phase_spans
from distill_core.train.targets import TeacherAnswers, answers_key, folded, freeze


@dataclass
class Workshop:
    """What a run works with; the tensors of `labels` and `visible` are `[N]` of the transfer set, on the CPU."""

    config: DistillConfig
    task: Task
    data: Data
    fabric: Fabric
    student: nn.Module
    model: nn.Module
    optimiser: torch.optim.Optimizer
    feed: Feed
    validation: Feed
    test: Feed
    visible: Tensor
    spans: tuple[Span, ...]
    steps: int
    steps_per_epoch: int
    channels_last: bool
    teacher: nn.Module | None
    teacher_card: ModelCard | None
    teacher_validation: Feed | None
    teacher_test: Feed | None
    answers: TeacherAnswers | None


def furnish(config: DistillConfig, task: Task, home: Path | None, warn: Callable[[str], None]) -> Workshop:
    """Builds a run's workshop; sets this thread's torch threads and torch's seed.

    Args:
        config: of the run.
        task: of the configuration.
        home: for downloads and kept answers; None downloads into the default home and keeps no answers.
        warn: told what the user should know.

    Raises:
        DistillError: for a name, a value or a file that is wrong.
    """
    if config.hardware.threads is not None:
        torch.set_num_threads(config.hardware.threads)
    torch.manual_seed(config.seed)
    fabric = _fabric(config)
    data = task.load_data(config, home or default_home())
    facts = data.facts
    _check_classes(config, len(facts.classes))

    student = task.build(config.student, facts, config.seed)
    channels_last = prefers_channels_last(student)
    student = _formatted(student, channels_last)
    if channels_last:
        _keep_gradients_channels_last(student)
    model, optimiser = fabric.setup(student, _optimiser(student, config.optimiser))

    steps_per_epoch = max(1, len(data.train) // config.training.batch_size)
    steps = steps_per_epoch * config.training.epochs
    workshop = Workshop(
        config=config,
        task=task,
        data=data,
        fabric=fabric,
        student=student,
        model=model,
        optimiser=optimiser,
        feed=task.feed(data.train, facts, config.augmentation, fabric.device, channels_last),
        validation=task.feed(data.validation, facts, None, fabric.device, channels_last),
        test=task.feed(data.test, facts, None, fabric.device, channels_last),
        visible=visible_labels(data.train.labels, len(facts.classes), config.label_budget, config.seed),
        spans=phase_spans(config.phases, steps),
        steps=steps,
        steps_per_epoch=steps_per_epoch,
        channels_last=channels_last,
        teacher=None,
        teacher_card=None,
        teacher_validation=None,
        teacher_test=None,
        answers=None,
    )
    if config.teacher is not None:
        _invite_teacher(workshop, config.teacher, home, warn)
    return workshop


def prefers_channels_last(model: nn.Module) -> bool:
    """Whether the channels_last memory format pays: only where every convolution has at least 16 channels.

    A rule and not a timing, so that noise cannot change a seeded run's numbers.
    """
    widths = [module.out_channels for module in model.modules() if isinstance(module, nn.Conv2d)]
    return bool(widths) and min(widths) >= 16


def _invite_teacher(workshop: Workshop, reference: str, home: Path | None, warn: Callable[[str], None]) -> None:
    config, task, data = workshop.config, workshop.task, workshop.data
    device = workshop.fabric.device
    teacher, card = task.load_teacher(reference, data.facts)
    channels_last = prefers_channels_last(teacher)
    teacher = freeze(_formatted(teacher, channels_last).to(device))
    augmentation = json.dumps(config.augmentation.model_dump(exclude={"draws"}), sort_keys=True)
    key = answers_key(data.facts.sha256, card.weights_sha256, augmentation, f"{device.type} fp32 folded")
    workshop.teacher, workshop.teacher_card = teacher, card
    workshop.teacher_validation = task.feed(data.validation, data.facts, None, device, channels_last)
    workshop.teacher_test = task.feed(data.test, data.facts, None, device, channels_last)
    workshop.answers = TeacherAnswers(
        _formatted(folded(teacher), channels_last),
        task.feed(data.train, data.facts, config.augmentation, device, channels_last),
        count=len(data.train),
        classes=len(data.facts.classes),
        folder=home / "cache" / "answers" / key if home else None,
        keep=config.augmentation.draws > 0,
        warn=warn,
    )


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


def _optimiser(student: nn.Module, config: Optimiser) -> torch.optim.Optimizer:
    """SGD or AdamW; weight decay on weights alone, not on norms and biases."""
    weights = [parameter for parameter in student.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in student.parameters() if parameter.ndim <= 1]
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


def _check_classes(config: DistillConfig, classes: int) -> None:
    for phase in config.phases:
        wrong = [number for number in phase.classes if not 0 <= number < classes]
        if wrong:
            raise ConfigError(
                f"phase {phase.name!r}: there is no class {wrong[0]}; {config.dataset} has classes 0 to {classes - 1}"
            )
