"""Models of images answer what they are given."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_up_runs import finish_run
from tried_runs import kept, tried_run

from distill_core.cards import replace_file
from distill_core.config import DistillConfig
from distill_core.edge.jobs import JobStopped, ShouldStop
from distill_core.errors import DistillError
from distill_core.runs.store import Store
from distill_core.runs.trio import Source
from pages.components.try_it import examples, files, images
from pages.components.try_it.drawing import as_image
from pages.components.try_it.roles import camp_in_words

TRY = "pages/try_it.py"


def said(page: Any) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption, *page.warning))


def finished(page: Any) -> Any:
    """The page once what it waits for is there."""
    for _ in range(1000):
        page.run()
        if "hourglass" not in said(page):
            return page
        time.sleep(0.05)
    raise AssertionError(said(page))


def test_before_the_first_run_it_leads_to_the_demo(app: Any) -> None:
    finish_run(Store())  # of which no weights are kept
    page = app(TRY)
    assert "No run has finished yet" in said(page)
    assert not page.selectbox


def test_a_test_image_is_answered_by_all_three_with_the_time_it_took(app: Any) -> None:
    run_id = tried_run(Store())
    page = app(TRY, run=run_id)
    assert not page.exception
    words = said(page)
    for heading in ("violet[**Teacher**]", "orange[**Baseline**]", "green[**Student**]"):
        assert heading in words
    assert words.count("parameters]") == 3
    assert "median of 9 calls" in words
    assert "cannot be asked" not in words
    names = [badge for badge in words.split() if badge.startswith(":blue-badge") or badge.startswith(":red-badge")]
    assert len(names) == 3, "of a test image it is known who is right"
    page.select_slider[0].set_value(4).run()
    assert "At T = 4 the :green[student] learned from" in said(page)


def test_the_newest_run_with_a_teacher_comes_first_and_an_unknown_one_is_said(app: Any) -> None:
    store = Store()
    tried_run(store)
    newest = tried_run(store, temperature=2.0)
    page = app(TRY, run="no-such-run")
    assert page.selectbox[0].value == newest
    assert "not here" in page.warning[0].value


def test_a_teachers_file_is_made_beside_the_page_and_the_student_answers_meanwhile(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    run_id, made = tried_run(store, teacher_file=False), []

    def make(source: Source, store: Store, should_stop: ShouldStop) -> None:
        while not made:
            time.sleep(0.01)
        assert source.file is not None
        replace_file(source.file, kept(store, "2" * 64).read_bytes())

    monkeypatch.setattr(files, "make", make)
    page = app(TRY, run=run_id)
    assert "Its ONNX file is being made" in said(page)
    assert "green[**Student**]" in said(page)
    made.append(True)
    assert "times as long as" in said(finished(page))


def test_a_stop_in_one_tab_holds_in_another_until_the_file_is_asked_for_again(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    run_id, begun = tried_run(store, teacher_file=False), []

    def make(source: Source, store: Store, should_stop: ShouldStop) -> None:
        begun.append(source.role)
        while not should_stop():
            time.sleep(0.01)
        raise JobStopped("stopped")

    monkeypatch.setattr(files, "make", make)
    app(TRY, run=run_id).button(key="try-stop-teacher").click().run()
    other = app(TRY, run=run_id)
    assert "Its ONNX file is not made yet" in said(other)
    assert len(begun) <= 1
    other.button(key=f"try-make-{run_id}-teacher").click().run()
    assert "Its ONNX file is being made" in said(other)
    other.button(key="try-stop-teacher").click().run()


def test_why_a_model_cannot_be_asked_is_said_and_the_others_are_shown(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = tried_run(Store(), teacher_file=False)

    def refuse(source: Source, store: Store, should_stop: ShouldStop) -> None:
        raise DistillError("Its weights are damaged.")

    monkeypatch.setattr(files, "make", refuse)
    page = finished(app(TRY, run=run_id))
    assert "It cannot be asked. Its weights are damaged." in said(page)
    assert "green[**Student**]" in said(page)
    assert any(button.label == "Try again" for button in page.button)


def test_a_teacher_that_is_gone_has_no_answer_and_says_why(app: Any) -> None:
    store = Store()
    tried_run(store, teacher="/no/such/teacher", teacher_file=False)
    page = app(TRY)
    assert "It cannot be asked. there is no folder" in said(page).replace("teacher: ", "")
    assert "times as long as" not in said(page)


def test_the_walk_counts_the_disagreements_and_goes_from_one_to_the_next(app: Any) -> None:
    tried_run(Store())
    page = app(TRY)
    page.session_state["try_way"] = "Disagreements"
    page = finished(page)
    (kinds,) = page.radio
    assert [label.rpartition(" · ")[0] for label in kinds.options] == [
        "Only the student is right",
        "Only the teacher is right",
        "Student and teacher differ",
        "Labels alone was right, the student is wrong",
    ]
    assert "of 4,000 test images" in said(page)
    many = kinds.options[0].rpartition(" · ")[2]
    assert f"1 of {many}" in said(page)
    assert [badge for badge in said(page).split() if "badge" in badge].count(":blue-badge[:material/check:") == 1
    page.button(key="try-next").click().run()
    assert f"2 of {many}" in said(page)
    page.button(key="try-previous").click().run()
    page.button(key="try-previous").click().run()
    assert f"{many} of {many}" in said(page)


def test_the_asking_about_all_test_images_can_be_stopped(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow:
        def logits(self, images: np.ndarray[Any, Any], between: Callable[[], None]) -> np.ndarray[Any, Any]:
            for _ in range(2000):
                between()
                time.sleep(0.01)
            return np.zeros((len(images), 10), np.float32)

    tried_run(Store())
    monkeypatch.setattr(images, "classifier", lambda _stamped: Slow())
    page = app(TRY)
    page.session_state["try_way"] = "Disagreements"
    page.run()
    assert "Asking the models about 4,000 test images" in said(page)
    page.button(key="stop-walk").click()
    page = finished(page)
    assert [error.value for error in page.error] == ["The asking was stopped before its end."]
    assert any(button.label == "Try again" for button in page.button)


def test_test_images_that_do_not_ship_are_fetched_beside_the_page_once(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    def fetch(config: DistillConfig, out: Path, home: Path, should_stop: ShouldStop) -> None:
        fetched.append(config.dataset)
        grey = np.full((3, 1, 28, 28), 90, np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, images=grey, labels=np.array([4, 5, 6]), places=np.array([10, 20, 30]))
        replace_file(out, buffer.getvalue())

    monkeypatch.setattr(examples, "make_test_images", fetch)
    tried_run(Store(), dataset="fashion-mnist")
    page = finished(app(TRY))
    assert page.selectbox(key="try_class").value == "All classes"
    page.selectbox(key="try_class").set_value("Sandal").run()
    assert "Sandal · test image 20" in said(page)
    assert fetched == ["fashion-mnist"]


def test_what_was_drawn_is_an_image_and_anything_else_is_nothing() -> None:
    image = as_image([0, 300, -4, 17.4], 2, 2)
    assert image is not None
    assert image.tolist() == [[[0, 255], [0, 17]]]
    for nothing in (None, [0, 0, 0, 0], [1, 2], "abcd", [1, 2, 3, None], [1, [2], 3, 4]):
        assert as_image(nothing, 2, 2) is None


def test_who_says_what_is_a_sentence() -> None:
    assert camp_in_words([("Coat", ["teacher", "baseline", "student"])]) == "All three say **Coat**."
    assert (
        camp_in_words([("Coat", ["teacher", "student"]), ("Bag", ["baseline"])])
        == "The :violet[teacher] and :green[student] say **Coat**, the :orange[baseline] **Bag**."
    )


def test_the_models_of_a_run_answer_as_their_files_do(app: Any) -> None:
    store = Store()
    run_id = tried_run(store)
    from distill_core.edge.asking import Classifier
    from distill_core.vision.datasets.fashion_mnist_mini import CLASSES, read_mini

    page = app(TRY, run=run_id)
    place = int(np.random.RandomState(0).permutation(np.arange(4000))[0])
    image = read_mini()["test_images"][place][None]
    answer = CLASSES[int(Classifier(store.get(run_id).folder / "model.onnx").answer(image).logits.argmax())]
    assert f"#### {answer}" in [each.value for each in page.markdown]
