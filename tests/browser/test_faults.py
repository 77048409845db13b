"""What a run survives: the app killed, tabs closed, a stop at any moment, a home or a disk that refuses to write."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from distill_core.config import DistillConfig
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.fault, pytest.mark.timeout(240)]

POINTS = "() => (document.querySelector('[data-chart=loss]')?.data?.[0]?.x ?? []).length"


def waiting_run(home: Path, config: DistillConfig) -> RunRecord:
    """A run that was stopped before it began, for a page's Resume button to start."""
    store = Store(home)
    run_id = store.create(config)
    assert store.claim(run_id)
    assert store.set_status(run_id, "stopped")
    record = store.get(run_id)
    store.close()
    return record


def until(condition: Callable[[], Any], what: str, seconds: float = 60.0) -> None:
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
    tab.get_by_role("button", name="Pause").wait_for(timeout=30_000)
    tab.wait_for_function(f"{POINTS} > 0", timeout=30_000)
    return tab


def kinds(store: Store, run: RunRecord) -> list[str]:
    return [event.event.kind for event in store.events(run.id)]


def test_a_killed_app_leaves_a_run_that_says_so_and_goes_on_to_its_end(
    app_of: Any, new_tab: Any, own_home: Path, tiny_config: DistillConfig
) -> None:
    run, store = waiting_run(own_home, tiny_config.changed({"epochs": 30})), Store(own_home)
    app = app_of(own_home)
    tab = resumed(watched(new_tab, app.url, run))
    until(lambda: "Checkpointed" in kinds(store, run), "there is no checkpoint")
    app.kill()
    tab.close()
    assert store.get(run.id).status == "running", "the run ended before the app was killed; it is too short"
    before = max(getattr(event.event, "step", 0) for event in store.events(run.id))

    app.start()
    home = new_tab(app.url)
    home.locator("td", has_text="interrupted").first.wait_for(state="attached", timeout=60_000)
    tab = watched(new_tab, app.url, run)
    tab.get_by_text("The program that worked on this run was closed or killed").wait_for(timeout=30_000)
    tab.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Download ONNX").wait_for(timeout=120_000)
    assert store.get(run.id).status == "finished"
    (again,) = [event.event for event in store.events(run.id) if event.event.kind == "Resumed"]
    assert 0 < again.step <= before + 40  # type: ignore[attr-defined]
    seqs = [event.seq for event in store.events(run.id)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_run_goes_on_and_ends_while_every_tab_is_closed(
    app_of: Any, new_tab: Any, own_home: Path, tiny_config: DistillConfig
) -> None:
    run, store = waiting_run(own_home, tiny_config.changed({"epochs": 60})), Store(own_home)
    app = app_of(own_home)
    tab = resumed(watched(new_tab, app.url, run))
    tab.context.close()
    seen = [store.pulse(run.id).last_seq]
    for _ in range(2):
        time.sleep(5)
        seen.append(store.pulse(run.id).last_seq)
    assert seen[0] < seen[1], "nothing happened while nobody looked"
    until(lambda: store.get(run.id).over, "the run does not end", 120)
    assert store.get(run.id).status == "finished"
    tab = watched(new_tab, app.url, run)
    tab.get_by_role("button", name="Download ONNX").wait_for(timeout=30_000)


def test_a_stop_at_any_moment_ends_as_stopped_and_can_be_resumed(
    app_of: Any, new_tab: Any, own_home: Path, tiny_config: DistillConfig
) -> None:
    # One step an epoch: the run is validating or writing a checkpoint most of the time.
    config = tiny_config.changed({"epochs": 5000, "batch_size": 1024})
    run, store = waiting_run(own_home, config), Store(own_home)
    tab = watched(new_tab, app_of(own_home).url, run)
    moments = random.Random(7)
    step = 0
    for _ in range(3):
        resumed(tab)
        tab.wait_for_timeout(moments.uniform(500, 1500))
        tab.get_by_role("button", name="Stop").click()
        tab.get_by_text("You stopped this run").wait_for(timeout=30_000)
        tab.get_by_role("button", name="Resume").wait_for(timeout=10_000)
        record = store.get(run.id)
        assert (record.status, record.error, record.has_checkpoint) == ("stopped", None, True)
        reached = max(getattr(event.event, "step", 0) for event in store.events(run.id))
        assert reached > step
        step = reached
    assert kinds(store, run).count("Resumed") == 2


def test_a_home_that_cannot_be_written_is_a_sentence_on_every_page(app_of: Any, new_tab: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    app = app_of(tmp_path / "file" / "home")
    for page in ("", "train", "compare"):
        tab = new_tab(f"{app.url}/{page}")
        tab.get_by_text("Set DISTILL_HOME to a folder you may write to").first.wait_for(timeout=60_000)
        assert tab.get_by_text("Traceback").count() == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting is not permitted here; tests/runs tries a full disk with a stand-in")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_fails_the_run_in_a_sentence_and_loses_none(
    app_of: Any, new_tab: Any, small_disk: Path, tiny_config: DistillConfig
) -> None:
    earlier = waiting_run(small_disk, tiny_config)
    run, store = waiting_run(small_disk, tiny_config.changed({"epochs": 3})), Store(small_disk)
    app = app_of(small_disk)
    tab = watched(new_tab, app.url, run)
    _fill(small_disk / "filler")
    tab.get_by_role("button", name="Resume").click()
    tab.get_by_text("No space left on device").or_(tab.get_by_text("is full")).first.wait_for(timeout=60_000)
    assert tab.get_by_text("Traceback").count() == 0
    (small_disk / "filler").unlink()
    tab.reload()
    assert {record.id for record in store.list()} == {run.id, earlier.id}
    until(lambda: store.get(run.id).status in ("failed", "stopped"), "the run's end is not stored", 30)
    tab.get_by_role("button", name="Resume").click(timeout=30_000)
    until(lambda: store.get(run.id).status == "finished", "the run does not finish once there is room")


def _fill(path: Path) -> None:
    """Takes what room there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"0" * size)
            except OSError:
                continue
