"""A new run whose student begins with the weights that another run has reached; that one is left as it is.

The weights are copied to ``forks/<the other run>`` in the home, so that neither run needs the other any more. They go
when the last run that begins with them is deleted for good; see `fork_files`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from distill_core.cards import (
    CARD,
    FORKS,
    SUFFIX,
    WEIGHTS,
    ModelCard,
    read_card,
    replace_file,
    to_json_bytes,
    weights_file,
)
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError, DistillError, StorageError
from distill_core.home import writable_folder
from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.insight.settings import differences
from distill_core.insight.words import percent
from distill_core.runs.records import RunRecord
from distill_core.runs.saved_state import progress_in, taken_out
from distill_core.task import task_named
from distill_core.vision.models.saved import signed

SAID = {"temperature": "T", "learning_rate": "learning rate"}
HOW = "Optimiser, schedule and phases start anew, and its baseline begins with the same weights."
_PLACE = re.compile(r"-(step|epoch)-(\d+)")
Which = Literal["latest", "best"]


@dataclass(frozen=True)
class Point:
    """Weights that a run has kept.

    Attributes:
        which: the latest, or those that validation likes best.
        step: after which they are, where it is known.
        epoch: after which they are, where it is known.
        accuracy: on validation, where it is known.
    """

    which: Which
    step: int | None
    epoch: int | None
    accuracy: float | None

    @property
    def place(self) -> str:
        """``step 400`` or ``epoch 3``."""
        return f"step {self.step:,}" if self.step is not None else f"epoch {self.epoch}"

    @property
    def said(self) -> str:
        """Such as ``Best on validation: epoch 3, 84.1%``."""
        scored = f", {percent(self.accuracy)}" if self.accuracy is not None else ""
        return f"{'Best on validation' if self.which == 'best' else 'Latest'}: {self.place}{scored}"


def why_not(record: RunRecord) -> str | None:
    """Why a run cannot be forked now, in a sentence that says what to do; None if it can."""
    if record.deleted is not None:
        return "This run was deleted meanwhile. Restore it on the Runs page to fork it."
    if keeps_teachers_classifier(record.config):
        return "Its student answers through the teacher's classifier, and no other can begin with such weights."
    if record.live and record.status != "paused":
        return "Pause the run first: then its weights are kept."
    if not points(record):
        kept = "Its student has kept no weights yet."
        return f"{kept} Let it train for some steps, and pause it then." if record.live else f"{kept} Resume it first."
    return None


def points(record: RunRecord) -> list[Point]:
    """The weights that a run has kept: none, the latest, or the latest and the best."""
    if record.status == "finished":
        return _of_finished(record)
    path = _checkpoint(record)
    if not path.is_file():
        return []
    try:
        values = progress_in(path)
    except CheckpointError:
        return []
    if not values["step"]:
        return []
    found = [Point("latest", values["step"], None, None)]
    if values["best_epoch"]:
        found.append(Point("best", None, values["best_epoch"], values["best_accuracy"]))
    return found


def forked_at(record: RunRecord, home: Path, steps_per_epoch: int) -> list[int]:
    """The steps of a run from which others began; a fork of the best epoch counts where that ended."""
    folder = home / FORKS / record.id
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    places = [found.groups() for name in names if (found := _PLACE.search(name))]
    return sorted({int(number) * (steps_per_epoch if unit == "epoch" else 1) for unit, number in places})


def fork(record: RunRecord, point: Point, home: Path, changes: dict[str, Any]) -> DistillConfig:
    """Keeps the weights of a run and says the run that begins with them.

    Args:
        record: the run that is left as it is: paused, or over.
        point: one of its `points`.
        home: the workbench's folder.
        changes: settings by their names that differ from the run's.

    Raises:
        ConfigError: if a setting is wrong; nothing is written then.
        CheckpointError: if the weights cannot be read.
        StorageError: if they cannot be written.
    """
    config = record.config.changed(changes)
    config = config.changed({"name": _name(record, point, config)})
    if reason := why_not(record):
        raise DistillError(reason)
    keep = _keep_file if config.task == "vision" else _keep_model
    return keep(record, point, writable_folder(home.absolute() / FORKS / record.id), config)


def _name(record: RunRecord, point: Point, config: DistillConfig) -> str:
    """Such as ``fork of 7f3a at step 400, T 8``."""
    changed = differences([record.config, config])
    parts = [
        f"fork of {record.short} at {point.place}",
        *(f"{SAID.get(key, key)} {of[1]:g}" for key, of in changed.items()),
    ]
    return ", ".join(parts)[:80]


def _keep_file(record: RunRecord, point: Point, folder: Path, config: DistillConfig) -> DistillConfig:
    """For a task whose student can begin with a file: ``weights.safetensors@ARCHITECTURE``."""
    weights, numbers, mark = _weights(record, point)
    if record.status == "finished" or task_named(config.task).foreseen(record.config).named:
        weights = signed(weights, _card(record, point, numbers).classes)
    path = _free(folder / f"{record.short}-{mark}{SUFFIX}", weights)
    replace_file(path, weights)
    return config.changed({"student": f"{path}@{task_named(config.task).bare(config.student)}"})


def _keep_model(record: RunRecord, point: Point, folder: Path, config: DistillConfig) -> DistillConfig:
    """For a task whose student can begin with all blocks of a trained model."""
    weights, numbers, mark = _weights(record, point)
    model = writable_folder(_free(folder / f"{record.short}-{mark}" / WEIGHTS, weights).parent)
    card = _card(record, point, numbers).model_copy(update={"weights_sha256": hashlib.sha256(weights).hexdigest()})
    replace_file(model / WEIGHTS, weights)
    replace_file(model / CARD, to_json_bytes(card.model_dump(mode="json")))
    return config.changed({"begin_from": str(model), "begin_layers": "uniform"})


def _free(path: Path, weights: bytes) -> Path:
    """The path, or one like it, where no other weights are: an earlier fork may still need those."""
    folder, name = (path.parent.parent, path.parent.name) if path.name == WEIGHTS else (path.parent, path.stem)
    for number in range(1, 1000):
        stem = name if number == 1 else f"{name}-{number}"
        path = folder / stem / WEIGHTS if path.name == WEIGHTS else folder / f"{stem}{SUFFIX}"
        if not path.exists() or path.read_bytes() == weights:
            return path
    raise StorageError(f"There are too many forks in {folder}. Remove some that no run needs any more.")


def _weights(record: RunRecord, point: Point) -> tuple[bytes, int, str]:
    """The weights as a file's bytes, how many numbers they are, and where they are from, fit for a file's name."""
    if record.status == "finished":
        source = _folder(record, point)
        card = read_card(source)
        return weights_file(source, card), card.parameters, point.place.replace(",", "").replace(" ", "-")
    payload, numbers, values = taken_out(_checkpoint(record), "student" if point.which == "latest" else "best")
    mark = f"step-{values['step']}" if point.which == "latest" else f"epoch-{values['best_epoch']}"
    return payload, numbers, mark


def _card(record: RunRecord, point: Point, numbers: int) -> ModelCard:
    """What a run's weights are: of a finished run as it says, else as its configuration foresees."""
    if record.status == "finished":
        return read_card(_folder(record, point))
    config, task = record.config, task_named(record.config.task)
    facts = task.foreseen(config).facts(config.dataset)
    return ModelCard(
        task=config.task,
        architecture=task.bare(config.student),
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=facts.mean,
        std=facts.std,
        dataset=facts.name,
        parameters=numbers,
        vocabulary=facts.vocabulary,
    )


def _of_finished(record: RunRecord) -> list[Point]:
    summary = record.summary or {}
    student = summary.get("student") or {}
    known = [
        Point("latest", summary.get("steps"), None, student.get("last_accuracy")),
        Point("best", None, student.get("best_epoch"), student.get("validation_accuracy")),
    ]
    return [point for point in known if (point.step or point.epoch) and (_folder(record, point) / WEIGHTS).is_file()]


def _folder(record: RunRecord, point: Point) -> Path:
    return record.folder / ("last" if point.which == "latest" else "best")


def _checkpoint(record: RunRecord) -> Path:
    return record.folder / "checkpoint" / "state.safetensors"
