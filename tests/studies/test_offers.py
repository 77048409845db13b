"""What is offered to train says what of it was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from distill_core.studies.advice import advise
from distill_core.studies.evidence import Evidence, evidence_of
from distill_core.studies.keeping import recorded
from distill_core.studies.offers import larger_than, offers
from distill_core.studies.weighing import Case

CASE = Case("vision", "fashion-mnist-mini", 400)


@pytest.fixture(scope="module")
def known() -> list[Evidence]:
    return [each for study in recorded().values() for each in evidence_of(study.plan, study.rows, study.machine)]


def test_what_was_measured_is_offered_as_the_configuration_of_a_run_of_the_study(known: list[Evidence]) -> None:
    case = replace(CASE, most_bytes=400_000)
    advice = advise(case, known)
    exact, suggested = offers(advice, case)
    jobs = [job.config for job in recorded()["student-sizes"].plan.jobs()]
    assert exact.config in jobs
    assert suggested.config not in jobs
    assert suggested.config == exact.config.changed(dict(advice.settings or {}))


def test_each_setting_that_differs_from_what_was_measured_is_named(known: list[Evidence]) -> None:
    case = Case("vision", "fashion-mnist-mini", 1000, seconds=60, most_bytes=400_000)
    exact, suggested = offers(advise(case, known), case)
    assert exact.config.label_budget == 400
    assert suggested.config.label_budget == 1000
    for words in ("1,000 labels instead of 400 labels", "epochs instead of 10", "beside soft labels"):
        assert words in suggested.sentence


def test_where_all_is_as_it_was_measured_it_is_offered_once(known: list[Evidence]) -> None:
    case = Case("language", "skills", 500)
    assert [offer.title for offer in offers(advise(case, known), case)] == ["Train exactly what was measured"]


def test_where_nothing_fits_the_nearest_is_offered_as_it_was_measured(known: list[Evidence]) -> None:
    case = Case("vision", "fashion-mnist-mini", 400, goal="small", within=0.005)
    assert [offer.config.student for offer in offers(advise(case, known), case)] == ["resnet8-w16"]
    assert offers(advise(case, []), case) == []


def test_a_student_that_another_way_to_teach_brings_near_enough_is_advised_as_it_was_taught(
    known: list[Evidence],
) -> None:
    case = Case("vision", "fashion-mnist-mini", 400, goal="small", within=0.02)
    advice = advise(case, known)
    assert [reason.about for reason in advice.reasons] == ["Student", "Teacher", "Method"]
    (exact,) = offers(advice, case)
    assert (exact.config.student, exact.config.terms[-1].loss) == ("resnet8-w16", "simkd")
    assert "1.6 points behind its teacher" in advice.reasons[0].sentence
    assert "resnet8-w12 by Reused classifier (SimKD) (1.8 ± 0.4 behind)" in advice.reasons[0].sentence


def test_one_more_run_is_foreseen_from_the_spread_of_the_seeds(known: list[Evidence]) -> None:
    case = Case("vision", "fashion-mnist-mini", 400, most_bytes=400_000)
    exact = offers(advise(case, known), case)[0]
    # 89.7 ± 1.08 over three seeds: one more value of the same distribution lies within sqrt(3 + 1) times as much.
    assert "one more run should end between 87.5% and 91.8%" in exact.sentence


def test_larger_students_are_the_next_of_the_same_family() -> None:
    ladder = [("resnet8-w16", 78), ("cnn-w32", 94), ("resnet20-w16", 272), ("resnet14-w16", 175), ("resnet32", 900)]
    assert larger_than("resnet8-w16", ladder) == [("resnet14-w16", 175), ("resnet20-w16", 272)]
    assert larger_than("my:module", ladder) == []
