"""Step: where distilling does not help."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from distill_core.assets.made_parts import made_by
from distill_core.figures.lesson.gains import gains
from distill_core.insight.lesson import Lesson
from distill_core.insight.seeds import MeanGain
from distill_core.studies.keeping import recorded_study
from distill_core.studies.outcome import VariantRow, variant_rows
from distill_core.studies.words import gained
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

FEW, ALL, SIZES = "losses", "losses-all-labels", "student-sizes"
_AS_MUCH, _LESS, _MORE = "About as much", "Less than half as much", "More"


def _words(_lesson: Lesson) -> str:
    return (
        "A :violet[teacher] adds most where labels are few. With a label for every image, the labels already say most "
        "of it. Each mark is the mean gain of three seeds over the same :green[student] on :orange[labels alone], its "
        "line the 95% interval. **Where a line reaches 0, no gain is shown.**"
    )


def _question(_lesson: Lesson) -> Question:
    few, every = (_gain(_rows(name)[0]) for name in (FEW, ALL))
    share = every.mean / few.mean
    right = _MORE if share > 1.2 else _AS_MUCH if share > 0.5 else _LESS
    smallest = _gain(_rows(SIZES)[-1])
    small = _rows(SIZES)[-1]
    verdict = (
        "Its interval reaches 0: three seeds show no gain." if every.answer == "unclear" else "That is still shown."
    )
    return Question(
        f"With 400 labels, soft labels gained {gained(few)} points in five epochs. And with all 8,000?",
        (_AS_MUCH, _LESS, _MORE),
        right,
        f"{gained(every)} points. {verdict} Better losses can still win. Nor does it help where the student is too "
        f"small: one of {small.parameters:,} parameters gains {gained(smallest)}, with 400 labels.",
    )


def _rows(name: str) -> list[VariantRow]:
    study = recorded_study(name)
    return variant_rows(study.rows, [variant.name for variant in study.plan.variants])


def _gain(row: VariantRow) -> MeanGain:
    assert row.gain is not None
    return row.gain


def gains_frame() -> pd.DataFrame:
    """One row a method of both studies, in points, for `figures.lesson.gains`."""
    few, every = ({row.variant: _gain(row) for row in _rows(name)} for name in (FEW, ALL))
    return pd.DataFrame(
        [
            {
                "method": method.removeprefix("best combination: "),  # of those with soft labels, by the tuning
                **{
                    f"{part}_{which}": 100 * (value if value is not None else float("nan"))
                    for which, gain in (("few", few[method]), ("all", every[method]))
                    for part, value in (("mean", gain.mean), ("half", gain.half_width))
                },
            }
            for method in few
            if method in every
        ]
    )


def _picture(_lesson: Lesson) -> None:
    frame = gains_frame()
    alt = "Gain over labels alone: " + "; ".join(
        f"{row.method} {row.mean_few:+.1f} with 400 labels, {row.mean_all:+.1f} with all" for row in frame.itertuples()
    )
    chart(
        gains(frame, few="400 labels", every="all 8,000 labels"), name="gains", version="recorded", alt=alt, height=440
    )
    st.page_link("pages/studies.py", label="All recorded studies", icon=":material/science:", width="content")


def _made_by(_lesson: Lesson) -> str:
    return "  \n".join(made_by(recorded_study(name)) for name in (FEW, ALL, SIZES))


STEP = Step(
    "Limits",
    _words,
    _question,
    _picture,
    "Try it: train with all labels",
    ("label_budget=all",),
    made_by=_made_by,
    waits=True,
)
