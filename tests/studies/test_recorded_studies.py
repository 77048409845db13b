from __future__ import annotations

from distill_core.studies.keeping import recorded
from distill_core.studies.outcome import variant_rows


def test_every_recorded_study_has_all_its_runs_and_says_what_made_it() -> None:
    found = recorded()
    assert set(found) == {"losses", "losses-all-labels", "student-sizes", "temperature-alpha"}
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
