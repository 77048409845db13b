"""The states of a run, and which of them may follow which."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["queued", "running", "paused", "stopping", "stopped", "finished", "failed", "interrupted"]

STATUSES: tuple[Status, ...] = get_args(Status)
LIVE: tuple[Status, ...] = ("queued", "running", "paused", "stopping")
OVER: tuple[Status, ...] = ("stopped", "finished", "failed", "interrupted")
RESUMABLE: tuple[Status, ...] = ("stopped", "failed", "interrupted")

_FOLLOWS: dict[Status, tuple[Status, ...]] = {
    "queued": ("running", "stopped", "failed", "interrupted"),
    "running": ("paused", "stopping", "stopped", "finished", "failed", "interrupted"),
    "paused": ("running", "stopping", "stopped", "finished", "failed", "interrupted"),
    "stopping": ("stopped", "finished", "failed", "interrupted"),
    "stopped": ("queued", "running"),
    "failed": ("queued", "running"),
    "finished": (),
    # A run thought dead by another computer may turn out to live, so its end still counts.
    "interrupted": ("queued", "running", "stopped", "finished", "failed"),
}


def may_follow(before: Status, after: Status) -> bool:
    """Whether a run in state `before` may go to state `after`; staying is not a move."""
    return after in _FOLLOWS[before]


def predecessors(after: Status) -> tuple[Status, ...]:
    """The states from which a run may go to `after`."""
    return tuple(before for before in STATUSES if may_follow(before, after))
