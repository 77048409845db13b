"""Runs found again."""

from __future__ import annotations

import pytest

from distill_core.config import DistillConfig
from distill_core.runs.search import Wanted, matching, tags_of
from distill_core.runs.store import Store


@pytest.fixture
def three(store: Store) -> dict[str, str]:
    """Three runs by what is special about them."""
    ids = {
        "tagged": store.create(DistillConfig(), name="First try"),
        "digits": store.create(DistillConfig.parse({"dataset": "digits", "teacher": None, "student": "resnet8-w2"})),
        "stopped": store.create(DistillConfig(), name="Third"),
    }
    store.remarks.tag(ids["tagged"], ["Thesis", "keep"])
    store.remarks.note(ids["stopped"], "the Loss went up")
    store.set_status(ids["stopped"], "stopped")
    return ids


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), {"tagged", "digits", "stopped"}),
        (Wanted(text="first TRY"), {"tagged"}),
        (Wanted(text="thesis"), {"tagged"}),
        (Wanted(text="loss"), {"stopped"}),
        (Wanted(text="resnet8-w2"), {"digits"}),
        (Wanted(text="labels only"), {"digits"}),
        (Wanted(text="loss thesis"), set()),
        (Wanted(states=["stopped", "failed"]), {"stopped"}),
        (Wanted(data=["digits"]), {"digits"}),
        (Wanted(tags=["keep", "other"]), {"tagged"}),
        (Wanted(tags=["keep"], states=["stopped"]), set()),
    ],
)
def test_a_run_has_to_meet_everything_that_is_asked(
    store: Store, three: dict[str, str], wanted: Wanted, found: set[str]
) -> None:
    assert {record.id for record in matching(store.list(), wanted)} == {three[name] for name in found}


def test_an_id_finds_its_run_and_the_order_stays(store: Store, three: dict[str, str]) -> None:
    (record,) = matching(store.list(), Wanted(text=three["digits"]))
    assert record.id == three["digits"]
    assert matching(store.list(), Wanted()) == store.list()


def test_the_known_tags_are_in_the_order_of_the_alphabet(store: Store, three: dict[str, str]) -> None:
    store.remarks.tag(three["digits"], ["keep", "Alpha"])
    assert tags_of(store.list()) == ["Alpha", "keep", "Thesis"]
