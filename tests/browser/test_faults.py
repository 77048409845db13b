"""What a run survives: the app killed, tabs closed, a stop at any moment, a home or a disk that refuses to write."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from watching import kinds, last_step, resumed, until, waiting_run, watched

from distill_core.config import DistillConfig
from distill_core.events import Evaluated
from distill_core.runs.records import RunRecord
from distill_core.runs.saved_state import progress_in
from distill_core.runs.store import Store
from distill_core.train.checkpoint import FILE as CHECKPOINT

pytestmark = [pytest.mark.browser, pytest.mark.fault, pytest.mark.timeout(240)]


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
    kept = progress_in(run.folder / CHECKPOINT)["step"]

    app.start()
    home = new_tab(app.url)
    home.locator("td", has_text="interrupted").first.wait_for(state="attached", timeout=60_000)
    tab = watched(new_tab, app.url, run)
    tab.get_by_text("The program that worked on this run was closed or killed").wait_for(timeout=30_000)
    tab.get_by_role("button", name="Resume").click()
    tab.get_by_role("button", name="Download ONNX").wait_for(timeout=120_000)
    assert store.get(run.id).status == "finished"
    (again,) = [event.event for event in store.events(run.id) if event.event.kind == "Resumed"]
    assert again.step == kept > 0  # type: ignore[attr-defined]
    seqs = [event.seq for event in store.events(run.id)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_stop_in_the_middle_of_a_validation_is_obeyed_and_resuming_validates_first(
    app_of: Any, new_tab: Any, own_home: Path, tiny_config: DistillConfig
) -> None:
    # One step of ten images an epoch, then 2,000 images to validate on: it validates nearly all the time.
    settings = {"dataset": "fashion-mnist-mini", "label_budget": 10, "epochs": 2000, "batch_size": 8000}
    run, store = waiting_run(own_home, tiny_config.changed(settings)), Store(own_home)
    tab = watched(new_tab, app_of(own_home).url, run)
    unjudged, step = list[int](), 0
    for _ in range(3):
        tab.get_by_role("button", name="Resume").click()
        until(lambda reached=step: last_step(store, run) > reached, "the run makes no step")
        tab.get_by_role("button", name="Stop").click()
        tab.get_by_text("You stopped this run").wait_for(timeout=30_000)
        tab.get_by_role("button", name="Resume").wait_for(timeout=10_000)
        record = store.get(run.id)
        assert (record.status, record.error, record.has_checkpoint) == ("stopped", None, True)
        step = last_step(store, run)
        if step not in judged(store, run):
            unjudged.append(step)
    assert unjudged, "three stops, and none in a validation"
    tab.get_by_role("button", name="Resume").click()
    until(lambda: last_step(store, run) > step, "the run makes no step")
    assert judged(store, run) == sorted(set(judged(store, run))) == list(range(1, judged(store, run)[-1] + 1))
    assert set(unjudged) <= set(judged(store, run))
    assert kinds(store, run).count("Resumed") == 3


def judged(store: Store, run: RunRecord) -> list[int]:
    """The steps after which the student was validated."""
    return [
        event.event.step
        for event in store.events(run.id)
        if isinstance(event.event, Evaluated) and event.event.split == "validation"
    ]


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
    until(lambda: store.get(run.id).status in ("failed", "stopped"), "the run's end is not stored")
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
