"""Where studies are kept: plans in the workbench's folder, results in the run store, recorded ones in the assets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.cards import replace_file
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, unknown_name
from distill_core.home import writable_folder
from distill_core.runs.records import RunRecord
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import Job, StudyPlan

if TYPE_CHECKING:
    from distill_core.runs.store import Store

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


def recorded() -> dict[str, Recorded]:
    """The recorded studies by name."""
    return {path.stem: _read(path) for path in sorted(RECORDED.glob("*.json"))}


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


def _read(path: Path) -> Recorded:
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


def plan_named(home: Path, name: str) -> StudyPlan:
    """A plan by name, the user's own before a recorded one.

    Raises:
        ConfigError: if there is none.
    """
    plans = {each: found.plan for each, found in recorded().items()} | kept(home)
    if name not in plans:
        raise unknown_name("study", name, plans)
    return plans[name]


def finished_rows(store: Store, plan: StudyPlan) -> list[RunRow]:
    """One row for each run of the study that is finished, whoever started it."""
    known = store.list(role="run")
    rows = []
    for job in plan.jobs():
        found = served_by(known, job.config)
        if found is not None and found.status == "finished":
            rows.append(RunRow.of(job.variant, job.seed, found.summary or {}))
    return rows


def missing(store: Store, plan: StudyPlan) -> list[Job]:
    """The study's runs that nobody has finished."""
    known = store.list(role="run")
    return [job for job in plan.jobs() if (found := served_by(known, job.config)) is None or found.status != "finished"]


def served_by(known: Sequence[RunRecord], config: DistillConfig) -> RunRecord | None:
    """The stored run that counts for a configuration: a finished one if there is any, else the latest."""
    same = [
        record
        for record in known
        if record.fingerprint == config.fingerprint() and (record.config.baseline or not config.baseline)
    ]
    finished = [record for record in same if record.status == "finished" and _this_torch(record)]
    open_ones = [record for record in same if record.status != "finished"]
    return next(iter([*finished, *open_ones]), None)


def _this_torch(record: RunRecord) -> bool:
    """Whether a finished run was made with this torch; others differ in their numbers."""
    torch = str(((record.summary or {}).get("versions") or {}).get("torch") or "").partition("+")[0]
    return torch == version("torch").partition("+")[0]
