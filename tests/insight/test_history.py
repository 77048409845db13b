"""A run's events folded into curves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from distill_core.events import (
    Evaluated,
    Event,
    Finished,
    Measured,
    ModelFacts,
    Paused,
    PhaseSpan,
    Resumed,
    Started,
    StepLogged,
    Warned,
)
from distill_core.insight.history import RunHistory
from distill_core.insight.marks import LONGEST, Mark, told, warned


def started(step: int = 0) -> Started:
    spans = (PhaseSpan("distil", 0, 100, "all"),)
    model = ModelFacts("resnet8-w8", 19_810)
    return Started(model, None, "digits", ("0", "1"), 250, 100, 100, 25, spans, "cpu", "32-true", 1, "default", step)


def logged(step: int, **terms: float) -> StepLogged:
    weighted = {name: value / 2 for name, value in terms.items()}
    return StepLogged(step, "distil", terms, weighted, sum(weighted.values()), 0.1, 1000, step / 10, (100 - step) / 10)


def evaluated(step: int, accuracy: float, **more: Any) -> Evaluated:
    return Evaluated(step, step // 25, "validation", "student", accuracy, 0.5, **more)


def test_each_logged_step_is_a_row_with_weighted_and_raw_terms() -> None:
    history = RunHistory()
    for event in (started(), logged(10, kd=4.0, ce=2.0), logged(20, kd=3.0, ce=1.0)):
        history.feed(event)
    frame = history.student.losses()
    assert frame["step"].tolist() == [10, 20]
    assert frame["kd"].tolist() == [2.0, 1.5]
    assert frame["kd_raw"].tolist() == [4.0, 3.0]
    assert frame["loss"].tolist() == [3.0, 2.0]


def test_a_terms_gradient_is_kept_where_it_is_logged() -> None:
    history = RunHistory()
    for event in (started(), logged(10, kd=4.0), replace(logged(20, kd=3.0), gradients={"kd": 0.5})):
        history.feed(event)
    assert history.student.losses()["kd_gradient"].isna().tolist() == [True, False]


def test_a_training_without_a_teacher_never_says_that_it_distils() -> None:
    history = RunHistory(with_baseline=True)
    assert history.baseline.phases == ()
    history.feed(started(), of_baseline=True)
    history.feed(replace(started(), teacher=ModelFacts("vgg8", 647_000)))
    assert [(span.name, span.start, span.stop) for span in history.baseline.phases] == [("labels only", 0, 100)]
    assert [span.name for span in history.student.phases] == ["distil"]


def test_a_term_that_some_phase_lacks_leaves_a_gap() -> None:
    history = RunHistory()
    for event in (started(), logged(10, kd=4.0, ce=2.0), logged(20, ce=1.0)):
        history.feed(event)
    assert history.student.losses()["kd"].isna().tolist() == [False, True]


def test_the_baseline_is_the_one_on_stage_until_the_student_starts() -> None:
    history = RunHistory(with_baseline=True)
    assert history.in_baseline
    history.feed(started(), of_baseline=True)
    history.feed(logged(30, ce=1.0), of_baseline=True)
    assert history.current is history.baseline
    assert history.where == "epoch 2 of 4"
    history.feed(Finished({}), of_baseline=True)
    history.feed(started())
    assert history.current is history.student
    assert history.where == ""


def test_a_run_resumed_from_a_checkpoint_forgets_the_steps_it_takes_again() -> None:
    history = RunHistory()
    for event in (started(), logged(25, ce=1.0), evaluated(25, 0.5), logged(40, ce=0.8), started(25), Resumed(25)):
        history.feed(event)
    history.feed(logged(40, ce=0.9))
    assert history.student.losses()["step"].tolist() == [25, 40]
    assert history.student.accuracies()["validation"].tolist() == [0.5]


def test_accuracy_is_the_best_so_far_and_the_training_curve_may_have_gaps() -> None:
    history = RunHistory()
    for event in (started(), evaluated(25, 0.5), evaluated(50, 0.8, train_accuracy=0.9), evaluated(75, 0.7)):
        history.feed(event)
    assert history.student.best_accuracy == 0.8
    assert history.student.accuracies()["train"].isna().tolist() == [True, False, True]


def test_the_teacher_is_known_from_validation_and_the_test_does_not_change_it() -> None:
    history = RunHistory()
    history.feed(Evaluated(0, 0, "validation", "teacher", 0.92, 0.2))
    history.feed(Evaluated(100, 4, "test", "teacher", 0.95, 0.2))
    assert history.student.teacher_accuracy == 0.92


def test_the_test_score_is_not_drawn_among_the_validation_scores() -> None:
    history = RunHistory()
    history.feed(Evaluated(100, 4, "test", "student", 0.9, 0.3))
    assert history.student.accuracies().empty


def test_latency_is_the_median_cpu_time_and_none_before_it_is_measured() -> None:
    history = RunHistory()
    assert history.latency("student") is None
    history.feed(Measured(20, {"student": {"cpu_ms": 0.08, "wall_ms": {"p50": 0.09}}, "ratio": None}))
    assert history.latency("student") == 0.08
    assert history.latency("teacher") is None


def test_a_warning_said_twice_is_kept_once() -> None:
    history = RunHistory()
    history.feed(Warned("Mind the step."))
    history.feed(Warned("Mind the step."))
    assert history.warnings == ["Mind the step."]


def test_nothing_fed_gives_empty_curves_and_no_division_by_zero() -> None:
    history = RunHistory()
    assert history.student.losses().empty
    assert history.student.epochs == 0


def test_the_lead_compares_the_same_epoch() -> None:
    history = RunHistory(with_baseline=True)
    for step, accuracy in ((25, 0.5), (50, 0.7), (75, 0.8)):
        history.feed(evaluated(step, accuracy), of_baseline=True)
    assert history.lead is None
    history.feed(evaluated(25, 0.6))
    history.feed(evaluated(50, 0.75))
    assert history.lead is not None
    assert abs(history.lead - 0.05) < 1e-9


def test_what_is_measured_beside_accuracy_has_curves_of_its_own_and_the_teachers_level() -> None:
    history = RunHistory()
    skills = {"reasoning": 0.9, "instructions": 0.4, "stops": 1.0}
    history.feed(Evaluated(0, 0, "validation", "teacher", 0.95, 0.1, metrics={"reasoning": 1.0, "instructions": 0.9}))
    history.feed(Evaluated(25, 1, "validation", "student", 0.65, 0.3, 0.7, metrics=skills))
    assert [measure.name for measure in history.measures] == ["accuracy", "reasoning", "instructions"]
    assert history.student.accuracies("instructions")["validation"].tolist() == [0.4]
    assert history.student.accuracies("instructions")["train"].isna().all()
    assert history.student.accuracies("perplexity")["validation"].isna().all()
    assert history.student.accuracies()["train"].tolist() == [0.7]
    assert (history.student.of_teacher("reasoning"), history.student.of_teacher()) == (1.0, 0.95)


def test_of_images_only_accuracy_is_measured() -> None:
    history = RunHistory()
    history.feed(evaluated(25, 0.5))
    assert [measure.name for measure in history.measures] == ["accuracy"]


def marks_after(*events: Event) -> list[tuple[str, int, str]]:
    history = RunHistory()
    for event in events:
        history.feed(event)
    return [(mark.kind, mark.step, mark.text) for mark in history.student.marks]


def test_a_pause_and_its_end_are_one_mark_and_a_return_from_a_checkpoint_another() -> None:
    assert marks_after(started(), Paused(10)) == [("paused", 10, "paused")]
    assert marks_after(started(), Paused(10), Resumed(10)) == [("resumed", 10, "paused, then continued")]
    again = marks_after(started(), Paused(10), Resumed(10), started(20), Resumed(20))
    assert again[-1] == ("resumed", 20, "resumed from a checkpoint")


def test_of_the_best_epochs_only_the_latest_is_marked() -> None:
    events = (started(), evaluated(25, 0.5, best=True), evaluated(50, 0.6, best=True), evaluated(75, 0.4))
    assert marks_after(*events) == [("best", 50, "best on validation, epoch 2")]


def test_a_warning_is_marked_where_the_training_was_and_not_before_it_began() -> None:
    found = marks_after(Warned("early"), started(), logged(20, kd=1.0), Warned("late"), Measured(20, {}))
    assert found == [("warned", 20, "warned: late"), ("measured", 20, "latency measured")]


def test_what_is_done_again_from_a_checkpoint_is_marked_once() -> None:
    events = (started(), evaluated(50, 0.6, best=True), Measured(60, {}), replace(started(), step=25), Resumed(25))
    assert marks_after(*events) == [("resumed", 25, "resumed from a checkpoint")]


def test_marks_are_told_in_a_line_the_latest_of_many() -> None:
    assert told([]) == ""
    marks = [Mark("paused", step, "paused") for step in range(1000, 9000, 1000)]
    assert told(marks).startswith("2 earlier · ■ paused, step 3,000 · ")
    assert len(warned("word " * 40, 5).text) <= LONGEST + len("warned: ")


def test_what_a_student_had_before_its_first_step_is_not_what_is_kept() -> None:
    history = RunHistory()
    for event in (started(), evaluated(0, 0.91), evaluated(25, 0.89, best=True), evaluated(50, 0.9, best=True)):
        history.feed(event)
    assert (history.student.best_epoch, history.student.best_accuracy) == (2, 0.9)
    history.feed(evaluated(75, 0.9))
    assert history.student.best_epoch == 2, "the first that reached it"
    history.feed(Resumed(25))
    assert history.student.best_epoch == 1


def test_a_lead_is_over_what_the_baseline_had_after_the_same_epoch() -> None:
    history = RunHistory(with_baseline=True)
    for event in (evaluated(25, 0.6), evaluated(50, 0.7), evaluated(75, 0.8)):
        history.feed(event, of_baseline=True)
    assert (history.baseline_then, history.lead) == (None, None)
    history.feed(evaluated(50, 0.75))
    assert (history.baseline_then, history.lead) == (0.7, 0.05)
