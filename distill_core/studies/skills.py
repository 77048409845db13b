"""What the recorded studies of language say of each skill: what methods reach, what they add, at which size."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import pandas as pd

from distill_core.insight.seeds import MeanGain, mean_gain
from distill_core.studies.keeping import Recorded

STUDIES = ("language-2x32", "language-2x64", "language-2x128")
"""One a size of student, the smallest first."""
LARGEST = STUDIES[-1]
SKILLS = ("reasoning", "instructions")
FORWARD = "forward KL"
ON_TEXT = "CE on the teacher's text"
SCALED = "hard labels, scaled like soft ones"
WHOSE: tuple[tuple[str, str | None, str], ...] = (
    ("the teacher's text for the prompts without a label", None, ON_TEXT),
    ("the larger gradient of a softened loss", ON_TEXT, SCALED),
    ("the teacher's other choices: soft targets", SCALED, FORWARD),
)
"""The steps from labels alone (None) to soft targets: what is added, from which variant, to which."""


def by_seed(study: Recorded, variant: str | None, measure: str) -> dict[int, float]:
    """What a variant reaches at each seed; None is the student on its labels alone."""
    rows = [row.by(measure) for row in study.rows if row.variant == (variant or FORWARD)]
    found = {row.seed: row.accuracy if variant else row.baseline for row in rows}
    return {seed: value for seed, value in sorted(found.items()) if value is not None}


def reached(study: Recorded, variant: str | None, measure: str) -> MeanGain:
    """The mean over the seeds, with its interval."""
    return mean_gain(list(by_seed(study, variant, measure).values()))


def gained(study: Recorded, before: str | None, after: str | None, measure: str) -> MeanGain | None:
    """The difference of two variants, paired by seed; None of one from itself."""
    if before == after:
        return None
    from_, to = by_seed(study, before, measure), by_seed(study, after, measure)
    return mean_gain([to[seed] - from_[seed] for seed in to])


def of_teacher(study: Recorded, measure: str) -> float:
    """What the teacher reaches on the same prompts."""
    found = [row.by(measure).teacher for row in study.rows]
    return fmean(value for value in found if value is not None)


def by_method(study: Recorded) -> pd.DataFrame:
    """For each skill labels alone, the teacher's text and soft targets: what `figures.lesson.right_answers` draws."""
    methods = (
        ("labels alone", "baseline", None),
        ("teacher's text", "student", ON_TEXT),
        ("soft targets", "student", FORWARD),
    )
    return pd.DataFrame(
        [
            {
                "skill": skill,
                "method": name,
                "role": role,
                "mean": reached(study, variant, skill).mean,
                "half": reached(study, variant, skill).half_width,
                "seeds": list(by_seed(study, variant, skill).values()),
                "teacher": of_teacher(study, skill),
            }
            for skill in SKILLS
            for name, role, variant in methods
        ]
    )


def by_size(studies: Sequence[Recorded], teacher_parameters: int) -> pd.DataFrame:
    """Every run with soft targets and its baseline, and the teacher: what `figures.capabilities` draws."""
    rows = []
    for study in studies:
        size, student = study.rows[0].parameters, study.plan.base.student
        for skill in SKILLS:
            found = (("student", FORWARD), ("baseline", None))
            rows += [
                {"role": role, "name": f"{student}, seed {seed}", "parameters": size, "measure": skill, "value": value}
                for role, variant in found
                for seed, value in by_seed(study, variant, skill).items()
            ]
    last = studies[-1]
    rows += [
        {
            "role": "teacher",
            "name": str(last.plan.base.teacher),
            "parameters": teacher_parameters,
            "measure": skill,
            "value": of_teacher(last, skill),
        }
        for skill in SKILLS
    ]
    return pd.DataFrame(rows)


def nearness(study: Recorded, variant: str) -> float:
    """Nats a token between a variant's students and their teacher, the mean over the seeds."""
    return fmean(row.kl for row in study.rows if row.variant == variant and row.kl is not None)
