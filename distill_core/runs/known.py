"""What earlier runs say of a model that is chosen again: how accurate it became, how quickly it answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from distill_core.config import DistillConfig
from distill_core.insight.baseline import keeps_teachers_classifier
from distill_core.runs.measured import cpu_ms
from distill_core.runs.records import RunRecord


@dataclass(frozen=True)
class Known:
    """Of the newest finished run that measured it.

    Attributes:
        run: what the run is called.
        cpu_ms: CPU time for one input, in milliseconds.
        accuracy: on the run's test split, from 0 to 1; None if the run does not say.
    """

    run: str
    cpu_ms: float
    accuracy: float | None


def known_of(
    records: Iterable[RunRecord], role: Literal["student", "teacher"], name: str, like: DistillConfig
) -> Known | None:
    """What the newest run with this student or teacher on this data measured of it; None if there is none.

    A student that is deployed with its teacher's classifier is another model than the same without.

    Args:
        records: newest first.
        role: the model's part in the run.
        name: the model, as configurations name it.
        like: a run on the same data: accuracy is on them, and the size of an input decides the time.
    """
    for record in records:
        config, summary = record.config, record.summary
        if not summary or getattr(config, role) != name or _data(config) != _data(like):
            continue
        if role == "student" and keeps_teachers_classifier(config) != keeps_teachers_classifier(like):
            continue
        if (time := cpu_ms(summary, role)) is not None:
            return Known(record.name or record.id, time, (summary.get(role) or {}).get("accuracy"))
    return None


def _data(config: DistillConfig) -> tuple[object, ...]:
    return config.dataset, config.data_folder, config.image_size, config.text_length
