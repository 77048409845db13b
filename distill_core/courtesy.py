"""Good manners towards the rest of the machine."""

from __future__ import annotations

import os


def share_the_cores() -> None:
    """Lets torch's threads sleep while they wait for each other; call it before torch is imported.

    OpenMP's threads spin by default. That gains nothing where the machine is otherwise idle, and where a browser or
    another program wants a core, every step then waits for a thread that spins on it: two threads answered 650 images a
    second beside another busy program, and 1,540 when they sleep. A choice of the user's own is kept.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
