"""Tables of a page under test."""

from __future__ import annotations

from typing import Any


def beyond_cards(page: Any) -> list[Any]:
    """The tables that are not a card of names and words, in order."""
    return [table for table in page.table if "words" not in table.value.columns]
