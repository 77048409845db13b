"""From a saved model, or an architecture's name, to an ONNX file. Imports torch; runs in the worker."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import distill_core
from distill_core.cards import ModelCard, load_weights, read_card, replace_file
from distill_core.config import DistillConfig
from distill_core.edge.export import PARITY_BATCHES, export_onnx
from distill_core.errors import ConfigError, DataUnavailable
from distill_core.task import Data, DataFacts, Split, Task, task_named

if TYPE_CHECKING:
    import torch
    from torch import Tensor

KEPT_IMAGES = 64


def export_saved_model(folder: Path, out: Path, config_file: Path | None, home: Path) -> dict[str, Any]:
    """Exports a model folder; with a configuration, scores the exported FILE and keeps real inputs beside it.

    Args:
        folder: holds `card.json` and `weights.safetensors`.
        out: the file to write.
        config_file: a `DistillConfig` as JSON, whose data set is used for parity, scoring and inputs.
        home: where data sets are.

    Returns:
        The fields of `ExportReport`, `test_accuracy` (None if it was not scored), `images` (an .npy file with some
        training inputs, float32 and normalised, or None), `architecture` and `dataset`.

    Raises:
        CheckpointError: if the folder cannot be read or its weights do not fit its architecture.
        DistillError: if the model cannot be exported faithfully.
    """
    card = read_card(folder)
    task = task_named(card.task)
    facts = DataFacts(
        card.dataset, card.classes, card.input_shape, card.mean, card.std, sha256="", vocabulary=card.vocabulary
    )
    model = load_weights(task.build(card.architecture, facts, seed=0), folder, card)
    config = _read_config(config_file) if config_file else None
    data, notes = _data(task, card, config, home) if config else (None, [])
    inputs = _spread(task, data, sum(PARITY_BATCHES)) if data else None
    report = export_onnx(model, task.example(facts, batch=2), out, describe(card, config), inputs)
    accuracy = _score(task, data, out) if data else None
    images = _keep(inputs, out) if inputs is not None else None
    return {
        **report.to_dict(),
        "warnings": [*report.warnings, *notes],
        "test_accuracy": accuracy,
        "images": images and str(images),
        "architecture": card.architecture,
        "dataset": card.dataset,
    }


def export_untrained(task_name: str, architecture: str, facts: DataFacts, out: Path) -> None:
    """Exports an architecture with its initial weights: what it costs to run does not depend on them.

    A name may end in the shape of its inputs, ``resnet20-w16@3x64x64``, where that is not the data's.

    Raises:
        ConfigError: if there is no such architecture.
        DistillError: if it cannot be exported.
    """
    task = task_named(task_name)
    metadata = {"architecture": architecture, "untrained": "true", "version": distill_core.__version__}
    name, _, shape = architecture.partition("@") if ">" not in architecture else (architecture, "", "")
    if shape:
        facts = dataclasses.replace(facts, input_shape=tuple(int(side) for side in shape.split("x")))
    export_onnx(task.build(name, facts, seed=0), task.example(facts, batch=2), out, metadata)


def describe(card: ModelCard, config: DistillConfig | None) -> dict[str, str]:
    """What the file says about itself; lists and the recipe are JSON. What is not known is left out."""
    teacher = config.teacher if config else card.provenance.get("teacher")
    known: dict[str, Any] = {
        "task": card.task,
        "class_names": json.dumps(card.classes) if card.vocabulary is None else None,
        "vocabulary": json.dumps(dataclasses.asdict(card.vocabulary)) if card.vocabulary else None,
        "mean": json.dumps(card.mean),
        "std": json.dumps(card.std),
        "normalisation": "(pixel / 255 - mean) / std" if card.task == "vision" else None,
        "dataset": card.dataset,
        "architecture": card.architecture,
        "parameters": card.parameters,
        "weights_sha256": card.weights_sha256 or None,
        "teacher": teacher,
        "teacher_sha256": card.provenance.get("teacher_sha256"),
        "recipe": config.model_dump_json() if config else None,
        "provenance": json.dumps(card.provenance, sort_keys=True) if card.provenance else None,
        "accuracy": card.accuracy,
        "accuracy_on": card.accuracy_on or None,
        "version": distill_core.__version__,
    }
    return {key: str(value) for key, value in known.items() if value is not None}


def _read_config(path: Path) -> DistillConfig:
    try:
        return DistillConfig.parse(json.loads(path.read_bytes()))
    except (OSError, json.JSONDecodeError) as error:
        raise ConfigError(f"{path} is not a configuration ({error}).") from None


def _data(task: Task, card: ModelCard, config: DistillConfig, home: Path) -> tuple[Data | None, list[str]]:
    """The data the model was made for, or None and why not: a file without a score is better than no file."""
    try:
        data = task.load_data(config, home)
    except DataUnavailable as error:
        return None, [f"The exported file was not scored: {error}"]
    if (data.facts.classes, data.facts.input_shape, _tokens(data.facts)) != (
        card.classes,
        card.input_shape,
        _tokens(card),
    ):
        return None, [
            f"The exported file was not scored: {config.dataset} has other classes or sizes than {card.dataset}."
        ]
    return data, []


def _tokens(of: DataFacts | ModelCard) -> str:
    """What tells a vocabulary that is not listed from others."""
    return of.vocabulary.sha256 if of.vocabulary else ""


def _inputs(task: Task, split: Split, facts: DataFacts, indices: torch.Tensor) -> Tensor:
    import torch

    return task.feed(split, facts, None, torch.device("cpu"), False).plain(indices).contiguous()


def _spread(task: Task, data: Data, count: int) -> Tensor:
    """Training inputs as the model takes them, spread over the split."""
    import torch

    indices = torch.linspace(0, len(data.train) - 1, min(count, len(data.train))).long()
    return _inputs(task, data.train, data.facts, indices)


def _keep(inputs: Tensor, out: Path) -> Path:
    import io

    import numpy as np

    buffer = io.BytesIO()
    np.save(buffer, inputs[:: max(1, len(inputs) // KEPT_IMAGES)][:KEPT_IMAGES].numpy())
    path = out.with_suffix(".inputs.npy")
    replace_file(path, buffer.getvalue())
    return path


def _score(task: Task, data: Data, file: Path) -> float:
    """The accuracy, 0..1, of the file itself on the whole test split."""
    import torch

    from distill_core.edge.file_model import FileModel

    feed = task.feed(data.test, data.facts, None, torch.device("cpu"), False)
    return task.score(FileModel(file), feed, data.test).accuracy
