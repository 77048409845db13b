"""From a configuration to the form's inputs, and back. Pure: no widgets here.

An input that nobody moved leaves its setting as it was, so a run whose settings are opened and started again is the
same run, also where an input shows a rounded number or does not know the setting at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.config import DEFAULT_PHASES, LAYER_MODES, PHASE_NAMES, TEACHER, BlockChoice, DistillConfig, Phase
from distill_core.insight.names import OWN_FILES
from distill_core.losses.registry import LOSSES
from pages.components.form.phase_values import LEVELS, each_phase_of, each_phase_values, level_of, level_values

NO_TEACHER = "none"
RANDOM = "random"
ALL, SOME, FILE = "All", "Only some", "From a file"
KEEP, LABELS, CLASSES = "Teacher", "Labels alone", "Some classes"
USUAL, OWN = "The usual three", "Phase by phase"
WARM_UP_POOLS = ("all", "easiest", "curriculum")
BY_HAND = "by hand"
LAYER_MAPS = (*LAYER_MODES, BY_HAND)
METHODS = tuple(name for name in LOSSES if name not in ("ce", "kd"))

_DIRECT = {
    "dataset": "dataset",
    "image_size": "image_size",
    "student": "student",
    "temperature": "objective.temperature",
    "alpha": "objective.alpha",
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "gradient_shares": "training.gradient_shares",
    "seed": "seed",
    "baseline": "baseline",
    "optimiser": "optimiser.optimiser",
    "learning_rate": "optimiser.learning_rate",
    "weight_decay": "optimiser.weight_decay",
    "lr_schedule": "optimiser.lr_schedule",
    "crop_padding": "augmentation.crop_padding",
    "flip": "augmentation.flip",
    "draws": "augmentation.draws",
    "randaugment": "augmentation.randaugment",
    "mixup": "augmentation.mixup",
    "cutmix": "augmentation.cutmix",
    "precision": "hardware.precision",
}
_RAMPS = [f"{what}_{part}_{i}" for what in ("temperature", "alpha") for part in ("own", "from", "to") for i in range(3)]
_OF_PHASES = {"plan", "phases", "fine_tune", "classes", "easiest", "warm_up_pool", "ease", *_RAMPS}
_OF_PHASES |= {f"lr_scale_{i}" for i in range(3)}
_OF_METHODS = {f"{what}_{name}" for what in ("use", "weight", "on", "warmup", "layers", "pairs") for name in METHODS}
_OF_METHODS |= {f"option_{name}_{option}" for name in METHODS for option in LOSSES[name].options}


def values_of(config: DistillConfig) -> dict[str, Any]:
    """What each input shows for a configuration."""
    phases = config.phases if _is_usual(config) else DEFAULT_PHASES
    data = config.model_dump()
    return {
        **{name: _at(data, path) for name, path in _DIRECT.items()},
        "data_folder": config.data_folder or "",
        "teacher": config.teacher or NO_TEACHER,
        "begin_from": config.begin_from or RANDOM,
        **_beginning_values(config.begin_layers),
        "budgeted": FILE if config.labels_file else ALL if config.label_budget is None else SOME,
        "budget": config.label_budget or 400,
        "labels_file": config.labels_file or "",
        "threads": config.hardware.threads or 0,
        "micro_batch": config.training.micro_batch or 0,
        "top_k": config.objective.top_k or 0,
        "on_policy": round(100 * config.training.on_policy),
        "clip_norm": config.optimiser.clip_norm or 0.0,
        "plan": USUAL if _is_usual(config) else OWN,
        **_phase_values(config, phases),
        **each_phase_values(config),
        **_method_values(config),
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
    if "student" in moved:
        settings["student"] = now["student"].strip()
    taught = now["teacher"] != NO_TEACHER
    if "teacher" in moved:
        settings["teacher"] = now["teacher"].strip() if taught else None
    if "begin_from" in moved or (not taught and now["begin_from"] == TEACHER):
        begins = taught or now["begin_from"] != TEACHER
        settings["begin_from"] = now["begin_from"] if begins and now["begin_from"] != RANDOM else None
    if moved & {"begin_layers", "begin_blocks"}:
        by_hand = now["begin_layers"] == BY_HAND
        settings["begin_layers"] = _blocks(now["begin_blocks"]) if by_hand else now["begin_layers"]
    if moved & {"dataset", "data_folder"}:
        settings["data_folder"] = (now["data_folder"] or None) if now["dataset"] in OWN_FILES else None
    if moved & {"budgeted", "budget", "labels_file"}:
        settings["label_budget"] = now["budget"] if now["budgeted"] == SOME else None
        settings["labels_file"] = (now["labels_file"].strip() or None) if now["budgeted"] == FILE else None
    if "threads" in moved:
        settings["threads"] = now["threads"] or None
    if "micro_batch" in moved:
        settings["training.micro_batch"] = now["micro_batch"] or None
    if "top_k" in moved:
        settings["objective.top_k"] = now["top_k"] or None
    if "on_policy" in moved or not taught:
        settings["training.on_policy"] = now["on_policy"] / 100 if taught else 0.0
    if "clip_norm" in moved:
        settings["clip_norm"] = now["clip_norm"] or None
    if now["plan"] == USUAL and (moved & _OF_PHASES or taught != (base.teacher is not None)):
        settings["phases"] = _usual_phases(now, taught)
    if now["plan"] == OWN and (each := {name for name in moved if name.startswith("each_")}):
        settings["phases"] = each_phase_of(now, each, base)
    if moved & _OF_METHODS or taught != (base.teacher is not None) or (base.terms and "phases" in settings):
        names = phase_names(now) if "phases" in settings else tuple(phase.name for phase in base.phases)
        settings["terms"] = _terms(now, moved, taught, base, names)
    return base.changed(settings)


def _beginning_values(layers: BlockChoice) -> dict[str, str]:
    """What the inputs of the student's first layers show."""
    if isinstance(layers, tuple):
        return {"begin_layers": BY_HAND, "begin_blocks": ", ".join(map(str, layers))}
    return {"begin_layers": layers, "begin_blocks": ""}


