"""What the student begins with: random weights, or which layers of its teacher, and what each choice is worth."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from distill_core.config import BLOCK_CHOICES, TEACHER, DistillConfig
from distill_core.edge.jobs import measure_layers
from distill_core.errors import DistillError
from distill_core.insight import damage as words
from distill_core.insight.beginning import why_not
from distill_core.insight.names import OWN_FILES, teacher_name
from distill_core.insight.words import unbroken
from distill_core.task import task_named
from distill_core.train.damage import LISTED, Damage
from pages.components.aside import Aside
from pages.components.form.problems import refusals_of, told_here
from pages.components.form.state import base, of_images, so_far, taught
from pages.components.form.values import BY_HAND, NO_TEACHER, RANDOM
from pages.components.form.words import NAMES, help_of, on_screen
from pages.components.trouble import fragment

KEPT_SECONDS = 5.0
TABLES = 16
TICK = 1.0
_LAYERS = {
    "influence": "The most influential",
    "uniform": "Spread evenly",
    "first-last": "The first and the last",
    BY_HAND: "By number",
}


def begins_with() -> None:
    """The inputs, below the student; where they would be refused, why it begins with random weights."""
    refused = _refused()
    options = _options(refused)
    if st.session_state.form_begin_from not in options:
        st.session_state.form_begin_from = RANDOM
    if len(options) == 1:
        if refused:
            st.caption(f"Begins with random weights: {refused}.")
        return
    st.segmented_control(
        NAMES["begin_from"],
        options,
        format_func=_called,
        required=True,
        key="form_begin_from",
        persist_state="session",
        help=help_of("begin_from"),
    )
    if st.session_state.form_begin_from != RANDOM:
        _layers()
    told_here(NAMES["begin_from"])


def _options(refused: str | None) -> list[str]:
    """Random weights, the teacher's layers where they fit, and what a run that was opened here begins with."""
    given = base().begin_from
    named = given is not None and given != TEACHER
    opened = (base().student, base().teacher) == (st.session_state.form_student, _teacher())
    fits = taught() and not of_images() and refused is None
    return [RANDOM, *([TEACHER] if fits or (given == TEACHER and opened) else []), *([str(given)] if named else [])]


def _called(option: str) -> str:
    if option == RANDOM:
        return "Random weights"
    return "The teacher's layers" if option == TEACHER else f"Layers of {teacher_name(option)}"


def _layers() -> None:
    st.selectbox(
        NAMES["begin_layers"],
        [*BLOCK_CHOICES, BY_HAND],
        format_func=_LAYERS.__getitem__,
        key="form_begin_layers",
        persist_state="session",
        help=help_of("begin_layers"),
    )
    if st.session_state.form_begin_layers == BY_HAND:
        st.text_input(
            "Blocks of the teacher",
            key="form_begin_blocks",
            persist_state="session",
            placeholder="1, 4",
            help=help_of("begin_layers"),
        )
    told_here(NAMES["begin_layers"])


def _teacher() -> str | None:
    chosen: str = st.session_state.form_teacher
    return None if chosen == NO_TEACHER else chosen


def _refused() -> str | None:
    """Why this student cannot begin with this teacher's layers; None if it can, or if the question does not arise."""
    if of_images() or not taught():
        return None
    inputs = st.session_state
    folder = inputs.form_data_folder.strip() if inputs.form_dataset in OWN_FILES else None
    if folder == "":
        return None
    asked = {
        "task": base().task,
        "dataset": inputs.form_dataset,
        "data_folder": folder,
        "text_length": base().text_length,
        "objective": {"top_k": 1},  # so that room for whole answers is not what is asked
        "teacher": inputs.form_teacher,
        "student": inputs.form_student,
    }
    return _why_not(json.dumps(asked))


@st.cache_data(show_spinner=False, ttl=KEPT_SECONDS)
def _why_not(settings: str) -> str | None:
    return why_not(DistillConfig(**json.loads(settings)))


# The table of damage


