"""What the theme cannot say: words in the primary colour on dark ground, and a link that looks like a main button."""

from __future__ import annotations

import streamlit as st

_CSS = """
[data-variant="segmented_control"][data-selected="true"] p,
[data-variant="pills"][data-selected="true"] p,
[data-testid="stSliderThumbValue"] p { color: light-dark(#3056D3, #A3B2FF); }
.st-key-leading-link a, .st-key-leading-link a:hover { background-color: light-dark(#3056D3, #4F6BED); }
.st-key-leading-link a :is(p, span) { color: #FFFFFF; }
"""


def readable() -> None:
    """Keeps 4.5 to 1 between words and their ground, as WCAG 2.2 asks (1.4.3)."""
    st.html(f"<style>{_CSS}</style>")
