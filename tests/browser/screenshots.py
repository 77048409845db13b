"""Writes a picture of every page: `PYTHONPATH=. python tests/browser/screenshots.py docs/screenshots [--home HOME]`.

The pages show what is in the home (the user's own by default), so that has to hold some finished runs. Pictures have
256 colours, which keeps them small.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app_process import FLAGS, App, chromium
from PIL import Image
from playwright.sync_api import sync_playwright

from distill_core.home import default_home
from distill_core.runs.store import Store

PAGES = ("home", "learn", "train", "runs", "compare", "studies", "try_it", "advisor", "teachers", "edge")
WIDTH, LOWEST, HIGHEST = 1280, 800, 1500
SETTLING = 4_000
"""Milliseconds in which charts are drawn and files are found."""


def main() -> None:
    """Reads the command line, starts the app and goes from page to page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--only", choices=PAGES, nargs="*", default=PAGES)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as logs:
        app = App(chosen.home, Path(logs) / "app.log")
        app.start()
        try:
            for name, picture in _pictures(app.url, dict(_addresses(chosen.home, chosen.only))):
                path = chosen.out / f"{name}.png"
                path.write_bytes(picture)
                print(f"{path}  {len(picture) / 1000:.0f} kB")
        finally:
            app.end()


def _addresses(home: Path, only: list[str]) -> Iterator[tuple[str, str]]:
    """What is shown, and where: each page, and the newest finished run with a teacher."""
    for page in only:
        yield page.replace("_", "-"), "" if page == "home" else page
        if page == "learn":
            yield "learn-language", "learn?about=language"
    store = Store(home)
    finished = (run for run in store.list("run") if run.status == "finished" and run.config.teacher)
    run = next(finished, None)
    if run is not None:
        yield "run", f"train?run={run.id}"
    store.close()


def _pictures(url: str, addresses: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, address in addresses.items():
            for scheme in ("light", "dark"):
                tab = browser.new_page(color_scheme=scheme, viewport={"width": WIDTH, "height": LOWEST})
                tab.goto(f"{url}/{address}")
                tab.get_by_role("heading").first.wait_for(timeout=60_000)
                tab.wait_for_timeout(SETTLING)
                yield f"{name}-{scheme}", _small(_shot(tab))
                tab.close()
        browser.close()


def _shot(tab: Any) -> bytes:
    """The page down to its end, or as far as a reader may want to see it."""
    height = tab.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": WIDTH, "height": max(LOWEST, min(HIGHEST, int(height)))})
    tab.wait_for_timeout(1_000)
    picture: bytes = tab.screenshot()
    return picture


def _small(picture: bytes) -> bytes:
    small = io.BytesIO()
    covering = Image.Quantize.MAXCOVERAGE  # keeps the few points in a role's colour, which the usual way greys
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, method=covering).save(small, "PNG", optimize=True)
    return small.getvalue()


if __name__ == "__main__":
    main()
