"""Weights that came as a file: checked, scored, and only then a model folder. Imports torch; runs in the worker.

Nothing is unpickled: the file must be safetensors. It says nothing of classes and normalisation, so those are taken
from the data set it is said to have learned from, and the accuracy on validation shows whether that can be true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.cards import ModelCard, write_model
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, ConfigError
from distill_core.footprint import parameters
from distill_core.misfit import misfit
from distill_core.task import Data, DataFacts, Task, task_named

if TYPE_CHECKING:
    from torch import Tensor, nn


def admit(
    file: Path,
    architecture: str,
    config: DistillConfig,
    out: Path,
    home: Path,
    *,
    called: str,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
) -> dict[str, Any]:
    """Makes a model folder of a file of weights, unless something is wrong with it.

    Args:
        file: safetensors.
        architecture: a name such as ``resnet20-w16``.
        config: names the data set the weights learned from.
        out: the folder to write; left alone where the file is refused.
        home: where data sets are.
        called: what the user calls the file.
        mean: of each channel; () takes the data set's.
        std: the same.

    Returns:
        The `card` as plain data, `accuracy` on the validation split (0..1), `inputs` scored, `guessing` (what the
        commonest answer alone would reach, or None), `likeliest` (the share that would be right if each output stood
        for the class it is given for most often, or None), `metrics`.

    Raises:
        CheckpointError: if the file is no safetensors, does not fit, or holds numbers that are not finite.
        ConfigError: if there is no such architecture, or the normalisation cannot be used.
        DataUnavailable: if the data cannot be had.
        StorageError: if the folder cannot be written.
    """
    import torch

    task = task_named(config.task)
    data = task.load_data(config, home)
    facts = _as_told(data.facts, mean, std)
    model = _filled(task, architecture, facts, _tensors(file, called), called)
    split = data.validation
    feed = task.feed(split, data.facts, None, torch.device("cpu"), False, facts)
    score = task.score(model, feed, split)
    inputs = score.counted or len(split)
    card = ModelCard(
        task=config.task,
        architecture=task.bare(architecture),
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=facts.mean,
        std=facts.std,
        dataset=facts.name,
        parameters=parameters(model),
        accuracy=score.accuracy,
        accuracy_on=f"{inputs:,} validation {task.scored(config.dataset)} of {facts.name}",
        provenance=_provenance(file, called, config, data),
        vocabulary=facts.vocabulary,
    )
    card = write_model(out, card, model.state_dict())
    one_label = split.labels.ndim == 1
    return {
        "card": card.model_dump(mode="json"),
        "accuracy": score.accuracy,
        "inputs": inputs,
        "guessing": int(split.labels.bincount().max()) / len(split) if one_label else None,
        "likeliest": _under_other_names(split.labels, score.predictions) if one_label else None,
        "metrics": dict(score.metrics),
    }


def _as_told(facts: DataFacts, mean: tuple[float, ...], std: tuple[float, ...]) -> DataFacts:
    """The data's facts with another normalisation, where one is given."""
    for name, values in (("mean", mean), ("standard deviation", std)):
        if values and len(values) != len(facts.mean):
            channels = f"{len(facts.mean)} channel{'s' if len(facts.mean) != 1 else ''}"
            raise ConfigError(f"The {name} has {len(values)} numbers, but {facts.name} has {channels}. Give one each.")
    if any(value <= 0 for value in std):
        raise ConfigError(f"A standard deviation must be above 0; got {', '.join(f'{value:g}' for value in std)}.")
    return replace(facts, mean=mean or facts.mean, std=std or facts.std)


def _tensors(file: Path, called: str) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        return load(file.read_bytes())
    except SafetensorError as error:
        raise CheckpointError(
            f"{called} is not a whole safetensors file ({error}). Save the weights with safetensors.torch.save_file "
            "and upload that; files of other kinds are not opened."
        ) from None


def _filled(task: Task, architecture: str, facts: DataFacts, weights: dict[str, Tensor], called: str) -> nn.Module:
    """The architecture with these weights in it."""
    if ".safetensors@" in architecture or ":" in architecture:
        raise ConfigError(f"architecture: {architecture!r} brings weights or code of its own; name a bare architecture")
    try:
        model = task.build(architecture, facts, seed=0)
    except ConfigError as error:
        raise ConfigError(str(error).replace("student:", "architecture:", 1)) from None
    own = model.state_dict()
    if why := misfit(weights, own):
        raise CheckpointError(
            f"The weights in {called} do not fit {architecture} for {facts.name}: {why}. Choose the architecture they "
            "were saved from and the data they learned from; every layer must have the same name and size."
        )
    _check_sound(weights, own, called)
    model.load_state_dict(weights)
    return model


def _check_sound(weights: Mapping[str, Tensor], own: Mapping[str, Tensor], called: str) -> None:
    for name, value in weights.items():
        if value.is_floating_point() != own[name].is_floating_point():
            raise CheckpointError(f"{name!r} in {called} holds {value.dtype}; save the weights as floating point.")
        if value.is_floating_point() and not bool(value.isfinite().all()):
            bad = int((~value.isfinite()).sum())
            raise CheckpointError(
                f"{name!r} in {called} holds {bad:,} number{'s' if bad != 1 else ''} that are not finite. "
                "Save sound weights, from before the training diverged."
            )


def _under_other_names(labels: Tensor, answers: Tensor) -> float:
    """The share that would be right if every answer meant the class for which it is given most often."""
    classes = int(max(labels.max(), answers.max())) + 1
    counts = (answers * classes + labels).bincount(minlength=classes * classes).view(classes, classes)
    return int(counts.max(dim=1).values.sum()) / len(labels)


def _provenance(file: Path, called: str, config: DistillConfig, data: Data) -> dict[str, Any]:
    from datetime import UTC, datetime
    from hashlib import sha256

    return {
        "uploaded": called,
        "file_sha256": sha256(file.read_bytes()).hexdigest(),
        "date": datetime.now(UTC).date().isoformat(),
        "config": config.model_dump(mode="json", include={"task", "dataset", "data_folder", "image_size"}),
        "data_sha256": data.facts.sha256,
        "assumed": [
            f"{called} says nothing of its data: its classes, their order and the normalisation are those that were "
            f"given when it was uploaded."
        ],
    }
