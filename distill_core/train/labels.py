"""The labels a run may see: a budget of the data set's own, or a file of the user's."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.task import Data, Split, Task, no_matter, no_progress
from distill_core.train.pools import visible_labels


def data_and_labels(
    config: DistillConfig,
    task: Task,
    home: Path,
    between: Callable[[], None] = no_matter,
    progress: Callable[[int, int], None] = no_progress,
) -> tuple[Data, Tensor]:
    """A run's data, and which of its training labels the student may see, `[N]` bool.

    With `labels_file` the training labels are the file's, and only those are seen; validation and test keep theirs.

    Args:
        config: of the run.
        task: of the configuration.
        home: for downloads.
        between: called between the pieces of a download; may raise to end it.
        progress: told how many labels a model has written, where the data lacks them; may raise to end it.

    Raises:
        DistillError: if the data cannot be had, or the budget or the file does not fit it.
    """
    data = task.load_data(config, home, between, progress)
    if config.labels_file is None:
        groups, budget = len(data.facts.groups), config.label_budget
        return data, visible_labels(data.train.groups, groups, budget, config.seed, task.noun)
    if config.label_budget is not None:
        raise ConfigError(
            f"label_budget: got {config.label_budget} together with labels_file; the file says which labels are seen, "
            "so leave the budget at all"
        )
    if data.train.labels.ndim > 1:
        raise ConfigError(f"labels_file: labels of {config.dataset} are texts; write them into its own file instead")
    path = Path(config.labels_file).expanduser()
    labels, seen = data.train.labels.clone(), torch.zeros(len(data.train), dtype=torch.bool)
    for image, label in read_labels(path, data.facts.classes, len(data.train)):
        labels[image], seen[image] = label, True
    mixed = hashlib.sha256(f"{data.facts.sha256}\n{_sha256(path)}".encode()).hexdigest()
    facts = dataclasses.replace(data.facts, sha256=mixed)
    return dataclasses.replace(data, facts=facts, train=Split(data.train.inputs, labels)), seen


def read_labels(path: Path, classes: tuple[str, ...], images: int) -> Iterator[tuple[int, int]]:
    """Image numbers and class numbers from a CSV file with the columns ``image`` and ``label``.

    Args:
        path: of the file; a label is a class's name, or its number where no class is called that.
        classes: names of the C classes.
        images: of the transfer set; they are numbered from 0.

    Raises:
        ConfigError: if the file cannot be read, a line is wrong, an image comes twice, or there is no line.
    """
    by_name = {str(n): n for n in range(len(classes))} | {name: number for number, name in enumerate(classes)}
    seen: set[int] = set()
    for line, row in enumerate(_rows(path), start=2):
        image, label = (row.get("image") or "").strip(), (row.get("label") or "").strip()
        if not image.isdecimal() or int(image) >= images:
            raise ConfigError(f"{path}, line {line}: got image {image!r}; images are numbered 0 to {images - 1}")
        if label not in by_name:
            raise ConfigError(
                f"{path}, line {line}: got label {label!r}; the classes are {', '.join(classes)} (or 0 to "
                f"{len(classes) - 1})"
            )
        if int(image) in seen:
            raise ConfigError(f"{path}, line {line}: image {image} has a label already; keep one of the lines")
        seen.add(int(image))
        yield int(image), by_name[label]
    if not seen:
        raise ConfigError(f"{path} has no labels; write lines image,label below the heading")


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            if not {"image", "label"} <= set(reader.fieldnames or ()):
                raise ConfigError(f"{path}: the first line must name the columns image,label")
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"labels_file: {path} cannot be read ({why}); name a CSV file of image,label") from None


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
