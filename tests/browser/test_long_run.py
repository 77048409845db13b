"""What a visitor does beside a run that goes on: zooms, reloads, opens a second tab, edits its source, leaves.

One run serves all tests of this file; it is too long to end before them on any machine.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from app_process import ROOT, App
from watching import LOSS, POINTS, last_step, settled, until, waiting_run

from distill_core.config import DistillConfig
from distill_core.runs.records import RunRecord
from distill_core.runs.store import Store

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

LONG = DistillConfig.parse(
    {
        "teacher": None,
        "student": "resnet8-w16",
        "dataset": "digits",
        "baseline": False,
        "training": {"epochs": 3000},
        "hardware": {"threads": 1},
    }
)
ZOOM = f"() => document.querySelector('{LOSS}').layout.xaxis.range.map(end => Number(end.toFixed(3)))"
VERSION = f"() => document.querySelector('{LOSS}').dataset.version"


class Work:
    """An app of its own source with one run at work."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "tree"
        for part in ("app.py", ".streamlit", "pages", "distill_core"):
            whole = ROOT / part
            if whole.is_dir():
                shutil.copytree(whole, self.tree / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self.tree.mkdir(exist_ok=True)
                shutil.copy(whole, self.tree / part)
        home = folder / "home"
        self.run: RunRecord = waiting_run(home, LONG)
        self.store = Store(home)
        self.app = App(home, folder / "app.log", self.tree, ["--server.fileWatcherType", "auto"])
        self.url = f"{self.app.url}/train?run={self.run.id}"

    @property
    def step(self) -> int:
        return last_step(self.store, self.run)

    def goes_on(self) -> None:
        """Waits for a step more than there is."""
        now = self.step
        until(lambda: self.step > now, "the run makes no step")
        assert self.store.get(self.run.id).status == "running"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    made = Work(tmp_path_factory.mktemp("long"))
    with made.app:
        yield made


@pytest.fixture
def tab(work: Work, new_tab: Any) -> Any:
    """The page of the run, live."""
    opened = new_tab(work.url)
    opened.get_by_role("button", name="Resume").or_(opened.get_by_role("button", name="Pause")).wait_for(timeout=60_000)
    if work.store.get(work.run.id).status == "stopped":
        opened.get_by_role("button", name="Resume").click()
    opened.get_by_role("button", name="Pause").wait_for(timeout=60_000)
    opened.wait_for_function(f"{POINTS} > 2", timeout=120_000)
    return opened


def test_a_zoom_is_kept_through_five_ticks(tab: Any) -> None:
    tab.evaluate(f"() => {{ document.querySelector('{LOSS}').dataset.mark = 'the same node' }}")
    low, high = tab.evaluate(ZOOM)
    box = tab.locator(f"{LOSS} .nsewdrag").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.1 * box["width"], middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=8)
    tab.mouse.up()
    tab.wait_for_function(f"whole => (range => range[1] - range[0] < 0.8 * whole)(({ZOOM})())", arg=high - low)
    zoomed, version = tab.evaluate(ZOOM), tab.evaluate(VERSION)
    for _ in range(5):
        tab.wait_for_function(f"before => ({VERSION})() !== before", arg=version, timeout=60_000)
        assert tab.evaluate(ZOOM) == zoomed
        version = tab.evaluate(VERSION)
    assert tab.evaluate(f"() => document.querySelector('{LOSS}').dataset.mark") == "the same node"


def test_a_reload_and_a_second_tab_show_the_whole_history_and_go_on(work: Work, tab: Any, new_tab: Any) -> None:
    points = tab.evaluate(POINTS)
    tab.reload()
    other = new_tab(work.url)
    home = new_tab(work.app.url)
    for each in (tab, other):
        each.wait_for_function(f"before => ({POINTS})() > before", arg=points, timeout=120_000)
    home.get_by_role("link", name="Watch").wait_for(timeout=60_000)
    other.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Continue").click(timeout=60_000)
    other.get_by_role("button", name="Pause").wait_for(timeout=60_000)
    work.goes_on()


def test_a_source_file_saved_mid_run_leaves_the_run_at_work_and_its_page_whole(work: Work, tab: Any) -> None:
    module, page = work.tree / "distill_core" / "events.py", work.tree / "pages" / "train.py"
    module.write_text(f"{module.read_text('utf-8')}\nSAVED = True\n", "utf-8")
    page.write_text(f"{page.read_text('utf-8')}\nst.write('This page was saved.')\n", "utf-8")
    saved = tab.get_by_text("This page was saved.")
    for _ in range(10):
        tab.reload()
        tab.wait_for_function(f"{POINTS} > 2", timeout=60_000)
        settled(tab)
        if saved.count():
            break
    assert saved.count(), "the app does not take up the saved page"
    assert tab.locator("[data-testid=stException]").count() == 0
    points = tab.evaluate(POINTS)
    tab.wait_for_function(f"before => ({POINTS})() > before", arg=points, timeout=120_000)
    tab.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Continue").click(timeout=60_000)
    tab.get_by_role("button", name="Pause").wait_for(timeout=60_000)
    work.goes_on()


def test_a_run_goes_on_while_every_tab_is_closed_for_a_minute(work: Work, tab: Any, new_tab: Any) -> None:
    points = tab.evaluate(POINTS)
    tab.context.close()
    seen = [work.step]
    for _ in range(4):
        time.sleep(15)
        seen.append(work.step)
    assert seen == sorted(set(seen)), f"the run stood still while nobody looked: {seen}"
    assert work.store.get(work.run.id).status == "running"
    again = new_tab(work.url)
    again.wait_for_function(f"before => ({POINTS})() > before", arg=points, timeout=60_000)


def test_a_paused_run_is_forked_and_the_fork_trains_to_its_end_while_every_tab_is_closed(
    tab: Any, work: Work, new_tab: Any
) -> None:
    tab.get_by_role("button", name="Pause").click()
    tab.get_by_role("button", name="Continue").wait_for(timeout=60_000)
    tab.get_by_role("button", name="Fork").click()
    epochs = tab.get_by_role("spinbutton", name="Epochs")
    epochs.wait_for(timeout=20_000)
    epochs.fill("1")
    epochs.press("Enter")
    settled(tab)
    tab.get_by_role("button", name="Start the fork").click()
    tab.wait_for_url(lambda url: "run=" in url and work.run.id not in url, timeout=30_000)
    tab.get_by_text("is paused before it. Continue or stop that one.").wait_for(timeout=30_000)
    (fork,) = (record for record in work.store.list("run") if record.id != work.run.id)
    assert fork.config.training.epochs == 1
    assert fork.config.student.endswith("@resnet8-w16")
    tab.goto(work.url)
    tab.locator(".st-key-stop button").click()
    until(lambda: work.store.get(work.run.id).status == "stopped", "the run does not stop")
    tab.context.close()
    closed = time.time()
    until(lambda: work.store.get(fork.id).over, "the fork does not end while nobody looks")
    record = work.store.get(fork.id)
    assert (record.status, record.error) == ("finished", None)
    assert record.ended is not None
    assert record.ended > closed
    again = new_tab(f"{work.app.url}/train?run={fork.id}")
    again.get_by_role("button", name="Download ONNX").wait_for(timeout=60_000)
