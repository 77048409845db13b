"""What the app costs a training that runs beside three open tabs, and how quickly a page answers meanwhile.

    python tests/bench/app_overhead.py [--seconds 30] [--clicks 60] [--rounds 3]

Starts the app in a process of its own, submits a long run, opens three tabs on its live view and a fourth that clicks
between pages. Prints one JSON object:

    outside_share       CPU time of the app's threads that do not train, as a share of the app's whole CPU time
    click_ms            from a click on the navigation to the first frame with the new page's heading, p50 and p95 of
                        the quietest round; by the browser's own clock, for the way to it and back is not the app's
    training_cores      what the training took meanwhile
    browser_cores       what the browser itself took, for it competes with the training on a small machine

Threads that train are the manager's and torch's own workers (those that Python does not know); all the others, the
server's and the pages', are outside.

Each page is opened once before clicks are timed: its first visit imports what it needs. Other programs on the machine
can only lengthen a wait, never shorten it, so the round of clicks with the lowest p95 says most of the app.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
HEADINGS = {"Home": "Watch a small model learn from a large one", "Compare": "Compare"}

CLICK = """
async ([name, heading]) => {
  const link = [...document.querySelectorAll("a")].find(each => each.innerText.trim().endsWith(name));
  const arrived = () => [...document.querySelectorAll("h1")].some(each => each.innerText.includes(heading));
  const frame = () => new Promise(requestAnimationFrame);
  const begun = performance.now();
  link.click();
  while (!arrived()) {
    if (performance.now() - begun > 20000) throw new Error(`No heading "${heading}" within 20 s`);
    await frame();
  }
  return performance.now() - begun;
}
"""

LAUNCHER = """
import json, sys, threading, time
from pathlib import Path
from streamlit.web import bootstrap
from distill_core import presets
from distill_core.runs.manager import get_manager

def report(path):
    settings = {"epochs": 500, "baseline": False}
    run = get_manager().submit(presets.load("quickstart").changed(settings), name="overhead")
    while True:
        threads = {thread.name: thread.native_id for thread in threading.enumerate()}
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"run": run, "threads": threads}))
        part.replace(path)
        time.sleep(1)

threading.Thread(target=report, args=(Path(sys.argv[1]),), name="report", daemon=True).start()
options = {"server.port": int(sys.argv[2]), "server.headless": True, "server.address": "127.0.0.1"}
bootstrap.load_config_options(flag_options=options)
bootstrap.run("app.py", False, [], options)
"""


def measure(seconds: float, clicks: int, rounds: int = 3, port: int = 8791) -> dict[str, Any]:
    """Runs the whole measurement; see the module's docstring for what comes back."""
    with tempfile.TemporaryDirectory() as folder:
        facts = Path(folder) / "facts.json"
        environment = os.environ | {"DISTILL_HOME": str(Path(folder) / "home"), "PYTHONPATH": str(ROOT)}
        app = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, str(facts), str(port)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_until_up(port)
            return _measure_beside(app.pid, facts, f"http://127.0.0.1:{port}", seconds, clicks, rounds)
        finally:
            app.terminate()
            try:
                app.wait(20)
            except subprocess.TimeoutExpired:
                app.kill()


def _measure_beside(pid: int, facts: Path, url: str, seconds: float, clicks: int, rounds: int) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright

    run = _read(facts)["run"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS)
        tabs = [browser.new_page() for _ in range(3)]
        for tab in tabs:
            tab.goto(f"{url}/train?run={run}")
            tab.locator(".js-plotly-plot").first.wait_for(timeout=120_000)
        clicker = browser.new_page()
        clicker.goto(url)
        clicker.get_by_role("heading", name=HEADINGS["Home"]).wait_for(timeout=60_000)
        _wait_until_training(tabs[0])

        threads_before, browser_before, begun = _thread_times(pid), _browser_seconds(), time.perf_counter()
        time.sleep(seconds)
        threads_after, browser_after, ended = _thread_times(pid), _browser_seconds(), time.perf_counter()
        known = _read(facts)["threads"]

        first = {name: _click(clicker, name) for name in ("Compare", "Home")}
        waits = [_clicks(clicker, clicks) for _ in range(rounds)]
        browser.close()
    spent = {thread: threads_after[thread] - threads_before.get(thread, 0.0) for thread in threads_after}
    python_threads = set(known.values())
    outside = sum(
        value
        for thread, value in spent.items()
        if thread == pid or (thread in python_threads and thread != known["run-manager"])
    )
    quietest = min(waits, key=_p95)
    return {
        "outside_share": outside / sum(spent.values()),
        "outside_cores": outside / (ended - begun),
        "training_cores": (sum(spent.values()) - outside) / (ended - begun),
        "browser_cores": (browser_after - browser_before) / (ended - begun),
        "click_ms": {
            "p50": quietest[clicks // 2],
            "p95": _p95(quietest),
            "p95_of_rounds": [_p95(each) for each in waits],
            "first": first,
            "clicks": clicks,
        },
        "seconds": seconds,
    }


def _clicks(page: Any, clicks: int) -> list[float]:
    """The waits of one round, shortest first, to and fro between two pages."""
    return sorted(_click(page, "Compare" if number % 2 == 0 else "Home") for number in range(clicks))


def _p95(waits: list[float]) -> float:
    return waits[int(0.95 * (len(waits) - 1))]


def _click(page: Any, name: str) -> float:
    """Milliseconds from a click to the first frame with the new page's heading, by the browser's own clock."""
    waited: float = page.evaluate(CLICK, [name, HEADINGS[name]])
    time.sleep(0.3)
    return waited


def _wait_until_up(port: int) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError(f"The app did not answer on port {port} within two minutes")


def _wait_until_training(page: Any) -> None:
    """Past the first phase boundary's measurements, where training stands still for a moment."""
    page.get_by_text("fine-tune").first.wait_for(timeout=60_000)
    time.sleep(25)


def _read(facts: Path) -> dict[str, Any]:
    for _ in range(240):
        if facts.exists():
            content: dict[str, Any] = json.loads(facts.read_text())
            return content
        time.sleep(0.5)
    raise TimeoutError("The app submitted no run within two minutes")


def _thread_times(pid: int) -> dict[int, float]:
    """CPU seconds of each thread of a process."""
    return {int(task.name): _cpu_seconds(task / "stat") for task in Path(f"/proc/{pid}/task").iterdir()}


def _browser_seconds() -> float:
    total = 0.0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if "chrom" in (process / "comm").read_text():
                total += _cpu_seconds(process / "stat")
        except OSError:
            continue
    return total


def _cpu_seconds(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(json.dumps(measure(arguments.seconds, arguments.clicks, arguments.rounds), indent=2))
