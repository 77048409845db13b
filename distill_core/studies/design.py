"""Making a study from choices: what it is called, and what it needs."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import count

from distill_core.config import DistillConfig
from distill_core.studies.plan import Job, StudyPlan, named_variants


def name_from(title: str) -> str:
    """A study's name from what a person typed: ``My study!`` -> ``my-study``."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60].strip("-")


def sizes_plan(base: DistillConfig, students: Sequence[str], seeds: int, taken: Collection[str]) -> StudyPlan:
    """A study of the same run with students of several sizes.

    Args:
        base: of the run; its own student is replaced.
        students: architectures, the first of which the others are compared with.
        seeds: how many.
        taken: names of studies that there are.

    Raises:
        ConfigError: if the base does not take one of the students.
    """
    stem = name_from(f"sizes on {base.dataset}")
    names = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    name = next(each for each in names if each not in taken)
    return StudyPlan.parse(
        {
            "name": name,
            "title": f"Sizes on {base.dataset}" + name.removeprefix(stem).replace("-", " "),
            "base": base.model_copy(update={"name": ""}),
            "variants": [variant.model_dump() for variant in named_variants({"student": {s: s for s in students}})],
            "seeds": tuple(range(seeds)),
        }
    )


def baselines(jobs: Sequence[Job]) -> int:
    """How many runs on labels alone the study needs."""
    wanted = (job.config for job in jobs if job.config.baseline and job.config.teacher is not None)
    return len({config.baseline_config().fingerprint() for config in wanted})
