"""Names and what they are, two columns without a heading."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st


def facts_table(rows: Sequence[tuple[str, str]], *, alt: str) -> None:
    """Shows the rows; words may be Markdown.

    Args:
        rows: names and words.
        alt: what a screen reader says of the table.
    """
    names, words = [name for name, _ in rows], [text for _, text in rows]
    st.table(
        {"name": [f":gray[{name}]" for name in names], "words": words},
        border="horizontal",
        hide_index=True,
        hide_header=True,
        alt=alt,
    )
