"""Settings that do not fit the data: asked by the form before a run, and by the run itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from distill_core.config import DistillConfig, Phase, Term
from distill_core.errors import ConfigError
from distill_core.losses.registry import LENDER, loss_named
from distill_core.train.moment import levels_of

if TYPE_CHECKING:
    from torch import nn

    from distill_core.task import DataFacts

MOST_LISTED = 20
"""Classes that a message names."""
MOST_KEPT = 2 * 10**9
"""Bytes of whole answers to texts that are kept in memory; those of 20,000 prompts in characters take 0.2 GB."""


def check_budget(budget: int | None, classes: int, images: int, noun: str = "images") -> None:
    """Refuses a label budget that this data cannot give.

    Args:
        budget: how many labels; None for all.
        classes: of the data.
        images: of the transfer set.
        noun: what they are called.

    Raises:
        ConfigError: if it is smaller than the number of classes or larger than that of the images.
    """
    if budget is None or classes <= budget <= images:
        return
    if budget > images:
        raise ConfigError(
            f"label_budget: {budget:,} is more than the {images:,} {noun} there are to train on; "
            f"allow {images:,} or fewer, or all"
        )
    raise ConfigError(f"label_budget: {budget:,} is fewer than the {classes} classes; give each at least one")


def check_classes(phases: Iterable[Phase], groups: Sequence[str], dataset: str) -> None:
    """Refuses phases that train on classes, or kinds of prompt, that the data does not have.

    Args:
        phases: of a run.
        groups: what the numbers of a phase stand for.
        dataset: its name.

    Raises:
        ConfigError: naming the phase and the class.
    """
    for phase in phases:
        for number in phase.classes:
            if not 0 <= number < len(groups):
                raise ConfigError(
                    f"phases: {phase.name} is to train on class {number}, but {dataset} has {len(groups)}: "
                    f"{_numbered(groups)}"
                )


def _numbered(names: Sequence[str]) -> str:
    """Names with their numbers, such as ``0 cat, 1 dog``; of many the first."""
    listed = [f"{number} {name}" if name != str(number) else name for number, name in enumerate(names[:MOST_LISTED])]
    return ", ".join([*listed, "..."] if len(names) > MOST_LISTED else listed)


def check_layers(term: Term) -> None:
    """Refuses a layer map that the term's loss would not heed.

    Raises:
        ConfigError: naming the loss and what it pairs by itself, if anything.
    """
    info = loss_named(term.loss)
    if term.layers == "auto":
        return
    way = "a list of pairs" if isinstance(term.layers, tuple) else repr(term.layers)
    if info.layers == "none" or term.loss == LENDER:
        why = "pairs its projector with the teacher's last layer" if term.loss == LENDER else "compares no layers"
        raise ConfigError(f"terms: {info.title} ({term.loss!r}) {why}, and takes no layer map; leave {way} out")
    if info.layers in ("attention", "projections") and not isinstance(term.layers, tuple):
        raise ConfigError(
            f"terms: {info.title} ({term.loss!r}) compares {info.layers} of blocks, with no connectors to choose; "
            f"leave {way} out, or give a list of pairs"
        )


def check_room(config: DistillConfig, texts: int, facts: DataFacts) -> None:
    """Refuses to keep a teacher's whole answers to texts where they would fill the memory.

    Args:
        config: of the run.
        texts: of the transfer set.
        facts: of the data; whole answers to images are small.

    Raises:
        ConfigError: saying how much they would take.
    """
    if config.objective.top_k is not None or len(facts.input_shape) != 1 or not _keeps_answers(config):
        return
    (length,), tokens = facts.input_shape, facts.outputs
    size = 4 * texts * length * tokens
    if size > MOST_KEPT:
        raise ConfigError(
            f"top_k: the teacher's whole answers to {texts:,} texts of {length} tokens, over {tokens:,} tokens each, "
            f"take {size / 1e9:.1f} GB; keep the likeliest of each alone, such as top_k=64"
        )


def _keeps_answers(config: DistillConfig) -> bool:
    """Whether a teacher's answers are kept: beside layers, which are not, it is asked for both anew."""
    if config.teacher is None or config.augmentation.draws == 0:
        return False
    infos = [[loss_named(name) for name in levels_of(config, phase)] for phase in config.phases if phase.share > 0]
    return any(
        any(info.reads_answers for info in some) and all(info.layers == "none" for info in some) for some in infos
    )


