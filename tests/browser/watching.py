"""The pages by their headings, runs for a page to start and follow, and waiting for what no page shows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distill_core.config import DistillConfig
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store

LOSS = "[data-chart=loss]"
POINTS = f"() => (document.querySelector('{LOSS}')?.data?.[0]?.x ?? []).length"
IDLE = "[data-testid=stApp][data-test-connection-state=CONNECTED][data-test-script-state=notRunning]"
SETTLED = f"() => document.querySelector('{IDLE}') && !document.querySelector('[data-testid=stSkeleton]')"

PAGES = {
    "": "Watch a small model learn from a large one",
    "learn": "Distillation in ten minutes",
    "learn?about=language": "Distillation in ten minutes",
    "train": "Train a student",
    "runs": "Runs",
    "compare": "Compare runs",
    "studies": "Studies",
    "try_it": "Try it",
    "advisor": "Which student, and how to teach it?",
    "teachers": "Teachers",
    "edge": "Edge",
}
PROBES = "/_stcore/"
"""Streamlit asks below a page's own address first where its server is, and is told that it is not there."""


def waiting_run(home: Path, config: DistillConfig) -> RunRecord:
    """A run that was stopped before it began, for a page's Resume button to start."""
    store = Store(home)
    run_id = store.create(config)
    assert store.claim(run_id)
    assert store.set_status(run_id, "stopped")
    record = store.get(run_id)
    store.close()
    return record


def until(condition: Callable[[], Any], what: str, seconds: float = 120.0) -> None:
    """Waits for what a page does not show."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.1)


def watched(new_tab: Any, url: str, run: RunRecord) -> Any:
    """A tab with the page of a run that is over."""
    tab = new_tab(f"{url}/train?run={run.id}")
    tab.get_by_role("button", name="Use these settings").wait_for(timeout=60_000)
    return tab


def resumed(tab: Any) -> Any:
    """Presses Resume and waits for live points."""
    tab.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Pause").wait_for(timeout=60_000)
    tab.wait_for_function(f"{POINTS} > 0", timeout=60_000)
    return tab


def kinds(store: Store, run: RunRecord) -> list[str]:
    """What the run has said so far."""
    return [event.event.kind for event in store.events(run.id)]


def last_step(store: Store, run: RunRecord) -> int:
    """The latest step that the run has said."""
    return max((getattr(event.event, "step", 0) for event in store.events(run.id)), default=0)


def settled(tab: Any) -> None:
    """Waits until the page's script is over and every part of the page has its code.

    A browser that sees a page first fetches the code of each kind of part, and shows a grey place until it is there.
    """
    tab.wait_for_timeout(400)
    tab.wait_for_function(SETTLED, timeout=60_000)


def console_errors(tab: Any) -> list[str]:
    """Collects what a tab's console reports as errors from now on."""
    errors: list[str] = []

    def hear(said: Any) -> None:
        told = f"{said.text} {said.location.get('url', '')}"
        if said.type == "error" and PROBES not in told:
            errors.append(told)

    tab.on("console", hear)
    return errors
