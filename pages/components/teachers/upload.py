"""Weights of one's own become a teacher: named, checked beside the page, scored, and kept if the user says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from distill_core.config import DistillConfig
from distill_core.edge.jobs import ShouldStop, admit_weights
from distill_core.errors import DistillError
from distill_core.language import models as language_models
from distill_core.runs import uploaded_weights
from distill_core.task import task_named
from distill_core.vision import models as vision_models
from pages.components.beside import begin
from pages.components.jobs import manager
from pages.components.teachers.shelf import PAGE
from pages.components.teachers.upload_outcome import discard, key_of, outcome

TEXTS = ("skills", "plain-english")
"""Data sets of texts in characters: models that read them are small enough to come through a browser."""


def upload_one() -> None:
    """The form, and what the check of the last file found."""
    st.page_link(PAGE, label="All teachers", icon=":material/arrow_back:", width="content")
    st.header("Upload a teacher", anchor=False)
    most = st.get_option("server.maxUploadSize")
    st.markdown(
        "A `.safetensors` file holds numbers and no code, so nothing in it is run. It does not say what they mean: "
        "tell the architecture and the data it learned from. It is scored before it is kept."
    )
    left, right = st.columns(2, gap="large")
    with left:
        file = st.file_uploader(
            f"Weights, at most {most} MB", type=["safetensors"], key="upload_file", help="Never a pickle (.pt, .pth)."
        )
        task, dataset, places = _data()
    with right:
        architecture = st.selectbox(
            "Architecture",
            _architectures(task),
            index=None,
            placeholder="Choose, or type such as resnet56-w16",
            accept_new_options=True,
            key=f"upload_architecture_{task}",
            persist_state="session",
            help="The network the weights were saved from; every layer must have the same name and size.",
        )
        mean, std = _normalisation() if task == "vision" else ("", "")
        name = st.text_input(
            "Name",
            key="upload_name",
            persist_state="session",
            placeholder="my-teacher",
            help="Small letters, digits and dashes. Runs call the teacher by it.",
        )
    ready = file is not None and bool(architecture) and bool(name)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button("Check it", type="primary", icon=":material/rule:", key="check-upload", disabled=not ready):
            assert file is not None
            asked = {"task": task, "dataset": dataset, **places}
            _check(file.getvalue(), file.name, str(architecture), name, asked, mean, std)
        if not ready:
            missing = [
                what
                for what, there in (("a file", file), ("its architecture", architecture), ("a name", name))
                if not there
            ]
            st.caption(f"Still missing: {', '.join(missing)}.")
    outcome(name)


def _architectures(task: str) -> list[str]:
    """Names to choose from, without building any model."""
    if task == "language":
        return list(language_models.LADDER)
    return [name for family in vision_models.FAMILIES for name in family.examples]


def _data() -> tuple[str, str, dict[str, Any]]:
    """The task, the data set, and where it is."""
    images = list(task_named("vision").datasets())
    dataset: str = st.selectbox(
        "Data set it learned from",
        [*images, *TEXTS],
        key="upload_dataset",
        persist_state="session",
        help="Its classes in their order, its size of images and its normalisation are taken to be the model's.",
    )
    if dataset != "folder":
        return ("language" if dataset in TEXTS else "vision"), dataset, {}
    folder = st.text_input("Folder of images", key="upload_folder", persist_state="session")
    size = st.number_input("Image size in pixels", 8, 512, 32, key="upload_size", persist_state="session")
    return "vision", dataset, {"data_folder": folder or None, "image_size": int(size)}


def _normalisation() -> tuple[str, str]:
    """What the user says of it; empty where it is the data set's."""
    left, right = st.columns(2)
    mean = left.text_input(
        "Mean of each channel",
        key="upload_mean",
        persist_state="session",
        placeholder="the data set's",
        help="Of pixels between 0 and 1, such as 0.286 or 0.49, 0.48, 0.45. Left empty, it is the data set's.",
    )
    std = right.text_input(
        "Standard deviation",
        key="upload_std",
        persist_state="session",
        placeholder="the data set's",
        help="Of each channel, as the mean. A pixel is divided by it after the mean was subtracted.",
    )
    return mean, std


def _check(
    payload: bytes, called: str, architecture: str, name: str, asked: dict[str, Any], mean: str, std: str
) -> None:
    """Begins the check, or says at once what is wrong."""
    home = manager().store.home
    try:
        uploaded_weights.check_name(name, home)
        numbers = uploaded_weights.read_numbers("Mean", mean), uploaded_weights.read_numbers("Standard deviation", std)
        config = DistillConfig.parse({"teacher": None, "baseline": False, **asked})
        file = uploaded_weights.staged(payload, called, home)
    except DistillError as error:
        st.session_state.upload_refused = str(error)
        return
    st.session_state.pop("upload_refused", None)
    if before := st.session_state.get("upload_staged"):
        discard(Path(before))
    st.session_state.upload_staged = str(file)
    begin(key_of(file), f"Checking {called} and scoring it", _work(file, called, architecture, config, numbers, home))


def _work(
    file: Path,
    called: str,
    architecture: str,
    config: DistillConfig,
    numbers: tuple[tuple[float, ...], tuple[float, ...]],
    home: Path,
) -> Callable[[ShouldStop, Callable[[str], None]], dict[str, Any]]:
    def work(should_stop: ShouldStop, _say: Callable[[str], None]) -> dict[str, Any]:
        try:
            return admit_weights(
                file,
                architecture,
                config,
                uploaded_weights.model_of(file),
                called=called,
                mean=numbers[0],
                std=numbers[1],
                home=home,
                should_stop=should_stop,
            )
        except DistillError:
            uploaded_weights.discard(file)
            raise

    return work
