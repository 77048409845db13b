"""A Plotly chart that changes in place: zoom, pan and hidden lines survive while a run goes on.

`st.plotly_chart` replaces its node at every update. This component hands the figure to `Plotly.react` instead. The
script comes from the installed plotly package through Streamlit's static folder: no network is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import streamlit as st

from distill_core.figures import Figure
from distill_core.figures.palette import palette_script

SCRIPT_NAME = "plotly.min.js"
_HTML = '<div class="live-chart"></div>\n'
_CSS = """.live-chart { width: 100%; overflow: hidden; }
.live-chart .modebar { opacity: .8; }
/* The legend and the names of phases lie above. */
.live-chart.buttons-below .modebar { top: auto !important; bottom: 0; }
.live-chart.buttons-below .modebar-container { top: auto !important; bottom: 0; height: 24px !important; }
.live-chart .parcoords .axis :is(path, line) { stroke: var(--st-text-color) !important; stroke-opacity: .3 !important; }
.live-chart .parcoords text { text-shadow: none !important; }
"""


def provide_script(static: Path) -> None:
    """Puts the installed plotly's script into the static folder, unless this very size is there already."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("plotly is not installed; run `pip install -r requirements.txt`")
    source, target = Path(spec.origin).parent / "package_data" / SCRIPT_NAME, static / SCRIPT_NAME
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        return
    static.mkdir(exist_ok=True)
    part = target.with_suffix(f".part-{os.getpid()}-{threading.get_ident()}")
    shutil.copyfile(source, part)
    part.replace(target)


@lru_cache(maxsize=1)
def _component() -> Callable[..., object]:
    drawing = Path(__file__).with_suffix(".js").read_text("utf-8")
    script = palette_script() + drawing.replace("__SCRIPT__", f"app/static/{SCRIPT_NAME}")
    return st.components.v2.component("live_chart", html=_HTML, css=_CSS, js=script, isolate_styles=False)


def payload(
    figure: Figure, *, name: str, version: str, alt: str, height: int = 340, toolbar: bool | None = None
) -> bytes:
    """A figure ready to send: made once, sent to every reader.

    Args:
        figure: with colours by role.
        name: of the chart, for tests and styles.
        version: changes when the figure changes; the browser draws nothing anew for a version it has.
        alt: what a screen reader says.
        height: in pixels, reserved before the first drawing.
        toolbar: Plotly's buttons: always, never, or (None) under the mouse.
    """
    return json.dumps(
        {"name": name, "version": version, "alt": alt, "height": height, "toolbar": toolbar, "figure": figure},
        separators=(",", ":"),
    ).encode()


def live_chart(chart: bytes, *, key: str, height: int = 340) -> None:
    """Shows what `payload` made; the same key keeps the same node in the page."""
    _component()(key=key, data=chart, height=height)


def preload_script() -> None:
    """Fetches plotly's script while the reader is still reading, so that the first chart appears at once."""
    _component()(key="preload-plotly", height=1)
