"""Step: what a teacher of texts knows of the next token, and what a temperature makes of it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from distill_core.figures.lesson.soft_targets import soft_targets
from distill_core.insight.lesson_answers import STOPS
from distill_core.insight.lesson_language import REST, Asked, LanguageLesson, likeliest
from distill_core.softening import entropy_bits, softened
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

SHOWN = 8
UNSEEN = "\u200b"
"""A space without width."""
_TESTS = {
    "reasoning": "a sum",
    "instructions": "an instruction",
    "unseen-pairs": "commands never put together in training",
    "longer-chains": "a longer sum than any in training",
}
_HARDLY, _SOME, _MUCH = "Less than a hundredth of a bit", "About half a bit", "More than two bits"
_WARM = 4.0


def _words(_lesson: LanguageLesson) -> str:
    return (
        "A language model answers token by token; here a token is a character. Before each the :violet[teacher] holds "
        "**every** token more or less likely, and writes the likeliest. These shares are its **soft targets**: one "
        "answer of ten characters is ten lessons. The **temperature** T works on each as it does on an image's classes."
    )


def _question(lesson: LanguageLesson) -> Question:
    sums, words, unseen = (lesson.bits(test, 1.0) for test in ("reasoning", "instructions", "unseen-pairs"))
    right = _HARDLY if sums < 0.01 else _SOME if sums < 1 else _MUCH
    return Question(
        "The teacher gets every sum right. At T = 1, how much doubt does a token of such an answer leave?",
        (_HARDLY, _SOME, _MUCH),
        right,
        f"{sums:.4f} bits a token, on average over {lesson.facts['counts']['reasoning']} test prompts: it is so sure "
        f"that its answer is nearly a label. Choose an instruction to see it hesitate: those have {words:.2f} bits, "
        f"commands that training never put together {unseen:.2f}. T = {_WARM:g} makes "
        f"{lesson.bits('reasoning', _WARM):.1f} of a sum's, of at most {math.log2(len(lesson.tokens)):.1f}: with "
        f"{len(lesson.tokens)} tokens, softening washes an answer out sooner "
        "than with ten classes.",
    )


def _picture(lesson: LanguageLesson) -> None:
    number = st.selectbox(
        "A test prompt, new to the teacher",
        range(len(lesson.prompts)),
        index=next(number for number, asked in enumerate(lesson.prompts) if asked.test == "reasoning"),
        format_func=lambda each: f"{lesson.prompts[each].prompt}  ({_TESTS[lesson.prompts[each].test]})",
        key="learn_prompt",
        persist_state="session",
    )
    asked = lesson.prompts[number]
    place = st.segmented_control(
        "What it wrote, token by token",
        range(len(asked.written)),
        default=_most_open(lesson, number),
        required=True,
        format_func=lambda each: _apart(asked.written, each),
        key=f"learn_token_{number}",
        persist_state="session",
    )
    temperature = st.select_slider(
        "Temperature T",
        STOPS,
        value=1.0,
        format_func=lambda stop: f"{stop:g}",
        key="learn_token_temperature",
        persist_state="session",
    )
    shares = softened(lesson[f"answers_{number}"][place], temperature)
    rows = likeliest(shares, lesson.tokens, SHOWN)
    right = right_token(asked, place)
    others = f"{len(lesson.tokens) - SHOWN} others"
    frame = pd.DataFrame(
        [
            {"name": others if name == REST else _named(name), "share": share, "is_label": name == right}
            for name, share in rows
        ]
    )
    so_far = asked.prompt + "".join(asked.written[:place])
    said = ", ".join(f"{row['name']} {row['share']:.1%}" for row in frame.to_dict("records"))
    chart(
        soft_targets(frame),
        name="next-token",
        version=f"{number}-{place}-{temperature:g}",
        alt=f"The teacher's next token after {so_far} at T = {temperature:g}: {said}",
        height=330,
    )
    label = "the right token is in **bold**" if right else "what it wrote before is wrong already, so no token is right"
    st.markdown(
        f"After `{so_far}`: **{float(entropy_bits(shares)):.2f} bits of doubt** (the entropy of all "
        f"{len(shares)} shares; {label})."
    )
    st.caption(
        f"Asked for: {asked.asks}. The right answer is {asked.right}. Equal shares would be "
        f"{math.log2(len(shares)):.2f} bits."
    )


def _most_open(lesson: LanguageLesson, number: int) -> int:
    """The token on which the teacher hesitates most."""
    return int(entropy_bits(softened(lesson[f"answers_{number}"], 1.0)).argmax())


def _apart(written: Sequence[str], place: int) -> str:
    """A token as it is shown; one that came before has unseen marks behind it, for a control tells choices by text."""
    return written[place] + UNSEEN * list(written[:place]).count(written[place])


def right_token(asked: Asked, place: int) -> str | None:
    """The right token there, as it is shown; None where what stands before is wrong already."""
    right = (*asked.right, "end")
    return right[place] if asked.written[:place] == right[:place] else None


def _named(token: str) -> str:
    return token if len(token) > 1 else f"“{token}”"


STEP = Step(
    "Next token",
    _words,
    _question,
    _picture,
    "Try it: T = 1, answers as they are",
    ("temperature=1",),
)
