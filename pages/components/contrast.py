"""What the theme cannot say: on dark ground, words in the primary colour are lighter than what it fills."""

from __future__ import annotations

import streamlit as st

_CSS = """
[data-variant="segmented_control"][data-selected="true"] p,
[data-variant="pills"][data-selected="true"] p,
[data-testid="stSliderThumbValue"] p { color: light-dark(#3056D3, #A3B2FF); }
"""


def readable() -> None:
    """Keeps 4.5 to 1 between words and their ground, as WCAG 2.2 asks (1.4.3)."""
    st.html(f"<style>{_CSS}</style>")
