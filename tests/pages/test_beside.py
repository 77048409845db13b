"""Work beside a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.components import beside


@pytest.fixture(autouse=True)
def empty_shelf() -> Iterator[None]:
    beside._shelf().clear()
    yield
    beside._shelf().clear()


def test_of_work_that_is_over_only_the_latest_is_kept() -> None:
    for number in range(beside.MOST_KEPT + 5):
        beside.begin(f"work-{number}", "Working", lambda _stop, _say: None)
        found = beside.beside(f"work-{number}")
        assert found is not None
        found.aside.wait(10)
    assert beside.beside("work-0") is None
    assert beside.beside(f"work-{beside.MOST_KEPT + 4}") is not None
    assert len(beside._shelf()) <= beside.MOST_KEPT + 1
