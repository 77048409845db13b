"""From a configuration to the form's inputs, and back. Pure: no widgets here.

An input that nobody moved leaves its setting as it was, so a run whose settings are opened and started again is the
same run, also where an input shows a rounded number or does not know the setting at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.config import DEFAULT_PHASES, PHASE_NAMES, DistillConfig, Phase

NO_TEACHER = "none"
ALL, SOME = "All", "Only some"
KEEP, LABELS, CLASSES = "Keep teacher", "Labels alone", "Some classes"
OWN, USUAL = "As in that run", "The usual three"

_DIRECT = {
    "dataset": "dataset",
    "image_size": "image_size",
    "student": "student",
    "temperature": "objective.temperature",
    "alpha": "objective.alpha",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "seed": "seed",
    "baseline": "baseline",
    "optimiser": "optimiser.optimiser",
    "learning_rate": "optimiser.learning_rate",
    "weight_decay": "optimiser.weight_decay",
    "lr_schedule": "optimiser.lr_schedule",
    "crop_padding": "augmentation.crop_padding",
    "flip": "augmentation.flip",
    "draws": "augmentation.draws",
    "precision": "hardware.precision",
}
_OF_PHASES = {"plan", "phases", "fine_tune", "classes", "easiest"}


def values_of(config: DistillConfig) -> dict[str, Any]:
    """What each input shows for a configuration."""
    warm_up, distil, fine_tune = config.phases if _is_usual(config) else DEFAULT_PHASES
    data = config.model_dump()
    return {
        **{name: _at(data, path) for name, path in _DIRECT.items()},
        "data_folder": config.data_folder or "",
        "teacher": config.teacher or NO_TEACHER,
        "budgeted": ALL if config.label_budget is None else SOME,
        "budget": config.label_budget or 400,
        "threads": config.hardware.threads or 0,
        "plan": USUAL if _is_usual(config) else OWN,
        "phases": (round(100 * warm_up.share), round(100 * (warm_up.share + distil.share))),
        "fine_tune": _ending(fine_tune),
        "classes": list(fine_tune.classes),
        "easiest": round(100 * warm_up.easiest),
    }


def config_of(form: Mapping[str, Any], base: DistillConfig) -> DistillConfig:
    """The configuration the inputs describe: `base`, with what was moved since `values_of(base)`.

    Raises:
        ConfigError: for what a configuration does not take.
    """
    before = values_of(base)
    now = {**before, **form}
    moved = {name for name, value in before.items() if now[name] != value}
    settings: dict[str, Any] = {_DIRECT[name]: now[name] for name in moved & set(_DIRECT)}
    taught = now["teacher"] != NO_TEACHER
    if "teacher" in moved:
        settings["teacher"] = now["teacher"] if taught else None
    if moved & {"dataset", "data_folder"}:
        settings["data_folder"] = (now["data_folder"] or None) if now["dataset"] == "folder" else None
    if moved & {"budgeted", "budget"}:
        settings["label_budget"] = now["budget"] if now["budgeted"] == SOME else None
    if "threads" in moved:
        settings["threads"] = now["threads"] or None
    if now["plan"] == USUAL and (moved & _OF_PHASES or taught != (base.teacher is not None)):
        settings["phases"] = _usual_phases(now, taught, base.phases)
    return base.changed(settings)


def _at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data[part]
    return data


def _ending(fine_tune: Phase) -> str:
    if fine_tune.pool == "classes":
        return CLASSES
    return LABELS if fine_tune.pool == "labelled" else KEEP


def _is_usual(config: DistillConfig) -> bool:
    """Whether the form's inputs can say these phases: warm-up, distil and fine-tune, without settings of their own."""
    if tuple(phase.name for phase in config.phases) != PHASE_NAMES:
        return False
    warm_up, distil, fine_tune = config.phases
    taught = config.teacher is not None
    form = {
        "phases": (0, 0),
        "easiest": 100,
        "fine_tune": _ending(fine_tune),
        "classes": list(fine_tune.classes),
    }
    said = [Phase.model_validate(phase) for phase in _usual_phases(form, taught, config.phases)]
    exact = [
        phase.model_copy(update={"share": own.share, "easiest": own.easiest})
        for phase, own in zip(said, config.phases, strict=True)
    ]
    if not taught and warm_up.pool == "easiest":  # without a teacher nothing says which images are easy
        exact[0] = exact[0].model_copy(update={"pool": "easiest"})
    untouched = [phase.easiest == Phase(name="x", share=0).easiest for phase in (distil, fine_tune)]
    return exact == list(config.phases) and all(untouched)


def _usual_phases(form: Mapping[str, Any], taught: bool, base: tuple[Phase, ...]) -> list[dict[str, Any]]:
    """Warm-up, distil and fine-tune as plain data; how far they scale the learning rate comes from `base`."""
    warm_up, distil, fine_tune = (phase.model_dump(mode="json") for phase in DEFAULT_PHASES)
    if tuple(phase.name for phase in base) == PHASE_NAMES:
        for phase, own in zip((warm_up, distil, fine_tune), base, strict=True):
            phase["lr_scale"] = own.lr_scale
    first, second = form["phases"]
    warm_up |= {"share": first / 100, "easiest": form["easiest"] / 100, "pool": "easiest" if taught else "all"}
    distil |= {"share": round((second - first) / 100, 4)}
    fine_tune |= {"share": round(1 - second / 100, 4)}
    if taught and form["fine_tune"] == LABELS:
        fine_tune |= {"pool": "labelled", "terms": {"ce": 1.0}}
    elif taught and form["fine_tune"] == CLASSES:
        fine_tune |= {"pool": "classes", "classes": form["classes"]}
    return [warm_up, distil, fine_tune]
