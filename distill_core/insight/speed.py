"""How fast models of texts read and write, in words; models of images have no part in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from distill_core.insight.words import milliseconds

HOW_MEASURED = (
    "CPU time on one thread, medians over rounds in which the models take turns. Reading is one pass over a window of "
    "tokens; writing is greedy, one text from the middle of a window on, and the file reads the text so far for every "
    "token."
)


def one_input(figures: Mapping[str, Any] | None, noun: str) -> str:
    """What the CPU time of a call is for: ``24 tokens read`` of a text, else ``one image``.

    Args:
        figures: of a measured model.
        noun: what an input is called.
    """
    window = (figures or {}).get("window")
    return f"{window} tokens read" if window else f"one {noun}"


def tokens_a_second(figures: Mapping[str, Any] | None) -> str:
    """How many tokens a second are written: ``2,381``; a dash if not measured."""
    token = (figures or {}).get("token_ms")
    return f"{1000 / token:,.0f}" if token else "–"


def token_time(figures: Mapping[str, Any] | None) -> str:
    """For a token that is written, with how many that is a second: ``0.42 ms (2,381/s)``; a dash if not measured."""
    token = (figures or {}).get("token_ms")
    return f"{milliseconds(token)} ({tokens_a_second(figures)}/s)" if token else "–"


def writing_speed(latency: Mapping[str, Any] | None) -> list[str]:
    """How long student and teacher take to write a token, in a sentence; none where it was not measured."""
    student, teacher = ((latency or {}).get(who) or {} for who in ("student", "teacher"))
    if not student.get("token_ms"):
        return []
    beside = f"; the teacher {token_time(teacher)}" if teacher.get("token_ms") else ""
    return [f"Writing, the student takes {token_time(student)} a token{beside}."]
