"""The page for models of images."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from distill_core.cards import ModelCard
from distill_core.edge.jobs import ShouldStop
from distill_core.runs.records import RunRecord
from distill_core.runs.trio import Source
from distill_core.softening import softened
from pages.components.aside import Aside
from pages.components.try_it.examples import Examples, examples_of
from pages.components.try_it.files import Standing, ready, stamp
from pages.components.try_it.given import Given, draw, enlarged, named, pick, upload
from pages.components.try_it.side_by_side import classifier, side_by_side
from pages.components.try_it.walk import Everything, asked_beside, can_walk, stoppable, wait_for_all, walk

PICK, DRAW, UPLOAD, WALK = "Pick", "Draw", "Upload", "Disagreements"
_ICONS = {
    PICK: ":material/grid_view:",
    DRAW: ":material/draw:",
    UPLOAD: ":material/upload:",
    WALK: ":material/call_split:",
}


def images(record: RunRecord, models: dict[str, Standing], card: ModelCard) -> None:
    """An image in, on the left; the models' answers on the right."""
    ways = [PICK, *([DRAW] if card.input_shape[0] == 1 else []), UPLOAD, *([WALK] if can_walk(models) else [])]
    if st.session_state.get("try_way") not in ways:
        st.session_state.try_way = PICK
    way = st.segmented_control(
        "Image",
        ways,
        format_func=lambda name: f"{_ICONS[name]} {name}",
        required=True,
        key="try_way",
        persist_state="session",
    )
    left, right = st.columns([1, 3], gap="large")
    with left:
        given = _given(str(way), record, models, card)
    with right:
        if given is not None:
            side_by_side(given, models, card.classes, record)
        elif way == DRAW:
            st.caption("The models answer as soon as you lift the pen.")


def _given(way: str, record: RunRecord, models: dict[str, Standing], card: ModelCard) -> Given | None:
    if way == DRAW:
        return draw(card)
    if way == UPLOAD:
        return upload(card)
    found = examples_of(record)
    if found is None:
        return None
    if way == PICK:
        return pick(found, card)
    return _disagreement(found, ready(models), card) if not wait_for_all(models) else None


def _disagreement(found: Examples, models: Mapping[str, Source], card: ModelCard) -> Given | None:
    stamps = tuple((role, stamp(model)) for role, model in models.items())
    everything = asked_beside(_everything, (stamps, found.key, found), f"{len(found.labels):,} test images")
    if everything is None:
        return None
    place = walk(everything, "test images", f"{found.key}-{stamps[-1][1][0]}")
    if place is None:
        return None
    name = named(found, place, card.classes)
    enlarged(found.images[place], name)
    return Given(found.images[place], int(found.labels[place]), name)


@st.cache_resource(show_spinner=False, max_entries=4)
def _everything(stamps: tuple[tuple[str, tuple[str, int]], ...], key: str, _found: Examples) -> Aside:  # noqa: ARG001
    def work(should_stop: ShouldStop) -> Everything:
        files = {role: classifier(stamped) for role, stamped in stamps}
        between = stoppable(should_stop)
        logits = {role: file.logits(_found.images, between) for role, file in files.items()}
        answers = {role: scores.argmax(axis=1) for role, scores in logits.items()}
        right = {role: answer == _found.labels for role, answer in answers.items()}
        return Everything(answers, right, softened(logits["student"]).max(axis=1))

    return Aside(work)