def _blocks(text: str) -> list[int] | str:
    """``1, 4`` -> [1, 4]; what are no numbers is left as it is, for the configuration to refuse."""
    parts = text.replace(",", " ").split()
    return [int(part) for part in parts] if parts and all(part.isdecimal() for part in parts) else text


def phase_names(form: Mapping[str, Any]) -> tuple[str, ...]:
    """What the phases that the inputs describe are called."""
    if form["plan"] == USUAL:
        return PHASE_NAMES
    return tuple(form[f"each_name_{i}"] for i in range(form["each_count"]))


def names_of_terms(form: Mapping[str, Any], base: DistillConfig) -> list[str]:
    """The further terms that the inputs describe, in the order of the settings: those of `base`, then the new ones."""
    kept = [term.loss for term in base.terms]
    names = [name for name in kept if name not in METHODS or form[f"use_{name}"]]
    return names + [name for name in METHODS if form[f"use_{name}"] and name not in kept]


def _at(data: Any, path: str) -> Any:
    for part in path.split("."):
        data = data[part]
    return data


def _ending(fine_tune: Phase) -> str:
    if fine_tune.pool == "classes":
        return CLASSES
    return LABELS if fine_tune.pool == "labelled" else KEEP


def _phase_values(config: DistillConfig, phases: tuple[Phase, ...]) -> dict[str, Any]:
    """What the inputs show for warm-up, distil and fine-tune."""
    warm_up, distil, fine_tune = phases
    values: dict[str, Any] = {
        "phases": (round(100 * warm_up.share), round(100 * (warm_up.share + distil.share))),
        "fine_tune": _ending(fine_tune),
        "classes": list(fine_tune.classes),
        "easiest": round(100 * warm_up.easiest),
        "warm_up_pool": warm_up.pool,
        "ease": warm_up.ease,
    }
    for i, phase in enumerate(phases):
        values[f"lr_scale_{i}"] = phase.lr_scale
        for what in LEVELS:
            values |= {f"{name}_{i}": value for name, value in level_values(phase, config, what).items()}
    return values


