"""What keeps a run from starting, found while it is described: near the input, and beside the start button."""

from __future__ import annotations

import json

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.errors import ConfigError
from distill_core.insight.foresight import refusals
from distill_core.insight.names import OWN_FILES
from pages.components.form.state import base, form, of_images
from pages.components.form.values import (
    BY_HAND,
    CLASSES,
    FILE,
    KEEP,
    LAYER_MAPS,
    METHODS,
    NO_TEACHER,
    RANDOM,
    USUAL,
    config_of,
    names_of_terms,
    values_of,
)
from pages.components.form.words import on_screen

_FORGOTTEN_AFTER = 5.0
"""Seconds; a folder may have been mended meanwhile."""


def described() -> tuple[DistillConfig | None, list[str]]:
    """The configuration the inputs describe, if they describe one, and what is wrong, in the words of the screen."""
    inputs = form()
    unsaid = waiting()
    if unsaid:  # what is said already is checked all the same
        inputs |= {"fine_tune": KEEP} if inputs["fine_tune"] == CLASSES else {}
        for i in range(inputs["each_count"]):
            inputs |= {f"each_pool_{i}": "all"} if not inputs[f"each_classes_{i}"] else {}
        inputs |= {"begin_layers": "influence"} if not inputs["begin_blocks"].strip() else {}
        inputs |= {f"layers_{name}": LAYER_MAPS[0] for name in METHODS if not inputs[f"pairs_{name}"]}
    try:
        config = config_of(inputs, base())
    except ConfigError as error:
        terms = names_of_terms(values_of(base()) | inputs, base())
        return None, [on_screen(line, terms, of_images=of_images()) for line in str(error).splitlines()]
    if config.dataset in OWN_FILES and config.data_folder is None:
        return None, []
    return None if unsaid else config, [on_screen(line, of_images=of_images()) for line in refusals_of(config)]


def waiting() -> str | None:
    """What the user was asked for a moment ago and has not said yet: no mistake, but nothing to start either."""
    inputs = st.session_state
    if inputs.form_dataset == "folder" and not inputs.form_data_folder.strip():
        return "Name the folder of your images first."
    if inputs.form_dataset == "jsonl" and not inputs.form_data_folder.strip():
        return "Name the file of your prompts first."
    if inputs.form_budgeted == FILE and not inputs.form_labels_file.strip():
        return "Name the file of labels first."
    if (
        inputs.form_begin_from != RANDOM
        and inputs.form_begin_layers == BY_HAND
        and not inputs.form_begin_blocks.strip()
    ):
        return "Name the blocks that the student begins with first."
    taught = inputs.form_teacher != NO_TEACHER
    usual = inputs.form_plan == USUAL
    if taught and usual and inputs.form_fine_tune == CLASSES and not inputs.form_classes:
        return f"Choose at least one {'class' if of_images() else 'kind'} to fine-tune on."
    for i in range(0 if usual else inputs.form_each_count):
        if inputs[f"form_each_pool_{i}"] == "classes" and not inputs[f"form_each_classes_{i}"]:
            return f"Choose at least one {'class' if of_images() else 'kind'} for phase {i + 1}."
    for name in METHODS if taught else ():
        if inputs[f"form_use_{name}"] and inputs[f"form_layers_{name}"] == BY_HAND and not inputs[f"form_pairs_{name}"]:
            return "Add at least one pair of layers, or let the layer map be suggested."
    return None


def told_here(*fields: str) -> None:
    """Below inputs: what is wrong with them."""
    for sentence in described()[1]:
        if sentence.partition(": ")[0] in fields:
            st.markdown(f":small[:red[:material/error: {sentence}]]")


def refusals_of(config: DistillConfig) -> list[str]:
    """Why a run would fail at its start; asked once for the same settings."""
    asked = _ASKED if config.objective.top_k is None else (*_ASKED, *_OF_TOP_K)
    of_training = {"on_policy"} | ({"micro_batch", "batch_size"} if config.training.micro_batch is not None else set())
    settings = config.model_dump(mode="json", include={**dict.fromkeys(asked, True), "training": of_training})
    return _refusals(json.dumps(settings))


_ASKED = (
    "task",
    "dataset",
    "data_folder",
    "image_size",
    "text_length",
    "student",
    "teacher",
    "begin_from",
    "begin_layers",
    "label_budget",
    "labels_file",
    "phases",
    "terms",
)

_OF_TOP_K = ("objective", "augmentation")


@st.cache_data(show_spinner=False, ttl=_FORGOTTEN_AFTER)
def _refusals(settings: str) -> list[str]:
    return refusals(DistillConfig.parse(json.loads(settings)))
