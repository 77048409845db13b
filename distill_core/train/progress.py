"""How far a run has come: all that changes while it trains, and all that a checkpoint keeps."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from distill_core.errors import CheckpointError
from distill_core.train.checkpoint import (
    load_checkpoint,
    pack_optimiser,
    save_checkpoint,
    under_prefix,
    unpack_optimiser,
    with_prefix,
)
from distill_core.train.logbook import StopWatch, TermMeans, TrainAccuracy
from distill_core.train.setup import Workshop


@dataclass
class Progress:
    """The changing state of a run.

    Epochs count from 1; `best` holds the weights that validation prefers; `student_says` the logits `[N, C]` by which a
    phase that ranks images by the student's own loss has ranked them when it began; `temperature` and `gradients` are
    the last step's; `positions` counts those that losses were taken over, a repeated one again (None if a part of the
    training did not count); `writing_seconds` is what the teacher took to write answers; `untrained` is how a student
    that begins with its teacher's layers did in the test before step 0.
    """

    step: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    best_accuracy: float = -1.0
    best_epoch: int = 0
    epochs_judged: int = 0
    last_accuracy: float = 0.0
    training: StopWatch = field(default_factory=StopWatch)
    means: TermMeans = field(default_factory=TermMeans)
    train_accuracy: TrainAccuracy = field(default_factory=TrainAccuracy)
    student_says: Tensor | None = None
    temperature: float = 1.0
    gradients: dict[str, float] | None = None
    untrained: dict[str, Any] | None = None
    positions: int | None = 0
    writing_seconds: float = 0.0

    def judge(self, accuracy: float, epoch: int, shop: Workshop) -> bool:
        """Takes in a validation accuracy; keeps the weights and says True if it is the best so far."""
        self.last_accuracy, self.epochs_judged = accuracy, epoch
        if accuracy <= self.best_accuracy:
            return False
        self.best_accuracy, self.best_epoch, self.best = accuracy, epoch, weights_of(shop.student)
        return True

    def save(self, folder: Path, shop: Workshop) -> Path:
        """Writes a checkpoint; raises StorageError if it cannot be written."""
        optimiser, optimiser_values = pack_optimiser(shop.optimiser.state_dict())
        tensors = {
            **with_prefix("student", shop.student.state_dict()),
            **with_prefix("terms", shop.terms.state_dict()),
            **with_prefix("best", self.best),
            **with_prefix("optimiser", optimiser),
            "rng": torch.get_rng_state(),
        }
        if self.student_says is not None:
            tensors["student_says"] = self.student_says
        values = {
            "fingerprint": shop.config.fingerprint(),
            "data_sha256": shop.data.facts.sha256,
            "teacher_sha256": _teacher_sha256(shop),
            "beginning_sha256": _beginning_sha256(shop),
            "step": self.step,
            "best_accuracy": self.best_accuracy,
            "best_epoch": self.best_epoch,
            "epochs_judged": self.epochs_judged,
            "last_accuracy": self.last_accuracy,
            "seconds": self.training.seconds,
            "train_right": self.train_accuracy.right,
            "train_seen": self.train_accuracy.seen,
            "terms": asdict(self.means),
            "asked": shop.answers.asked if shop.answers else 0,
            "forwards": shop.answers.forwards if shop.answers else 0,
            "optimiser": optimiser_values,
            "untrained": self.untrained,
            "positions": self.positions,
            "writing_seconds": self.writing_seconds,
        }
        return save_checkpoint(folder, tensors, values)

    @classmethod
    def restore(cls, folder: Path, shop: Workshop) -> Progress:
        """Brings a workshop back to its checkpoint.

        Raises:
            CheckpointError: if there is none, it is damaged, or it belongs to other settings or data.
        """
        tensors, values = load_checkpoint(folder)
        for what, kept, present in (
            ("settings", values["fingerprint"], shop.config.fingerprint()),
            ("data", values["data_sha256"], shop.data.facts.sha256),
            ("teacher", values["teacher_sha256"], _teacher_sha256(shop)),
            ("first layers", values.get("beginning_sha256", ""), _beginning_sha256(shop)),
        ):
            if kept != present:
                raise CheckpointError(
                    f"The checkpoint in {folder} was made with other {what} ({kept[:12]}, now {present[:12]}). "
                    f"Resume it with the {what} it was made with, or start a new run."
                )
        try:
            shop.student.load_state_dict(under_prefix("student", tensors))
            shop.terms.load_state_dict(under_prefix("terms", tensors))
        except RuntimeError as error:
            raise CheckpointError(
                f"The checkpoint in {folder} does not fit {shop.config.student} as it is built now "
                f"({str(error).splitlines()[0]}). Start a new run."
            ) from None
        shop.optimiser.load_state_dict(unpack_optimiser(under_prefix("optimiser", tensors), values["optimiser"]))
        torch.set_rng_state(tensors["rng"])
        if shop.answers:
            shop.answers.asked, shop.answers.forwards = values["asked"], values["forwards"]
        return cls(
            step=values["step"],
            best=under_prefix("best", tensors),
            best_accuracy=values["best_accuracy"],
            best_epoch=values["best_epoch"],
            epochs_judged=values["epochs_judged"],
            last_accuracy=values["last_accuracy"],
            training=StopWatch(values["seconds"]),
            means=TermMeans(**values["terms"]),
            train_accuracy=TrainAccuracy(values["train_right"], values["train_seen"]),
            student_says=tensors.get("student_says"),
            untrained=values.get("untrained"),
            positions=values.get("positions"),
            writing_seconds=values.get("writing_seconds", 0.0),
        )


def _teacher_sha256(shop: Workshop) -> str:
    return shop.teacher.card.weights_sha256 if shop.teacher else ""


def _beginning_sha256(shop: Workshop) -> str:
    return shop.beginning.weights_sha256 if shop.beginning else ""


def weights_of(model: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of a model's state."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