def check_top_k(config: DistillConfig, classes: int) -> None:
    """Refuses `top_k` where whole answers are needed, or there is nothing to keep.

    Args:
        config: of the run.
        classes: C, of the data.

    Raises:
        ConfigError: saying what needs more than the k likeliest classes of an answer, and what to do.
    """
    k, temperature = config.objective.top_k, config.objective.temperature
    if k is None or config.teacher is None:
        return
    if k > classes:
        raise ConfigError(f"top_k: got {k:,}, but there are {classes:,} to keep of; take fewer, or none to keep all")
    if config.augmentation.draws == 0 or config.augmentation.mixes:
        why = "mixup and cutmix make" if config.augmentation.mixes else "draws=0 makes"
        raise ConfigError(
            f"top_k: {why} the teacher answer every batch anew, so no answers are kept; set draws to 1 or more and "
            "mixup and cutmix to 0, or top_k to none"
        )
    for phase in config.phases:
        if phase.share == 0:
            continue
        if phase.temperature not in (None, temperature, (temperature, temperature)):
            own = list(phase.temperature) if isinstance(phase.temperature, tuple) else phase.temperature
            raise ConfigError(
                f"top_k: answers are kept at temperature {temperature:g}, but phase {phase.name!r} has {own}; another "
                "temperature cannot be had from what is kept. Leave the phase's own out, or set top_k to none"
            )
        for name in levels_of(config, phase):
            info = loss_named(name)
            if info.reads_answers and not info.from_likeliest:
                raise ConfigError(
                    f"top_k: {info.title} ({name!r}) reads the teacher's whole answers, and only the {k:,} likeliest "
                    f"of {classes:,} are kept of each; take 'kd' or 'hard' in its place, or set top_k to none"
                )


def check_micro_batch(config: DistillConfig) -> None:
    """Refuses `micro_batch` beside a loss whose parts do not add up to that of the whole batch.

    Raises:
        ConfigError: naming the loss, and what to do.
    """
    training = config.training
    if training.pieces(training.batch_size) == 1:
        return
    for phase in config.phases:
        for name in levels_of(config, phase) if phase.share > 0 else ():
            info = loss_named(name)
            if info.mean_over == "batch":
                raise ConfigError(
                    f"micro_batch: {info.title} ({name!r}) relates the inputs of a batch to each other, so a batch of "
                    f"{training.batch_size:,} cannot be learnt {training.micro_batch:,} at a time; leave the loss out, "
                    "or set micro_batch to none"
                )


def norms_see_pieces(config: DistillConfig, *parts: nn.Module) -> str | None:
    """What `micro_batch` does to batch norm, if anything: a sentence for the user.

    Args:
        config: of the run.
        parts: the student and whatever else learns.

    Raises:
        ConfigError: if a batch norm would see single inputs, which have no spread.
    """
    from torch.nn.modules.batchnorm import _BatchNorm

    training = config.training
    pieces = training.pieces(training.batch_size)
    if pieces == 1 or not any(isinstance(module, _BatchNorm) for part in parts for module in part.modules()):
        return None
    least, most = training.batch_size // pieces, -(-training.batch_size // pieces)
    if least == 1:
        raise ConfigError(
            f"micro_batch: {training.micro_batch} of a batch of {training.batch_size} leaves batch norm single inputs, "
            "which have no mean and spread to learn from; take more at a time, set micro_batch to none, or choose a "
            "student without batch norm"
        )
    return (
        f"micro_batch = {training.micro_batch}: the batch norms of this run see {most} inputs at a time, not the "
        f"{training.batch_size} of a batch, so its numbers are not those of whole batches"
    )
