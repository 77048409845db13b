"""Language models side by side: what each writes to a prompt, how sure it is of each token, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import streamlit as st

from distill_core.edge.replying import Step
from distill_core.insight.answers import camps
from distill_core.insight.words import milliseconds, percent
from pages.components.as_text import as_text
from pages.components.trouble import fragment
from pages.components.try_it.files import Standing, absent, ready
from pages.components.try_it.roles import (
    COLOURS,
    as_the_teacher,
    camp_in_words,
    coloured,
    cost,
    heading,
    right_or_wrong,
)
from pages.components.try_it.tokens import described, written
from pages.components.try_it.writing import Asked, stamps_of, writing

if TYPE_CHECKING:
    from distill_core.language.tokens import Reader

TICK = 0.5
NOTHING = "nothing"


@dataclass(frozen=True)
class Scene:
    """All that the showing of answers needs.

    Attributes:
        asked: the prompt.
        models: by role.
        reader: of their vocabulary.
        is_right: tells whether an answer to a prompt is right; None where there is no one right answer.
        known: the right answer, or how a text goes on, if anybody knows.
    """

    asked: Asked
    models: Mapping[str, Standing]
    reader: Reader
    is_right: Callable[[str, str], bool | None] | None
    known: str | None


def write_side_by_side(scene: Scene) -> None:
    """Lets each model write, and shows it as it comes."""
    work = writing(stamps_of(ready(scene.models)), scene.asked)
    work.aside.wait(0.4)
    fragment(_shown, run_every=None if work.aside.done else TICK)(scene)


def _shown(scene: Scene) -> None:
    work = writing(stamps_of(ready(scene.models)), scene.asked)
    done = work.aside.done
    roles = [role for role in scene.models if role in work.steps]
    steps = {role: list(work.steps[role]) for role in roles}
    texts = {role: scene.reader.decode([step.token for step in steps[role]]) for role in roles}
    if not done:
        st.session_state.try_awaited = True
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(":material/hourglass_empty: The models write, one after the other …", width="content")
            st.button("Stop", icon=":material/stop:", key="try-stop-writing", on_click=work.aside.stop)
    elif st.session_state.pop("try_awaited", False):
        st.rerun()
    if work.aside.error:
        st.error(work.aside.error, icon=":material/error:")
    elif work.torn:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("The writing was stopped, so these are no whole answers.", width="content")
            st.button(
                "Write again",
                icon=":material/replay:",
                key="try-write-again",
                on_click=writing.clear,
                args=(stamps_of(ready(scene.models)), scene.asked),
            )
    elif done and scene.is_right:
        st.markdown(camp_in_words(camps({role: text or NOTHING for role, text in texts.items()})))
    if scene.known is not None:
        what = "The right answer" if scene.is_right else "In the test set"
        st.markdown(f"{what}: **{as_text(scene.known.strip())}**")
    columns = st.columns(len(scene.models), gap="medium", border=True)
    for (role, model), column in zip(scene.models.items(), columns, strict=True):
        with column:
            heading(model.source)
            if role not in roles:
                absent(model)
                continue
            written(steps[role], scene.reader, colour=COLOURS[role], key=f"try-tokens-{role}")
            if steps[role]:
                if done and not work.torn:
                    _badges(role, steps[role], texts, scene)
                cost(model.source, median(step.cpu_ms for step in steps[role]), "a token")
    st.caption(
        " ".join(
            [
                "The stronger a token's colour, the less sure the model was of it. CPU time here, now: the median over "
                "the tokens written, on one thread, by the exported file, which reads the text so far for every token.",
                *work.remarks,
            ]
        )
    )
    if steps:
        _table(steps, scene)


def _badges(role: str, steps: Sequence[Step], texts: Mapping[str, str], scene: Scene) -> None:
    right = scene.is_right(scene.asked.prompt, texts[role]) if scene.is_right else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if right is not None:
            right_or_wrong(right)
        elif role != "teacher" and "teacher" in texts:
            as_the_teacher(texts[role] == texts["teacher"])
        if steps[-1].token != scene.asked.eos:
            st.badge(f"cut off after {len(steps)} tokens", color="gray")


def _table(steps: Mapping[str, Sequence[Step]], scene: Scene) -> None:
    with st.expander("Table of tokens", icon=":material/table_rows:"):
        for role, tab in zip(steps, st.tabs([coloured(role) for role in steps]), strict=True):
            with tab:
                st.dataframe(
                    [
                        {
                            "Token": token["name"],
                            "Probability": percent(token["share"]),
                            "Next likeliest": _next(token["rivals"], token["name"]),
                            "CPU time": milliseconds(step.cpu_ms),
                        }
                        for token, step in zip(described(steps[role], scene.reader), steps[role], strict=True)
                    ],
                    hide_index=True,
                    height="content" if len(steps[role]) <= 20 else 420,
                    alt=f"Tokens that the {role} wrote",
                )


def _next(rivals: Sequence[tuple[str, float]], name: str) -> str:
    other = next((rival for rival in rivals if rival[0] != name), None)
    return f"{other[0]} {percent(other[1])}" if other else "–"
