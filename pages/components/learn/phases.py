"""Step: a training in three phases."""

from __future__ import annotations

import pandas as pd

from distill_core.events import PhaseSpan
from distill_core.figures.lesson.phase_curves import phase_curves
from distill_core.insight.lesson import Lesson
from distill_core.insight.words import percent
from pages.components.learn.picture import chart
from pages.components.learn.step import Question, Step

_THIRDS = ("In the first third of the epochs", "In the second", "In the last")
_NEVER = "Never"


def _words(lesson: Lesson) -> str:
    easy, whole = lesson.facts["phases"][0], lesson.facts["images"]
    return (
        f"A training can have a plan. Here it **warms up** on the {easy['images']:,} images that the :violet[teacher] "
        f"finds easiest, **distils** on all {whole:,}, and **fine-tunes** at half the learning rate. The "
        f":orange[baseline] takes as many steps, on its {lesson.facts['labels']:,} labelled images alone."
    )


def _question(lesson: Lesson) -> Question:
    models = lesson.facts["models"]
    best, curve = max(models["baseline"]["validation"]), models["student"]["validation"]
    epoch = next((number for number, accuracy in enumerate(curve, start=1) if accuracy > best), None)
    if epoch is None:
        right, truth = _NEVER, f"It never does: {percent(max(curve))} against {percent(best)} at best."
    else:
        right = _THIRDS[3 * (epoch - 1) // lesson.epochs]
        truth = (
            f"After epoch {epoch} of {lesson.epochs} it has {percent(curve[epoch - 1])}; labels alone reach "
            f"{percent(best)} at their best, in epoch {models['baseline']['best_epoch']}. The student ends at "
            f"{percent(curve[-1])}. An epoch up or down means little: curves jump while the learning rate is high."
        )
    return Question(
        "When does the distilled student pass the best that labels alone will ever reach?",
        (*_THIRDS, _NEVER),
        right,
        truth,
    )


def _picture(lesson: Lesson) -> None:
    student, baseline = (
        pd.DataFrame({"epoch": range(1, len(curve) + 1), "validation": curve}, dtype=float)
        for curve in (lesson.facts["models"][who]["validation"] for who in ("student", "baseline"))
    )
    figure = phase_curves(
        student,
        baseline,
        epochs=lesson.epochs,
        teacher=lesson.facts["models"]["teacher"]["validation"],
        phases=[
            PhaseSpan(phase["name"], phase["start"], phase["stop"], phase["pool"]) for phase in lesson.facts["phases"]
        ],
        steps_per_epoch=lesson.facts["steps_per_epoch"],
    )
    alt = (
        f"Validation accuracy over {lesson.epochs} epochs: the student ends at "
        f"{percent(student['validation'].iloc[-1])}, the baseline at {percent(baseline['validation'].iloc[-1])}"
    )
    chart(figure, name="phases", version="recorded", alt=alt, height=400)


STEP = Step(
    "Phases",
    _words,
    _question,
    _picture,
    "Try it: train without a warm-up",
    ("phases=[0,0.8,0.2]",),
    waits=True,
)
