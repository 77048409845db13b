"""How long the training of runs may take, before they begin: by how fast the same models learned here before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from distill_core.cards import parted
from distill_core.config import WISHES, DistillConfig
from distill_core.insight.levels import counted
from distill_core.insight.words import about
from distill_core.runs.records import RunRecord
from distill_core.studies.evidence import inputs_of
from distill_core.studies.plan import Job
from distill_core.studies.standing import standing

_SLOWS_NOTHING: dict[str, Any] = {
    "name": True,
    "seed": True,
    "baseline": True,
    "label_budget": True,
    "labels_file": True,
    "student": True,
    "terms": True,
    "phases": True,
    "objective": {"temperature", "alpha"},
    "optimiser": {"learning_rate", "weight_decay", "lr_warmup"},
    "training": {"epochs", *WISHES},
}
"""Settings that change how long a run is, what it learns or what it is called, but not how long a step takes; student,
terms and phases are looked at apart."""


def training_seconds(known: Sequence[RunRecord], wanted: Sequence[DistillConfig]) -> float | None:
    """How long the steps of these runs may take, and of the baselines that nobody has made for them yet.

    Told by how many inputs a second a student took in that learned in the same way. Of several the quickest counts, for
    it was disturbed least.

    Args:
        known: the stored runs and baselines, newest first.
        wanted: the runs, in the order in which they train.

    Returns:
        None if one of them learns in a way that none has here.
    """
    finished = [record for record in known if record.status == "finished"]
    ahead = [*wanted, *_missing_baselines(finished, wanted)]
    paces = _seconds_an_input(finished)
    inputs = {data: inputs_of(config) for data, config in {_data(each): each for each in ahead}.items()}
    total = 0.0
    for config in ahead:
        pace, count = paces.get(_way(config)), inputs[_data(config)]
        if pace is None or count is None:
            return None
        total += config.training.epochs * count * pace
    return total


def study_seconds(known: Sequence[RunRecord], jobs: Sequence[Job]) -> float | None:
    """The same for what a study still lacks."""
    found = standing(known, jobs).jobs
    lacking = (job.config for job, record in found if record is None or record.status != "finished")
    return training_seconds(known, list({config.fingerprint(): config for config in lacking}.values()))


def in_words(seconds: float) -> str:
    """``about 40 s of training``, by what that goes, and what comes on top of it."""
    return (
        f"{about(seconds)} of training, by how fast the same models learned here; the teacher's answers, validation, "
        "export and measuring come on top"
    )


def _missing_baselines(finished: Sequence[RunRecord], wanted: Sequence[DistillConfig]) -> list[DistillConfig]:
    """Those that the runs ask for, each once."""
    asking = (config for config in wanted if config.baseline and config.teacher is not None)
    needed = {baseline.fingerprint(): baseline for config in asking for baseline in [config.baseline_config()]}
    made = {record.fingerprint for record in finished}
    return [baseline for fingerprint, baseline in needed.items() if fingerprint not in made]


def _seconds_an_input(finished: Sequence[RunRecord]) -> dict[str, float]:
    """Of each way in which something learned here, the least."""
    found: dict[str, float] = {}
    for record in finished:
        if speed := (record.summary or {}).get("images_per_second"):
            way = _way(record.config)
            found[way] = min(1 / speed, found.get(way, 1 / speed))
    return found


def _way(config: DistillConfig) -> str:
    """All that decides how long a step takes."""
    plain = all(phase.terms is None for phase in config.phases) and not any(term.phases for term in config.terms)
    phases = [] if plain else config.model_dump(mode="json", include={"phases", "terms"})
    rest = config.model_dump(mode="json", exclude=_SLOWS_NOTHING)
    return repr((parted(config.student)[1], sorted(counted(config)), phases, rest))


def _data(config: DistillConfig) -> tuple[object, ...]:
    return config.task, config.dataset, config.data_folder
