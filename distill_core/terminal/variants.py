"""A study of several variants from a terminal: which plan a command line means, its runs, and its table."""

from __future__ import annotations

import json
import os
import platform
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from distill_core.config import DistillConfig, read_setting
from distill_core.errors import ConfigError
from distill_core.home import default_home
from distill_core.insight.measures import Measure
from distill_core.insight.words import percent
from distill_core.runs.records import RunRecord
from distill_core.studies import keeping
from distill_core.studies.design import name_from
from distill_core.studies.outcome import RunRow, VariantRow, measures_of, variant_rows
from distill_core.studies.plan import Job, StudyPlan, grid, read_plan
from distill_core.studies.running import FailedBefore, complete
from distill_core.studies.words import gained, share
from distill_core.terminal.endings import failure_of_run
from distill_core.terminal.screen import show
from distill_core.terminal.training import start, work_on

if TYPE_CHECKING:
    from distill_core.runs.store import Store


def is_plan(file: Path | None) -> bool:
    """Whether a file holds a study, not a single run's settings."""
    try:
        data = json.loads(file.read_bytes()) if file else None
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and not {"variants", "vary"}.isdisjoint(data)


def plan_of_file(file: Path, settings: Iterable[str], seeds: Sequence[int] | None) -> StudyPlan:
    """The study in a file; settings and seeds of the command line take the place of the file's.

    Raises:
        ConfigError: if something in it is wrong.
    """
    plan = read_plan(file)
    changes = dict(read_setting(setting) for setting in settings)
    data = plan.model_dump(mode="json")
    data["base"] = plan.base.changed(changes) if changes else plan.base
    return StudyPlan.parse({**data, "seeds": list(seeds or plan.seeds)})


def plan_of_grid(config: DistillConfig, vary: Iterable[str], seeds: Sequence[int], name: str) -> StudyPlan:
    """A study of every combination of ``NAME=VALUE,VALUE`` options, on a base configuration.

    Raises:
        ConfigError: for a setting or a value that does not exist.
    """
    values: dict[str, Sequence[Any]] = {}
    for option in vary:
        setting, value = read_setting(option)
        values[setting] = value if isinstance(value, list) else _listed(option)
    return StudyPlan.parse({"name": name, "base": config, "variants": grid(values), "seeds": tuple(seeds)})


def run(store: Store, plan: StudyPlan, console: Console, retry_failed: bool, bare: bool = False) -> list[RunRow]:
    """Runs what is missing of a study; returns a row for each run.

    Args:
        store: where runs are kept.
        plan: of the study.
        console: where the progress goes.
        retry_failed: take up runs that failed before.
        bare: neither export nor measure.

    Raises:
        Ending: if a run failed or was stopped; the finished ones are kept.
    """

    def work(job: Job, record: RunRecord | None) -> RunRecord:
        if record is not None:
            return work_on(store, record.id, console, bare=bare)[0]
        return start(store, job.config, console, bare=bare)[0]

    try:
        return complete(store, plan, work, lambda sentence: show(sentence, to=console), retry_failed)
    except FailedBefore as failed:
        raise failure_of_run(failed.record.id, str(failed), failed.record.details) from None


def by_measure(plan: StudyPlan, rows: Sequence[RunRow]) -> Iterator[tuple[Measure, list[VariantRow]]]:
    """What the variants reach by each measure that all runs have, accuracy first."""
    for measure in measures_of(rows):
        yield measure, variant_rows([row.by(measure.name) for row in rows], [each.name for each in plan.variants])


def headings(measure: Measure) -> tuple[str, ...]:
    """Of a table of variants by one measure."""
    return ("variant", "seeds", measure.name, "gain over labels", "against the first", "validation", "parameters")


def table_rows(plan: StudyPlan, found: Sequence[VariantRow]) -> list[tuple[str, ...]]:
    """A row of text for each variant."""
    return [
        (
            row.variant,
            str(row.seeds),
            share(row.accuracy),
            gained(row.gain),
            "reference" if row.variant == plan.variants[0].name else gained(row.difference),
            percent(row.validation),
            f"{row.parameters:,}",
        )
        for row in found
    ]


def markdown(plan: StudyPlan, rows: Sequence[RunRow]) -> str:
    """A table for each measure, for a document."""
    lines: list[str] = []
    for measure, found in by_measure(plan, rows):
        names = headings(measure)
        lines += ["| " + " | ".join(names) + " |", "|---|" + "---:|" * (len(names) - 1)]
        lines += ["| " + " | ".join(row) + " |" for row in table_rows(plan, found)]
        lines.append("")
    return "\n".join([*lines, note(plan)])


