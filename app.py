"""Opens the workbench: theme, navigation, and the strip that shows the run in progress.

streamlit run app.py
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from distill_core.courtesy import share_the_cores
from distill_core.runs.manager import warm_up
from pages.components.contrast import readable
from pages.components.live_chart import preload_script, provide_script
from pages.components.navigation import navigation, open_door
from pages.components.settle import settle
from pages.components.strip import strip
from pages.components.trouble import told

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Distillation workbench", page_icon=str(HERE / "pages/components/icon.png"), layout="wide"
)
share_the_cores()
provide_script(HERE / "static")
warm_up()
readable()
settle()
page = navigation()
open_door()
with told():
    strip()
    page.run()
preload_script()
