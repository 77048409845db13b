"""What there is to choose from, as rows: for a table, or for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from distill_core.errors import CheckpointError, ConfigError, unknown_name
from distill_core.insight.words import percent

Row = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """Rows, which columns of them a table shows, and what to say if there are none."""

    rows: Sequence[Row]
    columns: Sequence[str]
    if_empty: str = ""

    def cells(self) -> list[list[str]]:
        """The rows as text, in the order of the columns."""
        return [[_cell(column, row.get(column)) for column in self.columns] for row in self.rows]

    def numbers(self) -> list[int]:
        """The columns that hold numbers."""
        return [index for index, column in enumerate(self.columns) if column in _NUMBERS]


_NUMBERS = {"parameters", "accuracy", "weight", "runs"}


def listing(what: str) -> Listing:
    """The rows of one kind.

    Raises:
        ConfigError: if there is no such list.
    """
    if not what:
        *names, last = sorted(_LISTINGS)
        raise ConfigError(
            f"Say what to list: {', '.join(names)} or {last}; for instance python -m distill_core list teachers."
        )
    if what not in _LISTINGS:
        raise unknown_name("list", what, _LISTINGS)
    return _LISTINGS[what]()


def _teachers() -> Listing:
    from distill_core.task import task_named, task_names

    embedded = [
        {
            "teacher": choice.name,
            "task": task,
            "title": choice.title,
            "parameters": choice.parameters,
            "accuracy": choice.accuracy,
            "dataset": choice.dataset,
        }
        for task in task_names()
        for choice in task_named(task).teachers()
    ]
    empty = "There are no teachers yet. Train one: python -m distill_core run --preset teacher"
    return Listing([*embedded, *_published()], ("teacher", "title", "parameters", "accuracy", "dataset"), empty)


def _losses() -> Listing:
    from distill_core.losses.registry import LOSSES

    rows = [
        {
            "loss": name,
            "title": info.title,
            "family": info.family,
            "weight": info.weight,
            "layers": info.layers,
            "source": info.source,
            "description": info.sentence,
        }
        for name, info in LOSSES.items()
    ]
    return Listing(rows, ("loss", "family", "weight", "description"))


def _studies() -> Listing:
    from distill_core.home import default_home
    from distill_core.studies.keeping import kept, recorded

    rows = [
        {"study": name, "title": plan.title, "runs": len(plan.variants) * len(plan.seeds), "from": source}
        for source, plans in (
            ("yours", kept(default_home())),
            ("recorded", {name: found.plan for name, found in recorded().items()}),
        )
        for name, plan in plans.items()
    ]
    empty = "There are no studies yet. Start one: python -m distill_core study --help"
    return Listing(rows, ("study", "title", "runs", "from"), empty)


def _published() -> list[Row]:
    """The teachers that `publish` made in the home, by name; those that cannot be read are left out."""
    from distill_core.cards import read_card
    from distill_core.vision.teachers import TEACHERS, named

    rows = []
    for name, folder in named().items():
        if folder.parent == TEACHERS:
            continue
        try:
            card = read_card(folder)
        except CheckpointError:
            continue
        row = {"teacher": name, "title": card.architecture, "dataset": card.dataset}
        rows.append({**row, "parameters": card.parameters, "accuracy": card.accuracy})
    return rows


def _students() -> Listing:
    from distill_core.task import task_named, task_names

    rows = [
        {"student": choice.name, "task": task, "title": choice.title, "parameters": choice.parameters}
        for task in task_names()
        for choice in task_named(task).students()
    ]
    return Listing(rows, ("student", "title", "parameters"))


def _datasets() -> Listing:
    from distill_core.task import task_named, task_names

    rows = [
        {"dataset": name, "task": task, "description": text}
        for task in task_names()
        for name, text in task_named(task).datasets().items()
    ]
    return Listing(rows, ("dataset", "task", "description"))


def _presets() -> Listing:
    from distill_core import presets
    from distill_core.presets.about import ABOUT

    rows = []
    for name in presets.names():
        config = presets.load(name)
        labels = "all" if config.label_budget is None else f"{config.label_budget:,}"
        row = {"preset": name, "teacher": config.teacher, "student": config.student, "dataset": config.dataset}
        what = ABOUT[name].title if name in ABOUT else "A teacher"
        rows.append({**row, "labels": labels, "epochs": config.training.epochs, "what": what})
    return Listing(rows, ("preset", "what", "teacher", "student", "dataset", "labels", "epochs"))


def _runs() -> Listing:
    from distill_core.insight.names import further_losses, student_name
    from distill_core.terminal.training import open_store

    rows = []
    for record in open_store().list():
        summary = record.summary or {}
        rows.append(
            {
                "run": record.id,
                "role": record.role,
                "status": record.status,
                "student": student_name(record.config.student),
                "teacher": record.config.teacher and Path(record.config.teacher).name,
                "dataset": record.config.dataset,
                "losses": further_losses(record.config),
                "accuracy": (summary.get("student") or {}).get("accuracy"),
                "tags": " ".join(record.tags),
                "note": record.note,
                "created": datetime.fromtimestamp(record.created).astimezone().isoformat(timespec="seconds"),
            }
        )
    empty = "There are no runs yet. Start one: python -m distill_core run --preset quickstart"
    tags = ("tags",) if any(row["tags"] for row in rows) else ()
    columns = ("run", "status", "student", "teacher", "dataset", "losses", "accuracy", *tags, "created")
    return Listing(rows, columns, empty)


def _settings() -> Listing:
    from distill_core.insight.setting_rows import described

    return Listing(described(), ("path", "default", "takes", "description"))


_LISTINGS: dict[str, Callable[[], Listing]] = {
    "teachers": _teachers,
    "students": _students,
    "datasets": _datasets,
    "presets": _presets,
    "runs": _runs,
    "settings": _settings,
    "losses": _losses,
    "studies": _studies,
}


def _cell(column: str, value: Any) -> str:
    if column == "accuracy":
        return percent(value)
    if column == "created":
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else str(value)
