"""Where teacher and student are active on one image, epoch by epoch, while a run goes on and after."""

from __future__ import annotations

import streamlit as st

from distill_core.insight.history import RunHistory
from distill_core.insight.looking import Look, epochs_looked_at, label_of, look_at
from distill_core.insight.words import percent
from pages.components.learn.gallery import Section, Tile, gallery
from pages.components.learn.pixels import picture_of, with_attention

SIZE = 176
"""Pixels; in a narrow window three of them share its width."""
_HELP = (
    "One validation image, which nobody trains on. The brighter, the more active the layer is there (the mean of its "
    "squares over channels). Likeness is the cosine between both maps: 1 is the same."
)


def watched_image(history: RunHistory, run_id: str) -> None:
    """Nothing where no layer has places, for texts, and for runs from before images were watched."""
    track = history.student
    epochs = epochs_looked_at(track)
    watching = track.watching
    if not epochs or watching is None:
        return
    st.markdown("**Where both look**", help=_HELP)
    kept = track.best_epoch if track.finished else None
    epoch = _epoch(epochs, kept if kept in epochs else epochs[-1], run_id)
    label = label_of(watching, track.started.classes if track.started else ())
    look = look_at(track, epoch)
    after = f"after epoch {epoch}" if epoch else "before its first step"
    tiles = [
        Tile(picture_of(look.image), f"The image: {label}", label, "the image"),
        Tile(
            with_attention(look.grey, look.teacher, "teacher"),
            f"Where the teacher is active on it{_said(look, 'teacher')}",
            "teacher",
            _judged(look, "teacher", label) or watching.teacher_layer,
            "teacher",
        ),
        Tile(
            with_attention(look.grey, look.student, "student"),
            f"Where the student is active on it {after}{_said(look, 'student')}",
            f"student {after}",
            _judged(look, "student", label) or watching.student_layer,
            "student",
        ),
    ]
    gallery([Section("", tiles)], key=f"watched-{run_id}", size=SIZE)
    st.caption(
        f"Likeness of the maps {look.likeness:.2f} · layer {watching.student_layer} beside {watching.teacher_layer}"
        + (f" · the student that is kept is that of epoch {kept}" if kept is not None else "")
    )


def _epoch(epochs: list[int], offered: int, run_id: str) -> int:
    """The reader's choice, which goes along with what is offered while it stands there."""
    key, seen = f"watched-epoch-{run_id}", f"watched-offered-{run_id}"
    state = st.session_state
    if state.get(key) not in epochs or state[key] == state.get(seen):
        state[key] = offered
    state[seen] = offered
    if len(epochs) == 1:
        return epochs[0]
    with st.container(width=3 * SIZE + 20):
        return int(st.select_slider("After epoch", epochs, key=key, help="0 is before the first step."))


def _judged(look: Look, who: str, label: str) -> str:
    """``Shirt 63%``; of a wrong answer that too."""
    answer = _answer(look, who)
    return f"{answer}, wrong" if answer and look.answers[who][0] != label else answer


def _answer(look: Look, who: str) -> str:
    """``Shirt 63.0%``."""
    if who not in look.answers:
        return ""
    name, probability = look.answers[who]
    return f"{name} {percent(probability, 0)}"


def _said(look: Look, who: str) -> str:
    answer = _answer(look, who)
    return f"; it says {answer}" if answer else ""
