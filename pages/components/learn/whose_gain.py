"""Step: what labels alone did not teach, and whether the teacher's text or its soft targets did."""

from __future__ import annotations

import streamlit as st

from distill_core.assets.made_parts import made_by, told
from distill_core.figures.lesson.right_answers import right_answers
from distill_core.insight.lesson_language import LanguageLesson
from distill_core.insight.words import count, percent
from distill_core.studies.keeping import recorded_study
from distill_core.studies.skills import (
    FORWARD,
    LARGEST,
    ON_TEXT,
    SKILLS,
    STUDIES,
    WHOSE,
    by_method,
    gained,
    nearness,
    reached,
)
from distill_core.studies.words import gained as in_points
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

_ASKED = "instructions"
_NEARLY_ALL, _HALF, _LITTLE = "Nearly all of it", "About half of it", "Next to nothing"
_TEXT_ALONE = 'terms=[{"loss": "kd", "weight": 0}, {"loss": "hard", "weight": 0.9}]'


def _words(_lesson: LanguageLesson) -> str:
    labels = recorded_study(LARGEST).plan.base.label_budget
    return (
        f"The :green[student] has 20,000 prompts, and the right answers to {labels}. To all others the "
        ":violet[teacher] writes its answer. The student can copy that **text** alone, token by token, or the **soft "
        "targets** behind every token too. Beside both stands the same student on the :orange[labels alone]."
    )


def _question(_lesson: LanguageLesson) -> Question:
    study = recorded_study(LARGEST)
    whole, text = (gained(study, None, variant, _ASKED) for variant in (FORWARD, ON_TEXT))
    assert whole is not None
    assert text is not None
    share = text.mean / whole.mean
    right = _NEARLY_ALL if share > 0.8 else _HALF if share > 0.25 else _LITTLE
    scale, soft = (in_points(gained(study, before, after, _ASKED)) for _, before, after in WHOSE[1:])
    alone, taught = (percent(reached(study, variant, _ASKED).mean, 0) for variant in (None, FORWARD))
    return Question(
        f"Labels alone bring the largest student to {alone} of the instructions, soft targets to {taught}. How much of "
        "that gain is there when it copies the teacher's text alone?",
        (_NEARLY_ALL, _HALF, _LITTLE),
        right,
        f"{in_points(text)} of {in_points(whole)} points. Hard labels as strong as soft ones add {scale}, and soft "
        f"targets themselves {soft} more: three seeds do not show either. **It is the prompts**: the teacher answers "
        "19,500 that had no label. Soft targets still pay where likeness counts.",
    )


def _picture(_lesson: LanguageLesson) -> None:
    name = st.segmented_control(
        "Size of the student, in parameters",
        STUDIES,
        default=LARGEST,
        required=True,
        format_func=lambda each: count(recorded_study(each).rows[0].parameters),
        key="learn_gain_size",
        persist_state="session",
    )
    study = recorded_study(name)
    frame = by_method(study)
    said = "; ".join(f"{row['skill']}, {row['method']} {percent(row['mean'])}" for row in frame.to_dict("records"))
    chart(right_answers(frame), name="right-answers", version=name, alt=f"Right answers on test: {said}", height=370)
    st.caption(
        "Each small mark is a seed, the large one their mean with its 95% interval; the dashed line is the teacher."
    )
    parts = WHOSE if name == LARGEST else (WHOSE[0], ("soft targets in place of its text", ON_TEXT, FORWARD))
    st.table(
        {
            "What is added": [what.capitalize() for what, _, _ in parts],
            **{
                f"{skill.capitalize()}, points": [
                    told(gained(study, before, after, skill)) for _, before, after in parts
                ]
                for skill in SKILLS
            },
        },
        border="horizontal",
        hide_index=True,
    )
    near = {each: nearness(study, each) for each in (ON_TEXT, FORWARD)}
    st.caption(
        f"In **bold** where the interval leaves out 0. Token by token the student is {near[FORWARD]:.3f} nats from its "
        f"teacher by soft targets and {near[ON_TEXT]:.3f} by the text alone. Running text is not among the skills: no "
        "teacher for it is inside."
    )
    st.page_link(
        "pages/studies.py",
        label="Every method of this study",
        icon=":material/science:",
        query_params={"study": name},
        width="content",
    )


def made_by_studies(_lesson: LanguageLesson) -> str:
    """The recorded studies of all sizes."""
    return "  \n".join(made_by(recorded_study(name)) for name in STUDIES)


STEP = Step(
    "Beyond labels",
    _words,
    _question,
    _picture,
    "Try it: learn from the teacher's text alone",
    (_TEXT_ALONE,),
    made_by=made_by_studies,
    waits=True,
)
