"""What saved models answer to a test split: asked once and kept in the home's ``cache/test-answers``.

The asking imports torch and is for the worker; `kept_answers` is light enough for anyone.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distill_core.cards import load_weights, read_card, replace_file
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.home import writable_folder
from distill_core.task import task_named


def kept_answers(weights_sha256: str, data_sha256: str, home: Path) -> NDArray[Any] | None:
    """The answers `[N]` of a model with these weights to the test split of this data, if they were asked before."""
    try:
        answers: NDArray[Any] = np.load(_file(weights_sha256, data_sha256, home), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return answers


def keep_answers(folders: Sequence[Path], config: DistillConfig, data_sha256: str, home: Path) -> None:
    """Asks each model about the whole test split, unless its answers are kept already.

    Args:
        folders: each holds `card.json` and `weights.safetensors`.
        config: names the data.
        data_sha256: of the data they were scored on.
        home: where data sets and answers are.

    Raises:
        ConfigError: if that data has changed since.
        CheckpointError: if a model is damaged.
        DataUnavailable: if the data cannot be had.
        StorageError: if the answers cannot be kept.
    """
    import torch

    from distill_core.edge.report import facts_of

    task = task_named(config.task)
    data = task.load_data(config, home)
    if data.facts.sha256 != data_sha256:
        raise ConfigError(
            f"The data {data.facts.name} is not what it was when these runs were scored, so their answers to it cannot "
            "be compared. Restore the data, or repeat the runs."
        )
    for folder in folders:
        card = read_card(folder)
        if kept_answers(card.weights_sha256, data_sha256, home) is not None:
            continue
        model = load_weights(task.build(card.architecture, facts_of(card), seed=0), folder, card)
        feed = task.feed(data.test, data.facts, None, torch.device("cpu"), False, card)
        buffer = io.BytesIO()
        np.save(buffer, task.score(model, feed, data.test).predictions.numpy().astype(np.int32))
        path = _file(card.weights_sha256, data_sha256, home)
        writable_folder(path.parent)
        replace_file(path, buffer.getvalue())


def _file(weights_sha256: str, data_sha256: str, home: Path) -> Path:
    return home / "cache" / "test-answers" / f"{weights_sha256[:32]}-{data_sha256[:32]}.npy"
