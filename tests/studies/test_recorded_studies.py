from __future__ import annotations

from pathlib import Path

from distill_core.studies.keeping import read_recorded, recorded
from distill_core.studies.outcome import variant_rows
from distill_core.studies.plan import read_plan

DOCS = Path(__file__).parents[2] / "docs"


def test_every_recorded_study_has_all_its_runs_and_says_what_made_it() -> None:
    found = recorded()
    languages = {"language-2x32", "language-2x64", "language-2x128"}
    images = {"losses", "losses-all-labels", "student-sizes", "simkd-sizes", "temperature-alpha"}
    assert set(found) == languages | images
    for name, study in found.items():
        jobs = [(job.variant, job.seed) for job in study.plan.jobs()]
        assert sorted((row.variant, row.seed) for row in study.rows) == sorted(jobs), name
        assert len(study.plan.seeds) >= 3
        assert "python -m distill_core study docs/studies/" in study.command
        assert study.threads == "1 thread a run"
        assert "OMP_NUM_THREADS=1 " in study.command
        assert study.versions["torch"]
        assert study.machine
        assert variant_rows(study.rows, [variant.name for variant in study.plan.variants])


def test_the_command_of_a_recorded_study_still_runs_what_was_recorded() -> None:
    """A preset that its plan starts from may change; the plan then says itself what it took from it."""
    kept = {name: study.plan for name, study in recorded().items()}
    for name in ("losses-tuning", "language-tuning"):
        kept[name] = read_recorded(DOCS / "recorded" / f"{name}.json").plan
    for name, plan in kept.items():
        named = read_plan(DOCS / "studies" / f"{name}.json")
        assert [job.config.fingerprint() for job in named.jobs()] == [job.config.fingerprint() for job in plan.jobs()]
