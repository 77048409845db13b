"""Good manners towards the rest of the machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
SPINS = 2000


def share_the_cores() -> None:
    """Shortens how long torch's threads spin while they wait for each other; call it before torch is imported.

    GNU OpenMP spins for milliseconds by default. Where a browser or another program wants a core, every step then
    waits for a thread that spins on it; a thread that never spins makes an idle machine slow. This stands between. A
    choice of the user's own is kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


def apart(work: Callable[[], Found]) -> Found:
    """Computes with torch in a thread that ends with the work, where another thread is to train; returns its result.

    GNU OpenMP keeps a team of threads for every thread that has computed, as long as that thread lives. Once all teams
    together have more threads than there are cores, none of them waits awake any more, and each piece of a training
    step waits for the scheduler.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="apart") as thread:
        return thread.submit(work).result()