def note(plan: StudyPlan) -> str:
    """How to read the table."""
    if len(plan.seeds) < 2:
        return "One seed: nothing here shows a difference. Take three or more."
    return (
        f"Mean over seeds {', '.join(map(str, plan.seeds))} ± the half-width of a 95% t-interval; gain and difference "
        "are paired by seed, in points. One whose interval includes 0 is not shown to differ."
    )


def to_dict(plan: StudyPlan, rows: Sequence[RunRow], found: Sequence[VariantRow]) -> dict[str, Any]:
    """The object of ``--json``."""
    return {
        "status": "finished",
        "study": plan.name,
        "runs": [row.to_dict() for row in rows],
        "variants": [
            {
                "variant": row.variant,
                "seeds": row.seeds,
                "accuracy": row.accuracy.mean,
                "half_width": row.accuracy.half_width,
                "gain": row.gain.mean if row.gain else None,
                "gain_half_width": row.gain.half_width if row.gain else None,
                "difference": row.difference.mean if row.difference else None,
                "difference_half_width": row.difference.half_width if row.difference else None,
                "answer": row.difference.answer if row.difference else None,
                "validation": row.validation,
                "parameters": row.parameters,
            }
            for row in found
        ],
    }


def command_line(
    file: Path | None,
    preset: str | None,
    settings: Iterable[str],
    vary: Iterable[str],
    seeds: str | None,
    accuracy_only: bool,
) -> str:
    """The command that makes a study again, with the number of threads if the environment sets it."""
    threads = os.environ.get("OMP_NUM_THREADS")
    words = [*([f"OMP_NUM_THREADS={threads}"] if threads else []), "python", "-m", "distill_core", "study"]
    words += [str(file)] if file else []
    words += ["--preset", preset] if preset else []
    for option, values in (("--set", settings), ("--vary", vary)):
        words += [word for value in values for word in (option, value)]
    words += ["--seeds", seeds] if seeds else []
    words += ["--accuracy-only"] if accuracy_only else []
    return shlex.join(words)


def record(path: Path, plan: StudyPlan, rows: list[RunRow], command: str) -> None:
    """Writes the study with its results and how they were made.

    Args:
        path: of the JSON file; the study takes its name.
        plan: of the study.
        rows: of its finished runs.
        command: that makes it again.
    """
    facts = {
        "command": command,
        "versions": {name: version(name) for name in ("torch", "torchvision")} | {"python": platform.python_version()},
        "machine": _machine(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    keeping.record(path, plan.model_copy(update={"name": path.stem}), rows, facts)


def _machine() -> str:
    import psutil

    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or platform.machine()}, {psutil.cpu_count()} logical cores"


def _listed(option: str) -> list[Any]:
    """``student=a,b`` -> the two names: what is no JSON list is one value or several words."""
    setting, _, text = option.partition("=")
    return [read_setting(f"{setting}={part}")[1] for part in text.split(",")] if text else []


def default_name(preset: str | None, file: Path | None, vary: Iterable[str]) -> str:
    """A name for a study that was given none: what it starts from and what it varies."""
    settings = [option.partition("=")[0] for option in vary]
    return name_from(" ".join([preset or (file.stem if file else "study"), "by", *settings]))


def with_free_name(plan: StudyPlan) -> StudyPlan:
    """The plan, numbered if another plan of that name is kept, so that none is lost."""
    known, name, number = keeping.kept(default_home()), plan.name, 1
    while plan.name in known and not _same_work(known[plan.name], plan):
        number += 1
        plan = plan.model_copy(update={"name": f"{name[:56]}-{number}"})
    return plan


def _same_work(one: StudyPlan, other: StudyPlan) -> bool:
    """Whether both name the same variants and train the same for each; names for people and seeds play no part."""
    return _work(one) == _work(other)


def _work(plan: StudyPlan) -> dict[str, str]:
    return {job.variant: job.config.changed({"seed": 0}).fingerprint() for job in plan.jobs()}


def check_options(
    file: Path | None,
    preset: str | None,
    vary: Sequence[str] | None,
    name: str,
    *,
    accuracy_only: bool,
    record: Path | None,
) -> None:
    """Refuses options that would have no effect.

    Raises:
        ConfigError: naming the option and what it goes with.
    """
    if is_plan(file):
        lost = [option for option, given in (("--preset", preset), ("--vary", vary), ("--name", name)) if given]
        if lost:
            raise ConfigError(f"{file} says what the study runs; leave {' and '.join(lost)} out, or change the file")
    elif not vary:
        options = (("--name", name), ("--accuracy-only", accuracy_only), ("--record", record))
        lost = [option for option, given in options if given]
        if lost:
            raise ConfigError(f"{' and '.join(lost)}: goes with --vary or with a study in a file")
