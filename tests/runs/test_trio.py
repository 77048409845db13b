"""The three models of a finished run."""

from __future__ import annotations

from made_up_runs import finish_run
from tried_runs import tried_run

from distill_core.runs.store import Store
from distill_core.runs.trio import can_be_tried, sources


def test_each_model_has_its_file_and_a_teacher_shares_one_between_runs() -> None:
    store = Store()
    ids = [tried_run(store), tried_run(store, temperature=2.0)]
    first, second = ({each.role: each for each in sources(store.get(run_id), store)} for run_id in ids)
    assert list(first) == ["teacher", "baseline", "student"]
    assert all(source.ready for source in first.values())
    assert first["teacher"].file == second["teacher"].file
    assert first["student"].file != second["student"].file
    assert first["teacher"].parameters == 646_522
    assert first["baseline"].name == "resnet8-w8, labels only"


def test_a_student_without_its_exported_file_is_exported_again_from_its_weights() -> None:
    store = Store()
    record = store.get(tried_run(store))
    (record.folder / "model.onnx").unlink()
    student = sources(record, store)[-1]
    assert not student.ready
    assert student.file == store.home / "cache" / "onnx" / f"{'1' * 64}.onnx"
    assert student.folder == record.folder / "best"


def test_a_baseline_whose_weights_are_gone_says_so() -> None:
    store = Store()
    record = store.get(tried_run(store))
    assert record.baseline_id is not None
    (store.get(record.baseline_id).folder / "best" / "card.json").unlink()
    baseline = next(each for each in sources(record, store) if each.role == "baseline")
    assert (baseline.file, baseline.why_not) == (None, "The baseline's weights are no longer kept.")


def test_a_run_without_weights_cannot_be_tried() -> None:
    store = Store()
    assert not can_be_tried(store.get(finish_run(store)))
    assert can_be_tried(store.get(tried_run(store)))
