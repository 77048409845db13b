from __future__ import annotations

from pathlib import Path

from made_up_runs import finish_run

from distill_core.runs.known import known_of
from distill_core.runs.store import Store


def test_the_newest_run_with_the_same_model_on_the_same_data_says_how_quick_and_how_right_it_is(tmp_path: Path) -> None:
    store = Store(tmp_path)
    finish_run(store, accuracy=0.80)
    newest = store.get(finish_run(store, accuracy=0.85))
    student = known_of(store.list("run"), "student", newest.config.student, newest.config)
    assert student is not None
    assert newest.summary is not None
    assert (student.accuracy, student.run) == (0.85, newest.name)
    assert student.cpu_ms == newest.summary["latency"]["student"]["cpu_ms"]
    teacher = known_of(store.list("run"), "teacher", str(newest.config.teacher), newest.config)
    assert teacher is not None
    assert teacher.cpu_ms == newest.summary["latency"]["teacher"]["cpu_ms"]
    store.close()


def test_a_student_with_its_teachers_classifier_is_another_model(tmp_path: Path) -> None:
    store = Store(tmp_path)
    plain = store.get(finish_run(store, accuracy=0.80))
    lent = store.get(finish_run(store, accuracy=0.85, terms={"kd": 0, "ce": 0, "simkd": 100}))
    for record, accuracy in ((plain, 0.80), (lent, 0.85)):
        known = known_of(store.list("run"), "student", record.config.student, record.config)
        assert known is not None
        assert known.accuracy == accuracy
    store.close()


def test_other_models_other_data_and_runs_without_a_measurement_say_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run_id = finish_run(store)
    record = store.get(run_id)
    assert known_of(store.list("run"), "student", "resnet8-w2", record.config) is None
    for other in ({"dataset": "digits"}, {"dataset": "folder", "data_folder": "/b/dogs"}):
        assert known_of(store.list("run"), "student", record.config.student, record.config.changed(other)) is None
    store.set_summary(run_id, {**(record.summary or {}), "latency": None, "onnx": None})
    assert known_of(store.list("run"), "student", record.config.student, record.config) is None
    store.close()
