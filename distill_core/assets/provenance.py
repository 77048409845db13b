"""What a recording is made with, noted beside it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from distill_core.edge.machine import machine_facts


def made_with(packages: Iterable[str]) -> dict[str, Any]:
    """Versions, machine and date of a recording that is made now."""
    machine = machine_facts()
    return {
        "versions": {name: version(name) for name in packages} | {"python": platform.python_version()},
        "machine": f"{machine['cpu']}, {machine['cores']} logical cores",
        "date": datetime.now(UTC).date().isoformat(),
    }
