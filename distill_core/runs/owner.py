"""Which process works on a run, said so that a number used twice is not mistaken for the same process."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import lru_cache

CLOCK_SLACK = 2.0
"""Seconds by which a process's creation time may seem to move when the clock is set."""


@dataclass(frozen=True)
class Owner:
    """A process: the computer's name, the process's number and when it was made (seconds since 1970)."""

    host: str
    pid: int
    created: float

    def token(self) -> str:
        """One line of text; `read_owner` gives the owner back."""
        return f"{self.host}|{self.pid}|{self.created:.2f}"


def read_owner(token: str) -> Owner | None:
    """The owner that `token` wrote, or None if the text is not one."""
    host, _, rest = token.partition("|")
    pid, _, created = rest.partition("|")
    try:
        return Owner(host, int(pid), float(created))
    except ValueError:
        return None


def this_process() -> Owner:
    """The process that asks."""
    return _process(os.getpid())


@lru_cache(maxsize=4)
def _process(pid: int) -> Owner:
    import psutil

    return Owner(platform.node(), pid, psutil.Process(pid).create_time())


def is_here(owner: Owner) -> bool:
    """Whether the owner runs, or ran, on this computer."""
    return owner.host == platform.node()


def is_gone(owner: Owner) -> bool:
    """Whether an owner on this computer has ended: its number is free, or belongs to a process made at another time."""
    import psutil

    try:
        process = psutil.Process(owner.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        return abs(float(process.create_time()) - owner.created) > CLOCK_SLACK
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
