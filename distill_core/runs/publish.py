"""Makes a teacher of a finished run: its weights, and a card that says exactly how to make them again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from distill_core import presets
from distill_core.cards import (
    CARD,
    HF,
    WEIGHTS,
    ModelCard,
    is_path,
    parted,
    read_card,
    replace_file,
    to_json_bytes,
    weights_file,
    without_folder,
)
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DistillError
from distill_core.home import RUN_ID, writable_folder
from distill_core.insight.names import OWN_DATA, OWN_FILES
from distill_core.insight.settings import differences, terminal_command
from distill_core.runs.records import RunRecord
from distill_core.task import task_named


def publish(record: RunRecord, name: str, folder: Path, *, replace: bool = False, stays: bool = False) -> ModelCard:
    """Copies a run's best weights into a teacher's folder, with their provenance.

    Args:
        record: a finished run.
        name: what the teacher is called, ``[a-z0-9-]+``.
        folder: where `card.json` and `weights.safetensors` go.
        replace: whether a teacher that is there already may be replaced.
        stays: whether it stays on this machine; then its card keeps where the user's own data are.

    Returns:
        The card as written. Its provenance holds no path of this machine, but for `stays`.

    Raises:
        ConfigError: if the name cannot be used or the folder holds a model already.
        DistillError: if the run is not finished.
        CheckpointError: if its weights are missing or damaged.
        StorageError: if the folder cannot be written.
    """
    if not RUN_ID.match(name):
        raise ConfigError(f"name: got {name!r}; a teacher's name has small letters, digits and dashes")
    if record.status != "finished" or record.summary is None:
        raise DistillError(f"The run {record.id} is {record.status}; only a finished run can be published.")
    if not replace and (folder / CARD).exists():
        raise ConfigError(f"There is a model in {folder} already. Choose another place, or pass --replace.")
    source = record.folder / "best"
    card = read_card(source)
    weights = weights_file(source, card)
    where = record.config.data_folder if stays and record.config.dataset in OWN_FILES else None
    here = {OWN_DATA: str(Path(where).expanduser().absolute())} if where else {}
    card = card.model_copy(update={"provenance": {**provenance(record, card), **here}})
    writable_folder(folder)
    replace_file(folder / WEIGHTS, weights)
    replace_file(folder / CARD, to_json_bytes(card.model_dump(mode="json")))
    return card


def home_of_teacher(home: Path, task: str, name: str) -> Path:
    """Where a teacher goes to be found by its name alone.

    Raises:
        ConfigError: if an embedded teacher has the name, for that one would be found.
    """
    if name in {choice.name for choice in task_named(task).teachers()}:
        raise ConfigError(
            f"name: {name!r} is the name of a teacher that is part of the workbench. Choose another name, or a folder "
            "with --to and name that folder as the teacher."
        )
    return home / "teachers" / name


def provenance(record: RunRecord, card: ModelCard) -> dict[str, Any]:
    """How the weights were made and how to make them again, as plain data without paths of this machine."""
    config = portable(record.config)
    summary = record.summary or {}
    return {
        "command": retraining_command(config),
        "config": config.model_dump(mode="json", exclude={"name"}),
        "seed": config.seed,
        "dataset": card.dataset,
        "data_sha256": summary.get("data_sha256"),
        "labels_seen": card.labels_seen,
        "accuracy": card.accuracy,
        "accuracy_on": card.accuracy_on,
        "validation_accuracy": (summary.get("student") or {}).get("validation_accuracy"),
        "best_epoch": (summary.get("student") or {}).get("best_epoch"),
        "training_seconds": summary.get("seconds"),
        "threads": summary.get("threads"),
        "memory_format": summary.get("memory_format"),
        "teacher": config.teacher,
        "teacher_sha256": card.provenance.get("teacher_sha256"),
        **_beginning(config, card),
        "versions": summary.get("versions"),
        "date": datetime.fromtimestamp(record.ended or record.created, UTC).date().isoformat(),
    }


def _beginning(config: DistillConfig, card: ModelCard) -> dict[str, Any]:
    """Whose layers the weights began with, where they did."""
    beginning = card.provenance.get("beginning")
    return {"beginning": {**beginning, "model": config.begins_from}} if beginning else {}


def portable(config: DistillConfig) -> DistillConfig:
    """The configuration without paths of this machine: of a folder only its name is left.

    Where a downloaded data set lay does not matter, since its hash is kept; so that goes altogether.
    """
    changes: dict[str, Any] = {}
    if config.data_folder is not None:
        changes["data_folder"] = Path(config.data_folder).name if config.dataset in OWN_FILES else None
    if config.labels_file is not None:
        changes["labels_file"] = Path(config.labels_file).name
    if config.teacher is not None and is_path(config.teacher):
        changes["teacher"] = _last_names(Path(config.teacher))
    if config.begin_from is not None and is_path(config.begin_from):
        changes["begin_from"] = _last_names(Path(config.begin_from))
    for name in ("teacher", "begin_from", "student"):
        reference = getattr(config, name)
        if reference is not None and (reference.startswith(HF) or parted(reference)[0]):
            changes[name] = without_folder(reference)
    return config.model_copy(update=changes)


def portable_card(card: ModelCard) -> ModelCard:
    """A card without paths of this machine: of a model that lies in a folder only the folder's name is left."""
    vocabulary = card.vocabulary and replace(card.vocabulary, source=without_folder(card.vocabulary.source))
    return card.model_copy(update={"architecture": without_folder(card.architecture), "vocabulary": vocabulary})


def retraining_command(config: DistillConfig) -> str:
    """The command that trains these weights again, from the preset that is nearest."""
    loaded = {name: presets.load(name) for name in presets.names()}
    nearest = min(loaded, key=lambda name: len(differences([loaded[name], config])))
    return terminal_command(config, loaded[nearest], nearest)


def _last_names(folder: Path) -> str:
    """A folder's name; for a run's weights, the run's name too."""
    return "/".join(folder.parts[-2:]) if folder.name in ("best", "last") else folder.name
