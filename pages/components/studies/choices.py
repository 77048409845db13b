"""What a new study can vary: for each setting the values offered, how they are read, and what a variant is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.losses.registry import LOSSES
from pages.components.catalogue import students
from pages.components.form.values import METHODS

ALONE = "Soft labels alone"


@dataclass(frozen=True)
class Axis:
    """A setting to vary; values are words on the screen.

    Attributes:
        title: on screen.
        setting: its leaf name.
        offered: the base's own value first, then usual ones.
        read: from a word to the value; raises ConfigError for one it cannot read.
        called: what a variant with this word is called.
        open: whether the user may write a word that is not offered.
        taught: whether it needs a teacher.
    """

    title: str
    setting: str
    offered: Callable[[DistillConfig], list[str]]
    read: Callable[[str], Any]
    called: Callable[[str], str]
    open: bool = True
    taught: bool = True

    def values(self, words: list[str]) -> dict[str, Any]:
        """The chosen values by their names.

        Raises:
            ConfigError: if a word cannot be read.
        """
        return {self.called(word): self.read(word) for word in words}


def _first(own: str, others: list[str]) -> list[str]:
    return [own, *(word for word in others if word != own)]


def _students(base: DistillConfig) -> list[str]:
    return _first(base.student, [choice.name for choice in students(base.task)])


def _temperatures(base: DistillConfig) -> list[str]:
    return _first(f"{base.objective.temperature:g}", ["1", "2", "4", "8", "16"])


def _alphas(base: DistillConfig) -> list[str]:
    return _first(f"{base.objective.alpha:g}", ["0.5", "0.7", "0.9", "1"])


def _budgets(base: DistillConfig) -> list[str]:
    own = "all" if base.label_budget is None else f"{base.label_budget:,}"
    return _first(own, ["100", "200", "400", "1,000", "2,000", "all"])


def _methods(base: DistillConfig) -> list[str]:
    images = base.task == "vision"
    suiting = [name for name in METHODS if LOSSES[name].suits(images)]
    usual = ("at", "hint") if images else ("rkl", "hint")
    return [ALONE, *(LOSSES[name].title for name in (*usual, *(name for name in suiting if name not in usual)))]


def _number(what: str) -> Callable[[str], float]:
    def read(word: str) -> float:
        try:
            return float(word.replace(",", "."))
        except ValueError:
            raise ConfigError(f"{what}: {word!r} is no number") from None

    return read


def _budget(word: str) -> int | None:
    text = word.strip().lower().replace(",", "").replace(" ", "")
    if text == "all":
        return None
    if not text.isdigit():
        raise ConfigError(f"Labels: {word!r} is neither a whole number nor the word all")
    return int(text)


def _terms(title: str) -> list[dict[str, str]]:
    return [{"loss": name} for name in METHODS if LOSSES[name].title == title]


AXES: dict[str, Axis] = {
    "student": Axis("Student", "student", _students, str.strip, str.strip, taught=False),
    "temperature": Axis(
        "Temperature", "temperature", _temperatures, _number("Temperature"), lambda word: f"T {word.strip()}"
    ),
    "alpha": Axis("Alpha", "alpha", _alphas, _number("Alpha"), lambda word: f"alpha {word.strip()}"),
    "label_budget": Axis(
        "Labels", "label_budget", _budgets, _budget, lambda word: f"{word.strip()} labels", taught=False
    ),
    "terms": Axis("Methods", "terms", _methods, _terms, str, open=False),
}
