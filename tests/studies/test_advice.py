"""What is advised follows from what was measured, and says from what."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from distill_core.presets import load
from distill_core.studies.advice import advise, table
from distill_core.studies.evidence import Evidence, apart, evidence_of
from distill_core.studies.keeping import recorded
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import StudyPlan
from distill_core.studies.weighing import Case

CASE = Case("vision", "fashion-mnist-mini", 400)


def study(variants: dict[str, dict[str, Any]], rows: dict[str, dict[str, Any]], **base: Any) -> list[Evidence]:
    """A study with two seeds; `rows` says of each variant how its runs went."""
    plan = StudyPlan.parse(
        {
            "name": "made-up",
            "title": "Made up",
            "base": load("quickstart").changed({"label_budget": 400, "epochs": 10, **base}).model_dump(mode="json"),
            "variants": [{"name": name, "settings": settings} for name, settings in variants.items()],
            "seeds": [0, 1],
        }
    )
    usual = {"validation": 0.8, "baseline": 0.7, "teacher": 0.92, "bytes": None, "cpu_ms": None, "spread": 0.0001}
    found = []
    for name, row in rows.items():
        facts = {**usual, **row}
        mean, spread = facts.pop("accuracy"), facts.pop("spread")
        found += [
            RunRow(variant=name, seed=seed, accuracy=each, images_per_second=1000.0, run_id="r", **facts)
            for seed, each in enumerate((mean - spread, mean + spread))
        ]
    return list(evidence_of(plan, found))


SIZES = study(
    {f"width {w}": {"student": f"resnet8-w{w}"} for w in (4, 8, 16)},
    {
        "width 4": {"accuracy": 0.85, "parameters": 5_000, "bytes": 30_000, "cpu_ms": 0.03},
        "width 8": {"accuracy": 0.905, "parameters": 20_000, "bytes": 120_000, "cpu_ms": 0.05},
        "width 16": {"accuracy": 0.915, "parameters": 78_000, "bytes": 350_000, "cpu_ms": 0.09},
    },
)


@pytest.mark.parametrize(
    ("wish", "student"),
    [
        ({}, "resnet8-w16"),
        ({"most_bytes": 200_000}, "resnet8-w8"),
        ({"most_ms": 0.04}, "resnet8-w4"),
        ({"goal": "small", "within": 0.02}, "resnet8-w8"),
        ({"goal": "small", "within": 0.08}, "resnet8-w4"),
        ({"most_bytes": 10_000}, None),
        ({"goal": "small", "within": 0.001}, None),
    ],
)
def test_the_student_is_the_best_that_is_within_the_limits(wish: dict[str, Any], student: str | None) -> None:
    advice = advise(Case("vision", "fashion-mnist-mini", 400, **wish), SIZES)
    assert (advice.settings or {}).get("student") == student
    if student is not None:
        reason = next(reason for reason in advice.reasons if reason.about == "Student")
        assert reason.evidence is not None
        assert reason.evidence.config.student == student, "the claim is about the student that is advised"


def test_a_student_whose_time_nobody_measured_is_not_taken_for_quick() -> None:
    unknown = study({"only": {}}, {"only": {"accuracy": 0.9, "parameters": 1000}}, student="resnet8-w2")
    advice = advise(Case("vision", "fashion-mnist-mini", 400, most_ms=100.0), unknown)
    assert advice.settings is None
    assert "a time nobody measured" in advice.reasons[-1].sentence


def test_what_a_student_costs_is_taken_from_wherever_it_was_measured() -> None:
    with_more_labels = study(
        {"only": {}}, {"only": {"accuracy": 0.93, "parameters": 78_000}}, student="resnet8-w16", label_budget=4000
    )
    advice = advise(Case("vision", "fashion-mnist-mini", 4000, most_ms=0.1), [*SIZES, *with_more_labels])
    chosen = next(each for each in advice.candidates if each.config.student == "resnet8-w16")
    assert (chosen.row.accuracy.mean, chosen.row.cpu_ms, chosen.row.bytes) == (pytest.approx(0.93), 0.09, 350_000)
    told = next(reason.sentence for reason in advice.reasons if reason.about == "Student")
    assert "0.090 ms of CPU time (as “Made up” measured it)" in told


def test_a_method_is_added_only_where_it_is_shown_to_be_better_at_no_larger_size() -> None:
    def methods(accuracy: float, parameters: int, spread: float = 0.001) -> list[Evidence]:
        return study(
            {"soft": {}, "with at": {"terms": ["at"]}},
            {
                "soft": {"accuracy": 0.915, "parameters": 78_000},
                "with at": {"accuracy": accuracy, "parameters": parameters, "spread": spread},
            },
            student="resnet8-w16",
        )

    better = advise(CASE, [*SIZES, *methods(0.93, 78_000)])
    assert better.settings is not None
    assert [term["loss"] for term in better.settings["terms"]] == ["at"]
    limited = replace(CASE, most_bytes=360_000)
    for equal_or_larger in (methods(0.9151, 78_000, spread=-0.02), methods(0.93, 99_000)):
        advice = advise(limited, [*SIZES, *equal_or_larger])
        assert advice.settings is not None
        assert "terms" not in advice.settings
        reason = next(reason for reason in advice.reasons if reason.about == "Method")
        assert reason.sentence.startswith("Soft labels alone")


def test_the_training_is_cut_to_the_time_there_is_and_says_so() -> None:
    took = 10 * 8000 / 1000.0
    for seconds, epochs in ((2 * took, 10), (took, 5), (1.0, 1)):
        advice = advise(Case("vision", "fashion-mnist-mini", 400, seconds=seconds), SIZES)
        assert advice.settings is not None
        assert advice.settings["epochs"] == epochs
        reason = next(reason for reason in advice.reasons if reason.about == "Length")
        assert ("was not measured" in reason.sentence) is (epochs < 10)


def test_where_a_teacher_gave_nothing_that_is_said() -> None:
    useless = study({"only": {}}, {"only": {"accuracy": 0.7, "parameters": 1000}})
    worse = study({"only": {}}, {"only": {"accuracy": 0.6, "parameters": 1000}})
    assert any("no gain from a teacher is shown" in reason.sentence for reason in advise(CASE, useless).reasons)
    assert any("made it worse" in reason.sentence for reason in advise(CASE, worse).reasons)


def test_data_without_a_study_is_advised_on_with_a_warning_and_without_any_study_nothing_is_claimed() -> None:
    advice = advise(Case("vision", "cifar10", math.inf), SIZES)
    assert advice.reasons[0].sentence.startswith("No study was made on cifar10. All that is said here was measured on")
    nothing = advise(CASE, [])
    assert nothing.settings is None
    assert "nothing can be said" in nothing.reasons[-1].sentence


def test_whoever_has_many_labels_may_use_few_where_that_did_better() -> None:
    many = study(
        {"only": {}},
        {"only": {"accuracy": 0.85, "validation": 0.75, "parameters": 78_000}},
        student="resnet8-w16",
        label_budget=8000,
    )
    chosen = advise(Case("vision", "fashion-mnist-mini", 8000), [*SIZES, *many]).measured
    assert chosen is not None
    assert (chosen.config.student, chosen.labels) == ("resnet8-w16", 400)


def test_labels_are_near_as_a_ratio() -> None:
    assert apart(100, 400) == apart(400, 100) == 4
    assert apart(math.inf, math.inf) == 1
    assert apart(math.inf, 8000) > apart(8000, 400)


@pytest.mark.parametrize("case", [CASE, Case("language", "skills", 500), Case("vision", "digits", 100)])
def test_recorded_studies_alone_give_settings_that_a_preset_takes_and_claims_with_their_study(case: Case) -> None:
    known = [each for study in recorded().values() for each in evidence_of(study.plan, study.rows, study.machine)]
    advice = advise(case, known)
    assert advice.settings is not None
    load("quickstart" if case.task == "vision" else "language-quick").changed(advice.settings)
    assert all(reason.evidence or reason.about in ("Data", "Method") for reason in advice.reasons)
    rows = list(table(advice.candidates, case))
    assert len({(row["Student"], row["Taught by"]) for row in rows}) == len(rows)


def test_only_students_as_near_to_their_teacher_as_is_asked_count_as_within_the_limits() -> None:
    def within(**wish: Any) -> list[str]:
        case = Case("vision", "fashion-mnist-mini", 400, **wish)
        return [row["Fits"] for row in table(advise(case, SIZES).candidates, case)]

    assert within(goal="small", within=0.02) == ["no", "yes", "yes"]
    assert within(goal="accurate", within=0.02) == ["yes", "yes", "yes"]


SIMKD = {"terms": [{"loss": "kd", "weight": 0}, {"loss": "ce", "weight": 0}, {"loss": "simkd", "weight": 100}]}
BY_SIMKD = study(
    {"width 8": {"student": "resnet8-w8"}, "width 4": {"student": "resnet8-w4"}},
    {
        "width 8": {"accuracy": 0.93, "parameters": 90_000, "bytes": 380_000, "cpu_ms": 0.1},
        "width 4": {"accuracy": 0.916, "parameters": 60_000, "bytes": 250_000, "cpu_ms": 0.08},
    },
    **SIMKD,
)


def test_sizes_of_one_method_are_not_taken_for_a_comparison_with_soft_labels() -> None:
    assert {each.over_soft_labels for each in BY_SIMKD} == {None}
    advice = advise(replace(CASE, most_bytes=200_000), [*SIZES, *BY_SIMKD])
    reason = next(reason for reason in advice.reasons if reason.about == "Method")
    assert reason.sentence == "Soft labels alone: no study of this kind compared other ways to teach."


def test_another_way_to_teach_is_the_most_accurate_only_where_its_whole_interval_is_above_soft_labels() -> None:
    def terms_by(accuracy: float, spread: float) -> bool:
        row = {"accuracy": accuracy, "spread": spread, "parameters": 90_000}
        other = study({"width 8": {"student": "resnet8-w8"}}, {"width 8": row}, **SIMKD)
        return "terms" in (advise(CASE, [*SIZES, *other]).settings or {})

    assert terms_by(0.93, 0.0001)
    assert not terms_by(0.93, 0.01), "the mean of two seeds is hardly known"
    assert not terms_by(0.90, 0.0001)


def test_near_enough_is_who_is_with_the_whole_interval_and_who_is_on_average_only_is_named() -> None:
    unsure = study(
        {"width 6": {"student": "resnet8-w6"}}, {"width 6": {"accuracy": 0.91, "parameters": 12_000, "spread": 0.005}}
    )
    advice = advise(replace(CASE, goal="small"), [*SIZES, *unsure])
    assert advice.settings is not None
    assert advice.settings["student"] == "resnet8-w8", "the interval of w6 reaches beyond"
    sentence = advice.reasons[0].sentence
    assert "not surely: resnet8-w6 by soft labels (1.0 ± 6.4 behind)." in sentence


def test_one_seed_shows_nothing_surely() -> None:
    lucky = study({"width 6": {"student": "resnet8-w6"}}, {"width 6": {"accuracy": 0.919, "parameters": 12_000}})
    lucky = [
        replace(each, row=replace(each.row, accuracy=replace(each.row.accuracy, half_width=None))) for each in lucky
    ]
    advice = advise(replace(CASE, goal="small"), [*SIZES, *lucky])
    assert advice.settings is not None
    assert advice.settings["student"] == "resnet8-w8"
    assert "resnet8-w6 by soft labels (0.1 behind, one seed)" in advice.reasons[0].sentence


def test_a_higher_mean_that_is_not_surely_better_is_told() -> None:
    row = {"accuracy": 0.93, "spread": 0.01, "parameters": 90_000}
    other = study({"width 8": {"student": "resnet8-w8"}}, {"width 8": row}, **SIMKD)
    sentence = advise(CASE, [*SIZES, *other]).reasons[0].sentence
    assert (
        "the most accurate within your limits by soft labels (resnet8-w8 by Reused classifier (SimKD) had" in sentence
    )


def test_that_a_way_to_teach_looks_at_no_label_is_said() -> None:
    (method,) = [reason for reason in advise(CASE, [*SIZES, *BY_SIMKD[:1]]).reasons if reason.about == "Method"]
    assert "It looks at no label" in method.sentence
    assert "Keeps the teacher's classifier" in method.sentence


def test_where_soft_labels_bring_nobody_near_another_way_that_did_is_advised_beside_all_that_was_weighed() -> None:
    case = Case("vision", "fashion-mnist-mini", 400, goal="small", within=0.005)
    advice = advise(case, [*SIZES, *BY_SIMKD])
    assert advice.settings is not None
    assert (advice.settings["student"], advice.settings["terms"][2]["loss"]) == ("resnet8-w4", "simkd")
    weighed = [(row["Student"], row["Taught by"], row["Fits"]) for row in table(advice.candidates, case)]
    assert weighed == [
        ("resnet8-w4", "soft labels", "no"),
        ("resnet8-w8", "soft labels", "no"),
        ("resnet8-w4", "Reused classifier (SimKD)", "yes"),
        ("resnet8-w16", "soft labels", "no"),
        ("resnet8-w8", "Reused classifier (SimKD)", "yes"),
    ]


def test_times_of_two_machines_in_one_table_are_told_apart() -> None:
    case = Case("vision", "fashion-mnist-mini", 400)
    assert [row["CPU time"] for row in table(SIZES, case)] == ["0.030 ms", "0.050 ms", "0.090 ms"]
    mixed = [replace(SIZES[0], where="another machine"), *SIZES[1:]]
    assert [row["CPU time"] for row in table(mixed, case)] == ["0.030 ms elsewhere", "0.050 ms", "0.090 ms"]
