"""Step: which skill a smaller student of texts loses first."""

from __future__ import annotations

import streamlit as st

from distill_core.figures.capabilities import capabilities
from distill_core.insight.lesson_language import LanguageLesson
from distill_core.insight.words import count, listed, percent
from distill_core.studies.keeping import recorded_study
from distill_core.studies.skills import FORWARD, SKILLS, STUDIES, by_size, of_teacher, reached
from distill_core.studies.words import share
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step
from pages.components.learn.whose_gain import made_by_studies

_REASONING, _INSTRUCTIONS, _BOTH = "Sums", "Instructions on words", "Both alike"
_ALIKE = 0.05
MIDDLE = STUDIES[1]


def _words(lesson: LanguageLesson) -> str:
    sizes = listed([count(recorded_study(name).rows[0].parameters) for name in STUDIES])
    return (
        f"Three :green[students] of {sizes} parameters learn from the same :violet[teacher] of "
        f"{count(lesson.facts['parameters'])}, by soft targets, with three seeds each. A sum needs one rule, step by "
        "step; an instruction needs the letters of a word in another order. Each line is one skill."
    )


def kept(name: str, skill: str) -> float:
    """The share of the teacher's right answers that a size keeps."""
    study = recorded_study(name)
    return reached(study, FORWARD, skill).mean / of_teacher(study, skill)


def _question(_lesson: LanguageLesson) -> Question:
    sums, words = (kept(MIDDLE, skill) for skill in SKILLS)
    right = _BOTH if abs(sums - words) < _ALIKE else _REASONING if sums < words else _INSTRUCTIONS
    smallest = {skill: share(reached(recorded_study(STUDIES[0]), FORWARD, skill)) for skill in SKILLS}
    middle = count(recorded_study(MIDDLE).rows[0].parameters)
    return Question(
        "You make the student four times smaller. Which skill goes first?",
        (_REASONING, _INSTRUCTIONS, _BOTH),
        right,
        f"With {middle} parameters the student keeps {percent(sums, 0)} of the teacher's sums and {percent(words, 0)} "
        f"of its instructions. The smallest gets {smallest['reasoning']} and {smallest['instructions']}: such an "
        "interval says that some seeds learn their sums and some do not, so one run of it proves nothing.",
    )


def _picture(lesson: LanguageLesson) -> None:
    frame = by_size([recorded_study(name) for name in STUDIES], int(lesson.facts["parameters"]))
    means = frame.groupby(["role", "measure", "parameters"], sort=False)["value"].mean().reset_index()
    said = "; ".join(
        f"{row['role']}, {row['measure']}, {count(row['parameters'])} {percent(row['value'])}"
        for row in means.to_dict("records")
    )
    chart(capabilities(frame), name="sizes", version="recorded", alt=f"Right answers by size: {said}", height=400)
    st.caption(
        "Students are green, the same on labels alone orange and open, the teacher violet. Each mark is a seed, lines "
        "join the means of each size."
    )
    st.page_link(
        "pages/compare.py", label="Compare sizes of your own", icon=":material/compare_arrows:", width="content"
    )


STEP = Step(
    "Size",
    _words,
    _question,
    _picture,
    "Try it: a student a quarter the size",
    ("student=gpt-2x64",),
    made_by=made_by_studies,
    waits=True,
)
