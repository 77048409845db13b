"""What happened at a step of a training beside learning: where it paused, did best, was measured, warned or forked."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["paused", "resumed", "best", "measured", "warned", "forked"]
SIGNS: dict[Kind, str] = {"paused": "■", "resumed": "►", "best": "★", "measured": "◆", "warned": "▲", "forked": "✚"}
"""As the charts draw them."""
MOST = 40
"""Of one training; the earliest are left out."""
MOST_TOLD = 6
LONGEST = 70
"""Letters of a warning that are told beside a chart; the page has it whole."""


@dataclass(frozen=True)
class Mark:
    """Something that happened after step `step`, said in a few words."""

    kind: Kind
    step: int
    text: str


def warned(message: str, step: int) -> Mark:
    """A warning's first words; the page has it whole."""
    return Mark("warned", step, f"warned: {textwrap.shorten(message, LONGEST, placeholder=' …')}")


def with_pause_ended(marks: Sequence[Mark], step: int) -> list[Mark]:
    """The marks after a run went on at a step: a pause there has an end, else it came back from a checkpoint."""
    if marks and marks[-1].kind == "paused" and marks[-1].step == step:
        return [*marks[:-1], Mark("resumed", step, "paused, then continued")]
    return [*marks, Mark("resumed", step, "resumed from a checkpoint")]


def told(marks: Sequence[Mark]) -> str:
    """The latest marks in a line of words, signs included; empty without any."""
    latest = marks[-MOST_TOLD:]
    earlier = f"{len(marks) - len(latest)} earlier · " if len(marks) > len(latest) else ""
    return earlier + " · ".join(f"{SIGNS[mark.kind]} {mark.text}, step {mark.step:,}" for mark in latest)
