"""What a step of the tour is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from distill_core.insight.lesson import Material

Recorded = TypeVar("Recorded", bound=Material)
"""What a tour shows."""


@dataclass(frozen=True)
class Question:
    """Asked before the picture is explained: `right` is one of the options, `truth` what the picture shows."""

    text: str
    options: tuple[str, ...]
    right: str
    truth: str


@dataclass(frozen=True)
class Step(Generic[Recorded]):
    """One step.

    Attributes:
        title: two words at most.
        words: what it is about, two to four sentences of Markdown.
        question: to be answered before the explanation.
        picture: draws it, with what changes it.
        link: what the link to the Train page says; `settings` what differs there from the preset.
        made_by: how the numbers were made, in one line of Markdown.
        waits: whether the picture would give the answer away, so that it comes after it.
        wide: whether the picture needs the whole width, beneath the words.
    """

    title: str
    words: Callable[[Recorded], str]
    question: Callable[[Recorded], Question]
    picture: Callable[[Recorded], None]
    link: str
    settings: tuple[str, ...] = ()
    made_by: Callable[[Recorded], str] = lambda lesson: lesson.made_by
    waits: bool = False
    wide: bool = False
