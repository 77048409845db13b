"""What a trained classifier of images is like as a teacher: measured once on a test split, and kept as JSON.

The measuring imports torch and is for the worker; `Report` and `kept_report` are light enough for anyone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.cards import ModelCard, load_weights, read_card, replace_file, to_json_bytes
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.home import writable_folder
from distill_core.task import Data, DataFacts, task_named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from distill_core.edge.reliability import Bin

VERSION = 1
"""Of what a report holds; others are made anew."""
TEMPERATURES = (1.0, 4.0)


@dataclass(frozen=True)
class Report:
    """A classifier on a test split.

    Attributes:
        weights_sha256: of the model.
        dataset: whose test split.
        data_sha256: of the data.
        source: what of a configuration says where that data is.
        inputs: how many were answered.
        classes: their names, in the model's order.
        accuracy: 0..1.
        confusion: `[C][C]` counts; a row is what an image shows, a column what it was taken for.
        bins: the answers by confidence, see `reliability.bins_of`.
        calibration_error: the expected calibration error over them, 0..1.
        entropy: the mean entropy of its answers in bits, by temperature.
        date: when it was measured.
        versions: of what measured it.
    """

    weights_sha256: str
    dataset: str
    data_sha256: str
    source: Mapping[str, Any]
    inputs: int
    classes: tuple[str, ...]
    accuracy: float
    confusion: tuple[tuple[int, ...], ...]
    bins: tuple[Bin, ...]
    calibration_error: float
    entropy: Mapping[float, float]
    date: str
    versions: Mapping[str, str]

    @property
    def recall(self) -> tuple[float | None, ...]:
        """Of the images of each class, the share that was recognised; None of a class without images."""
        return tuple(row[place] / sum(row) if sum(row) else None for place, row in enumerate(self.confusion))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """From what `to_dict` made, through JSON or not."""
        from distill_core.edge.reliability import Bin

        fields = {name: value for name, value in data.items() if name != "version"}
        return cls(
            **{
                **fields,
                "classes": tuple(data["classes"]),
                "confusion": tuple(map(tuple, data["confusion"])),
                "bins": tuple(Bin(**each) for each in data["bins"]),
                "entropy": {float(temperature): bits for temperature, bits in data["entropy"].items()},
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {"version": VERSION, **asdict(self)}


def source_of(config: DistillConfig) -> dict[str, Any]:
    """What of a configuration says where its data is."""
    return {name: getattr(config, name) for name in ("dataset", "data_folder", "image_size")}


def kept_report(weights_sha256: str, config: DistillConfig, home: Path) -> Report | None:
    """The report of these weights on this data, if it was made before."""
    for path in sorted(_folder(home).glob(f"{weights_sha256}-*.json"), key=_made, reverse=True):
        try:
            data = json.loads(path.read_bytes())
            if data["version"] == VERSION and data["source"] == source_of(config):
                return Report.from_dict(data)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def make_report(folder: Path, config: DistillConfig, home: Path) -> Report:
    """Answers the whole test split once and keeps what that tells in `home/cache/reports`.

    Args:
        folder: holds `card.json` and `weights.safetensors`.
        config: names the data.
        home: where data sets and reports are.

    Raises:
        ConfigError: if the data has other classes than the model.
        CheckpointError: if the model is damaged.
        DataUnavailable: if the data cannot be had.
        StorageError: if the report cannot be kept.
    """
    import torch

    from distill_core.scoring import answers_of

    card = read_card(folder)
    task = task_named(card.task)
    data = task.load_data(config, home)
    _check_classes(card, data)
    model = load_weights(task.build(card.architecture, facts_of(card), seed=0), folder, card)
    feed = task.feed(data.test, data.facts, None, torch.device("cpu"), False, card)
    logits = answers_of(model, feed, len(data.test)).numpy()
    report = measured(logits, data.test.labels.numpy(), card, config, data.facts.sha256)
    path = writable_folder(_folder(home)) / f"{card.weights_sha256}-{data.facts.sha256}.json"
    replace_file(path, to_json_bytes(report.to_dict()))
    return report


def measured(
    logits: NDArray[Any], labels: NDArray[Any], card: ModelCard, config: DistillConfig, data_sha256: str
) -> Report:
    """What answers tell.

    Args:
        logits: `[N, C]`.
        labels: `[N]`.
        card: of the model.
        config: names the data.
        data_sha256: of the data.
    """
    from datetime import UTC, datetime
    from importlib.metadata import version

    import distill_core
    from distill_core.edge import reliability
    from distill_core.softening import softened

    answers = logits.argmax(axis=1)
    bins = reliability.bins_of(softened(logits).max(axis=1), answers == labels)
    return Report(
        weights_sha256=card.weights_sha256,
        dataset=config.dataset,
        data_sha256=data_sha256,
        source=source_of(config),
        inputs=len(labels),
        classes=card.classes,
        accuracy=float((answers == labels).mean()),
        confusion=reliability.confusion(labels, answers, len(card.classes)),
        bins=bins,
        calibration_error=reliability.calibration_error(bins),
        entropy={each: reliability.mean_entropy(logits, each) for each in TEMPERATURES},
        date=datetime.now(UTC).date().isoformat(),
        versions={"distill_core": distill_core.__version__, "torch": version("torch")},
    )


def facts_of(card: ModelCard) -> DataFacts:
    """The inputs and classes that a saved model was made for."""
    return DataFacts(
        card.dataset, card.classes, card.input_shape, card.mean, card.std, sha256="", vocabulary=card.vocabulary
    )


def _check_classes(card: ModelCard, data: Data) -> None:
    if card.classes != data.facts.classes:
        raise ConfigError(
            f"The model knows {len(card.classes)} classes ({card.classes[0]}, ...), but {data.facts.name} has "
            f"{len(data.facts.classes)} ({data.facts.classes[0]}, ...). Nothing can be said of it on these images."
        )


def _folder(home: Path) -> Path:
    return home / "cache" / "reports"


def _made(path: Path) -> int:
    """When a report was made: of two about data of one name the newer counts."""
    return path.stat().st_mtime_ns
