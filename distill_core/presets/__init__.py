"""Ready configurations by name, each a JSON file beside this one."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from distill_core.config import DistillConfig
from distill_core.errors import unknown_name

_FOLDER = Path(__file__).parent
BEGINNINGS = {"vision": "quickstart", "language": "language-quick"}
"""The preset to begin with, for each kind of problem."""


def names() -> list[str]:
    """The presets' names."""
    return sorted(path.stem for path in _FOLDER.glob("*.json"))


@lru_cache
def load(name: str) -> DistillConfig:
    """The preset of this name.

    Raises:
        ConfigError: if there is none.
    """
    if name not in names():
        raise unknown_name("preset", name, names())
    return DistillConfig.parse(json.loads((_FOLDER / f"{name}.json").read_text()))
