"""The recorded material of the Learn page's tour of images: one run with its baseline.

`distill_core.assets.make_lesson` keeps it; what a language model's teacher answers is in `lesson_language.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parents[1] / "assets" / "lesson"
ARRAYS, FACTS = FOLDER / "lesson.npz", FOLDER / "lesson.json"
COMMAND = "python -m distill_core.assets.make_lesson"

KNOWLEDGE_STOPS = (1.0, 2.0, 4.0, 8.0)
"""Temperatures at which class means are recorded."""

Numbers = npt.NDArray[Any]


@dataclass(frozen=True)
class Material:
    """What was recorded for a tour; its arrays are read-only.

    Attributes:
        facts: command, seed, threads, versions, machine, date and preset, and what is no array; plain data.
        arrays: by name.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, Numbers]

    def __getitem__(self, name: str) -> Numbers:
        return self.arrays[name]

    @property
    def made_by(self) -> str:
        """How it was recorded, in one line of Markdown."""
        versions = ", ".join(f"{package} {number}" for package, number in self.facts["versions"].items())
        threads = self.facts["threads"]
        return (
            f"`{self.facts['command']}`, seed {self.facts['seed']}, {threads} thread{'s' if threads != 1 else ''}; "
            f"{versions}; {self.facts['machine']}; {self.facts['date']}"
        )


class Lesson(Material):
    """One run with its baseline.

    With S temperatures, E epochs, N test images, K images shown and a batch of B training images:

    Attributes:
        facts: beside what made it, models, phases, accuracies and layer maps.
        arrays: ``answers_{who} [K, 10]`` logits on the images shown; ``images [K, 28, 28]`` uint8 with ``labels [K]``
            and their places ``places [K]`` in the test split; ``learnt`` and ``broken``, rows of these; ``said_{who}
            [N]`` and ``truth [N]`` classes; ``means_teacher [S, 10, 10]`` and ``means_student [E + 1, S, 10, 10]`` mean
            soft answers by true class; ``batch_teacher [B, 10]``, ``batch_student [E + 1, B, 10]`` logits with
            ``batch_labels [B]`` and ``batch_labelled [B]``; ``attention_{who}_{pair} [P, H, W]`` uint8 of the first P
            images shown, 255 the most active place.
    """

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the ten classes."""
        return tuple(self.facts["classes"])

    @property
    def epochs(self) -> int:
        """Of the training."""
        return int(self.facts["epochs"])

    @property
    def images_to_pick(self) -> range:
        """Rows of `images` that a reader can pick; those after them are what labels alone did not teach."""
        return range(int(self.facts["to_pick"]))

    def accuracy(self, who: str) -> float:
        """On the test images, 0..1, of "teacher", "student", "baseline" or "attentive"."""
        return float(self.facts["models"][who]["accuracy"])

    def parameters(self, who: str) -> int:
        """Of the same."""
        return int(self.facts["models"][who]["parameters"])


@lru_cache(maxsize=1)
def lesson() -> Lesson:
    """The recorded material, read once."""
    return Lesson(*read_material(FACTS, ARRAYS))


def read_material(facts: Path, arrays: Path) -> tuple[dict[str, Any], dict[str, Numbers]]:
    """Facts and arrays as a command wrote them; the arrays are read-only."""
    with np.load(arrays, allow_pickle=False) as file:
        found = {name: file[name] for name in file.files}
    for array in found.values():
        array.setflags(write=False)
    return json.loads(facts.read_text("utf-8")), found
