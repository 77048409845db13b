"""Models that can teach: where each comes from, on which images it is looked at, and how a run learns from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from distill_core import presets
from distill_core.cards import HF, ModelCard, read_card
from distill_core.config import DistillConfig
from distill_core.errors import CheckpointError
from distill_core.insight.choices import family
from distill_core.insight.names import OWN_DATA, OWN_FILES
from distill_core.insight.words import duration

Origin = Literal["inside", "uploaded", "published", "run", "hugging face"]
ORIGINS: dict[Origin, str] = {
    "inside": "inside",
    "uploaded": "uploaded",
    "published": "published",
    "run": "your run",
    "hugging face": "Hugging Face",
}
INSIDE = {"fashion-mnist": "fashion-mnist-mini"}
"""By family, the data set whose test images are in the project and that no teacher trains on."""


@dataclass(frozen=True)
class Teacher:
    """A trained model and its card.

    Attributes:
        key: in an address.
        title: what people call it.
        reference: what a configuration calls it, as the form of the Train page does: a folder of the user's own.
        folder: of its card and weights; None where it has none of this form.
        card: what it is.
        origin: where it comes from.
    """

    key: str
    title: str
    reference: str
    folder: Path | None
    card: ModelCard
    origin: Origin

    @property
    def removable(self) -> bool:
        """Whether it is a folder of the user's that holds nothing else."""
        return self.origin in ("uploaded", "published")


def named_teachers(folders: Iterable[tuple[str, Path]], *, inside: bool) -> list[Teacher]:
    """Those that have a name and a folder; what has no readable card is left out.

    Args:
        folders: by name.
        inside: whether they ship with the project.
    """
    found = []
    for name, folder in folders:
        try:
            card = read_card(folder)
        except CheckpointError:
            continue
        origin: Origin = "inside" if inside else "uploaded" if "uploaded" in card.provenance else "published"
        found.append(Teacher(name, name, name if inside else str(folder), folder, card, origin))
    return found


def run_teacher(run_id: str, name: str, folder: Path) -> Teacher | None:
    """The student of a finished run without a teacher; None if its weights are gone."""
    try:
        card = read_card(folder)
    except CheckpointError:
        return None
    return Teacher(run_id, name or run_id, str(folder), folder, card, "run")


def foreign_teacher(name: str, title: str, parameters: int) -> Teacher:
    """A converted Hugging Face model, of which only name and size are known without loading it."""
    card = ModelCard(
        task="language",
        architecture=f"{HF}{name}",
        classes=(),
        input_shape=(),
        mean=(),
        std=(),
        dataset="",
        parameters=parameters,
    )
    return Teacher(name, title, f"{HF}{name}", None, card, "hugging face")


def reported_on(card: ModelCard) -> DistillConfig:
    """A configuration that names the data whose test split a model is looked at on.

    Where the project has test images of the same kind inside, those: nothing is downloaded.

    Raises:
        ConfigError: if the card's own configuration cannot be read.
    """
    known = _data_of(card)
    dataset = INSIDE.get(family(card.dataset), card.dataset.partition(":")[0])
    places = {name: known[name] for name in ("data_folder", "image_size") if known.get(name) is not None}
    if dataset in INSIDE.values():
        places.pop("data_folder", None)
    return DistillConfig.parse({"task": card.task, "dataset": dataset, "teacher": None, "baseline": False, **places})


def lost_data(card: ModelCard) -> str | None:
    """Where the user's own images or texts that a model is for should be, if they are not there; else None."""
    if card.dataset.partition(":")[0] not in OWN_FILES:
        return None
    place = _data_of(card).get("data_folder") or card.dataset.partition(":")[2]
    return None if place and Path(place).expanduser().exists() else str(place)


def _data_of(card: ModelCard) -> dict[str, Any]:
    """What a card tells of its configuration, with the place of the user's own data where it is kept."""
    here = card.provenance.get(OWN_DATA)
    return {**(card.provenance.get("config") or {}), **({"data_folder": here} if here else {})}


def lesson(teacher: Teacher) -> tuple[str, tuple[str, ...]] | None:
    """The preset and the settings with which a student learns from a teacher; None where there is no ready one."""
    card = teacher.card
    if teacher.origin == "hugging face":
        ready = [name for name in presets.names() if presets.load(name).teacher == teacher.reference]
        return (ready[0], ()) if ready else None
    preset = presets.BEGINNINGS[card.task]
    settings = [f"teacher={teacher.reference}"]
    if family(card.dataset) != family(presets.load(preset).dataset):
        known = _data_of(card)
        settings.append(f"dataset={card.dataset.partition(':')[0]}")
        settings += [
            f"{name}={known[name]}" for name in ("data_folder", "image_size") if known.get(name) not in (None, 32)
        ]
    return preset, tuple(settings)


def made_by(provenance: dict[str, Any]) -> list[tuple[str, str]]:
    """How a model was made, as names and words; what is not known is left out."""
    versions = provenance.get("versions") or {}
    seconds, threads = provenance.get("training_seconds"), provenance.get("threads")
    took = duration(seconds) if seconds is not None else ""
    on = f" on {threads} thread{'s' if threads != 1 else ''}" if took and threads else ""
    config = provenance.get("config") or {}
    known = [
        ("Command", f"`{provenance['command']}`" if provenance.get("command") else ""),
        ("Uploaded as", str(provenance.get("uploaded") or "")),
        ("Taught by", str(provenance.get("teacher") or "")),
        ("Training took", took + on),
        ("Epochs", str((config.get("training") or {}).get("epochs") or "")),
        ("Best epoch, by validation", str(provenance.get("best_epoch") or "")),
        ("Seed", "" if provenance.get("seed") is None else str(provenance["seed"])),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
        ("Date", str(provenance.get("date") or "")),
    ]
    return [(name, words) for name, words in known if words]


def recorded_seconds(teachers: Sequence[Teacher], preset: str) -> tuple[float, int | None] | None:
    """How long a preset took when a teacher inside was made by it, and on how many threads; None if nobody knows."""
    for teacher in teachers:
        provenance = teacher.card.provenance
        if teacher.origin == "inside" and str(provenance.get("command", "")).endswith(f"--preset {preset}"):
            seconds = provenance.get("training_seconds")
            return (seconds, provenance.get("threads")) if seconds is not None else None
    return None
