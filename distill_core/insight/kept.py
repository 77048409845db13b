"""How much of the teacher's answers was kept, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.insight.words import percent


def what_is_kept(facts: Mapping[str, Any] | None) -> list[str]:
    """One sentence; none where whole answers are kept.

    Args:
        facts: an `AnswersKept` as plain data.
    """
    if not facts:
        return []
    largest = facts["error"] / facts["largest_tail"] if facts["largest_tail"] else 0.0
    bound = f"; no gradient is off by more than {facts['error']:.2g}, where the largest there can be is {largest:g}"
    return [
        f"Of each of the teacher's answers {facts['kept']:,} of {facts['classes']:,} are kept, and the sum of the "
        f"rest. The rest holds {percent(facts['tail'], 2)} on average, at most {percent(facts['largest_tail'], 2)}"
        f"{bound if largest else ''}."
    ]
