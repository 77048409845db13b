from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core.runs.status import LIVE, OVER, RESUMABLE, STATUSES, may_follow, predecessors

any_status = st.sampled_from(STATUSES)


def test_a_status_is_live_or_over_and_never_both() -> None:
    assert set(LIVE) | set(OVER) == set(STATUSES)
    assert not set(LIVE) & set(OVER)


def test_nothing_follows_a_finished_run() -> None:
    assert not any(may_follow("finished", after) for after in STATUSES)


@pytest.mark.parametrize("status", RESUMABLE)
def test_what_can_be_resumed_may_wait_and_run_again(status: str) -> None:
    assert may_follow(status, "queued")
    assert may_follow(status, "running")


@given(any_status)
def test_staying_is_not_a_move(status: str) -> None:
    assert not may_follow(status, status)


@given(any_status, any_status)
def test_predecessors_are_the_moves_read_backwards(before: str, after: str) -> None:
    assert (before in predecessors(after)) == may_follow(before, after)


@pytest.mark.parametrize("status", LIVE)
def test_every_live_run_can_end_in_failure_and_interruption(status: str) -> None:
    assert may_follow(status, "failed")
    assert may_follow(status, "interrupted")