def _method_values(config: DistillConfig) -> dict[str, Any]:
    """What the inputs show for every method, chosen or not; no phases chosen means all."""
    terms = {term.loss: term for term in config.terms}
    values: dict[str, Any] = {}
    for name in METHODS:
        term = terms.get(name)
        weight = LOSSES[name].weight if term is None or term.weight is None else term.weight
        layers = term.layers if term else LAYER_MODES[0]
        by_hand = isinstance(layers, tuple)
        values |= {
            f"use_{name}": term is not None,
            f"weight_{name}": float(weight),
            f"on_{name}": list(term.phases) if term else [],
            f"warmup_{name}": round(100 * term.warmup) if term else 0,
            f"layers_{name}": BY_HAND if by_hand else layers,
            f"pairs_{name}": list(layers) if by_hand else [],
        }
        for option, default in LOSSES[name].defaults.items():
            given = term.options.get(option, default) if term else default
            values[f"option_{name}_{option}"] = _shown(given, default)
    return values


def _shown(given: Any, default: float | bool) -> float | bool:
    """An option as its input can show it; the default where a hand-written file has something else there."""
    if isinstance(default, bool) or isinstance(given, bool):
        return given if isinstance(given, bool) and isinstance(default, bool) else default
    return float(given) if isinstance(given, int | float) else float(default)


def _terms(
    form: Mapping[str, Any], moved: set[str], taught: bool, base: DistillConfig, phases: tuple[str, ...]
) -> list[dict[str, Any]]:
    """The run's further terms as plain data: those of `base` first, with what was moved, then the newly chosen."""
    kept = {term.loss: term.model_dump(mode="json") for term in base.terms}
    terms = []
    for name in names_of_terms(form, base):
        if not taught and name != "ce":
            continue
        term = kept.get(name, {"loss": name})
        if f"weight_{name}" in moved:
            term["weight"] = form[f"weight_{name}"]
        if moved & {f"layers_{name}", f"pairs_{name}"}:
            layers = form[f"layers_{name}"]
            term["layers"] = [list(pair) for pair in form[f"pairs_{name}"]] if layers == BY_HAND else layers
        if f"warmup_{name}" in moved:
            term["warmup"] = form[f"warmup_{name}"] / 100
        for option in LOSSES[name].options:
            if f"option_{name}_{option}" in moved:
                term.setdefault("options", {})[option] = form[f"option_{name}_{option}"]
        on = form[f"on_{name}"] if name in METHODS else term["phases"]
        term["phases"] = [phase for phase in on if phase in phases]
        terms.append(term)
    return terms


def _is_usual(config: DistillConfig) -> bool:
    """Whether the form's inputs can say these phases: warm-up, distil and fine-tune, without settings of their own."""
    if tuple(phase.name for phase in config.phases) != PHASE_NAMES:
        return False
    warm_up, distil, fine_tune = config.phases
    taught = config.teacher is not None
    form = _phase_values(config, config.phases) | {"phases": (0, 0), "easiest": 100}
    if form["fine_tune"] == CLASSES and not form["classes"]:
        return False
    said = [Phase.model_validate(phase) for phase in _usual_phases(form, taught)]
    exact = [
        phase.model_copy(update={"share": own.share, "easiest": own.easiest})
        for phase, own in zip(said, config.phases, strict=True)
    ]
    if not taught and warm_up.pool in WARM_UP_POOLS:  # without a teacher nothing says which images are easy
        exact[0] = exact[0].model_copy(update={"pool": warm_up.pool})
    untouched = [phase.easiest == Phase(name="x", share=0).easiest for phase in (distil, fine_tune)]
    return exact == list(config.phases) and all(untouched)


def _usual_phases(form: Mapping[str, Any], taught: bool) -> list[dict[str, Any]]:
    """Warm-up, distil and fine-tune as plain data."""
    warm_up, distil, fine_tune = phases = [phase.model_dump(mode="json") for phase in DEFAULT_PHASES]
    for i, phase in enumerate(phases):
        phase["lr_scale"] = form[f"lr_scale_{i}"]
    first, second = form["phases"]
    warm_up |= {
        "share": first / 100,
        "easiest": form["easiest"] / 100,
        "pool": form["warm_up_pool"] if taught else "all",
        "ease": form["ease"],
    }
    distil |= {"share": round((second - first) / 100, 4)}
    fine_tune |= {"share": round(1 - second / 100, 4)}
    if taught and form["fine_tune"] == LABELS:
        fine_tune |= {"pool": "labelled", "terms": {"ce": 1.0}}
    elif taught and form["fine_tune"] == CLASSES:
        fine_tune |= {"pool": "classes", "classes": form["classes"]}
    if taught:
        for i, phase in enumerate(phases):
            for what in LEVELS:
                phase[what] = level_of(form, what, i)
    return phases
