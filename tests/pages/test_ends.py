"""A run's end is told once, on whichever page one is."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_runs import fail_run, finish_run

from distill_core.runs.store import Store


def toasts(page: Any) -> list[str]:
    return [toast.value for toast in page.toast]


@pytest.mark.parametrize("where", ["pages/home.py", "pages/advisor.py"])
def test_a_run_that_ends_is_told_once_with_its_result_on_any_page(app: Any, where: str) -> None:
    page = app(where)
    assert not toasts(page)
    finish_run(Store(), name="my *run*")
    assert toasts(page.run()) == [
        r"**my \*run\*** is finished: 85.1% of the test images right, +11.3 points against labels alone (73.8%)."
    ]
    assert not toasts(page.run())


def test_the_page_of_the_run_itself_says_its_end_and_needs_no_toast(app: Any) -> None:
    store = Store()
    finish_run(store)
    shown = store.create(store.list(role="run")[0].config)
    page = app("pages/train.py", run=shown)
    store.set_status(shown, "stopped")
    assert not toasts(page.run())


def test_a_long_name_leaves_room_for_the_result(app: Any) -> None:
    page = app()
    finish_run(Store(), name="resnet8-w12 from vgg8-fashion, T 4, 400 labels, kd + ce + simkd, 10 epochs")
    (said,) = toasts(page.run())
    assert said.startswith("**resnet8-w12 fro…simkd, 10 epochs** is finished: 85.1%")


def test_a_failure_is_told_with_its_reason(app: Any) -> None:
    page = app()
    fail_run(Store(), "The teacher's file is gone.")
    (said,) = toasts(page.run())
    assert said.endswith("failed. The teacher's file is gone.")


def test_runs_that_had_ended_before_the_session_began_are_not_told(app: Any) -> None:
    finish_run(Store())
    page = app()
    assert not toasts(page)
    assert not toasts(page.run())


def test_a_run_that_is_taken_up_again_is_told_again_when_it_ends(app: Any) -> None:
    page, store = app(), Store()
    run_id = fail_run(store, "No space.")
    assert len(toasts(page.run())) == 1
    store.requeue(run_id)
    assert not toasts(page.run())
    store.set_status(run_id, "stopped")
    (said,) = toasts(page.run())
    assert said.endswith("was stopped. It can be taken up again on its page.")