def worth() -> None:
    """What each choice of layers is worth before training, once it is asked for."""
    if of_images() or not taught() or st.session_state.form_begin_from == RANDOM:
        return
    config = so_far()
    if config is None or refusals_of(config):
        return
    try:
        asked = _settings(config)
    except (DistillError, OSError):  # a file that went meanwhile, which is told beside its input
        return
    with st.container(border=True):
        st.markdown("**What the layers are worth before any training**")
        if st.session_state.get("damage_asked") != asked:
            st.caption(
                f"Each choice of layers, measured on the validation texts of {config.dataset}. Takes some seconds, "
                "of a large model minutes."
            )
            st.button(
                "Measure each choice", icon=":material/query_stats:", key="measure-layers", on_click=_ask, args=(asked,)
            )
            return
        fragment(_measured, run_every=None if _work(asked).done else TICK)(asked)


def _settings(config: DistillConfig) -> str:
    """All that decides the table: the weights of the model whose layers are taken, and a file of prompts, too."""
    task = task_named(config.task)
    card = task.card_of(str(config.begins_from), task.foreseen(config).facts(config.dataset))
    known = {
        "task",
        "teacher",
        "student",
        "dataset",
        "data_folder",
        "text_length",
        "label_budget",
        "seed",
        "begin_from",
    }
    data = config.model_dump(mode="json", include=known)
    if isinstance(config.begin_layers, tuple):
        data["begin_layers"] = list(config.begin_layers)
    weights = card.weights_sha256 if card else ""
    return json.dumps({"config": data, "weights": weights, "file": _file(config.data_folder)})


def _file(path: str | None) -> list[int]:
    """The size of a file and when it last changed; nothing for none."""
    if path is None:
        return []
    found = Path(path).expanduser().stat()
    return [found.st_size, found.st_mtime_ns]


def _ask(settings: str) -> None:
    st.session_state.damage_asked = settings


@st.cache_resource(show_spinner=False, max_entries=TABLES)
def _work(settings: str) -> Aside:
    config = DistillConfig.parse(json.loads(settings)["config"])
    return Aside(lambda should_stop: Damage.from_dict(measure_layers(config, should_stop=should_stop)))


def _measured(settings: str) -> None:
    work = _work(settings)
    if not work.done:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(
                ":material/hourglass_empty: Measuring the teacher, and a student for each choice …", width="content"
            )
            st.button("Stop", icon=":material/stop:", key="stop-layers", on_click=_stop, args=(settings,))
        st.session_state.damage_awaited = True
        return
    if st.session_state.pop("damage_awaited", False):
        st.rerun()
    if work.error is not None:
        st.error(on_screen(work.error), icon=":material/error:")
        st.button("Try again", icon=":material/refresh:", key="measure-layers", on_click=_forget, args=(settings,))
        return
    damage_table(work.result)


def _stop(settings: str) -> None:
    _work(settings).stop()
    _forget(settings)
    for name in ("damage_asked", "damage_awaited"):
        st.session_state.pop(name, None)


def _forget(settings: str) -> None:
    _work.clear(settings)


def damage_table(found: Damage) -> None:
    """The choices as a table, the one that is chosen in bold, and the blocks as another."""
    choices, blocks = st.columns([3, 2], gap="large")
    with choices:
        names, rows = words.headings(found), words.rows(found)
        chosen = st.session_state.form_begin_layers
        now = LISTED if chosen == BY_HAND else chosen
        firsts = [
            (f"**{title}**" if worth.choice == now else title) + _small(words.of_blocks(worth.blocks))
            for worth, (title, *_) in zip(found.rows, rows, strict=True)
        ]
        cells = {name: [row[i] for row in rows] for i, name in enumerate(names) if i > 1}
        st.table({"Begins with": firsts, **cells}, border="horizontal", hide_index=True)
        st.caption(words.meaning(found))
    with blocks:
        rows = words.influence_rows(found)
        names = ["Block", "Influence", "Taken by"]
        st.table({name: [row[i] for row in rows] for i, name in enumerate(names)}, border="horizontal", hide_index=True)
        st.caption(words.INFLUENCE_HELP)


def _small(line: str) -> str:
    """A second line in a cell, if there is one."""
    return f"  \n:gray[{unbroken(line)}]" if line else ""
