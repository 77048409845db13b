"""Good manners towards the rest of the machine."""

from __future__ import annotations

import os

SPINS = 2000


def share_the_cores() -> None:
    """Shortens how long torch's threads spin while they wait for each other; call it before torch is imported.

    GNU OpenMP spins for milliseconds by default. Where a browser or another program wants a core, every step then
    waits for a thread that spins on it. Measured on two cores with the quickstart's student: idle machine, images a
    second 3,750 by default, 3,690 with this, 2,560 if threads never spin; beside a program that keeps both cores busy,
    the teacher answers 1.8 times as many images as by default. A choice of the user's own is kept.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))
