"""Where studies are kept: plans in the workbench's folder, recorded ones with their results in the assets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from distill_core.cards import replace_file
from distill_core.errors import ConfigError
from distill_core.home import writable_folder
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import StudyPlan

RECORDED = Path(__file__).parents[1] / "assets" / "studies"


@dataclass(frozen=True)
class Recorded:
    """A study that was run elsewhere and ships with its results: what made it, and one row a run."""

    plan: StudyPlan
    rows: tuple[RunRow, ...]
    command: str
    versions: dict[str, str]
    machine: str
    date: str

    @property
    def threads(self) -> str:
        """How many threads trained its runs, in words."""
        counts = sorted({row.threads for row in self.rows if row.threads is not None})
        if not counts:
            return "threads not noted"
        return f"{' or '.join(map(str, counts))} thread{'s' if counts != [1] else ''} a run"


def recorded() -> dict[str, Recorded]:
    """The recorded studies by name."""
    return {path.stem: read_recorded(path) for path in sorted(RECORDED.glob("*.json"))}


@lru_cache
def recorded_study(name: str) -> Recorded:
    """A recorded study by name, read once."""
    return read_recorded(RECORDED / f"{name}.json")


def record(path: Path, plan: StudyPlan, rows: list[RunRow], facts: dict[str, Any]) -> None:
    """Writes a study with its results.

    Args:
        path: of the JSON file.
        plan: of the study.
        rows: of its finished runs.
        facts: command, versions, machine and date.
    """
    data = {**facts, "plan": plan.model_dump(mode="json"), "rows": [row.to_dict() for row in rows]}
    replace_file(path, (json.dumps(data, indent=1) + "\n").encode())


def read_recorded(path: Path) -> Recorded:
    """A study with its results, as `record` wrote it."""
    data = json.loads(path.read_text())
    return Recorded(
        plan=StudyPlan.parse(data["plan"]),
        rows=tuple(RunRow(**row) for row in data["rows"]),
        command=data["command"],
        versions=data["versions"],
        machine=data["machine"],
        date=data["date"],
    )


def keep(home: Path, plan: StudyPlan) -> Path:
    """Writes a plan into the workbench's folder, where it is found again after a restart.

    Raises:
        StorageError: if it cannot be written.
    """
    path = writable_folder(home / "studies") / f"{plan.name}.json"
    replace_file(path, (plan.to_json() + "\n").encode())
    return path


def forget(home: Path, name: str) -> None:
    """Takes a plan out of the workbench's folder; its runs stay in the store."""
    if name in kept(home):
        (home / "studies" / f"{name}.json").unlink(missing_ok=True)


def kept(home: Path) -> dict[str, StudyPlan]:
    """The plans in the workbench's folder by name; a file that is none is left out."""
    plans = {}
    for path in sorted((home / "studies").glob("*.json")):
        try:
            plans[path.stem] = StudyPlan.parse(json.loads(path.read_text()))
        except (ConfigError, OSError, ValueError):
            continue
    return plans
