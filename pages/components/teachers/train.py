"""Ways to train a teacher: presets, each with what it makes and how long that took when it was recorded."""

from __future__ import annotations

import streamlit as st

from distill_core import presets
from distill_core.insight.teachers import recorded_seconds
from distill_core.insight.words import duration
from pages.components.links import train_link
from pages.components.teachers.shelf import PAGE, teachers

SHOWN: dict[str, tuple[str, str, str]] = {
    "teacher-vgg8": (
        "VGG-8 for clothes",
        "The demo's teacher: 647k parameters on all images that the demo does not use.",
        "It needs Fashion-MNIST: Debian's `dataset-fashion-mnist`, or a download.",
    ),
    "teacher-resnet20": (
        "ResNet-20 for clothes",
        "272k parameters, residual blocks in three stages: the one to map layers from.",
        "It needs Fashion-MNIST: Debian's `dataset-fashion-mnist`, or a download.",
    ),
    "teacher-vit": (
        "Vision transformer for clothes",
        "302k parameters; itself distilled from vgg8-fashion, so the run becomes a teacher once it is published.",
        "It needs Fashion-MNIST: Debian's `dataset-fashion-mnist`, or a download. Then, in a terminal: "
        "`python -m distill_core publish RUN my-vit`.",
    ),
    "teacher-gpt": (
        "GPT for sums and instructions",
        "1.25M parameters on 36,000 prompts.",
        "The prompts are generated; nothing is downloaded.",
    ),
    "teacher": (
        "ResNet-20 for another data set",
        "The same for the images inside; on the form, choose the digits, or name a folder of your own images.",
        "With the images inside nothing is downloaded.",
    ),
}


def train_one() -> None:
    """The presets as cards."""
    st.page_link(PAGE, label="All teachers", icon=":material/arrow_back:", width="content")
    st.header("Train a teacher", anchor=False)
    st.markdown(
        "A teacher is a run without a teacher of its own. The form opens filled in; change what you like. When "
        "the run has finished, it is in the list of teachers."
    )
    known = teachers()
    for preset, (title, what, needs) in SHOWN.items():
        config = presets.load(preset)
        with st.container(border=True, gap="xsmall"):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f"**:violet[{title}]**", width="content")
                st.space("stretch")
                train_link("Set it up", preset)
            st.markdown(what)
            took = recorded_seconds(known, preset)
            on = f" on {took[1]} thread{'s' if took[1] != 1 else ''}" if took and took[1] else ""
            time = f"It took {duration(took[0])}{on} when it was recorded." if took else ""
            st.caption(" ".join(filter(None, [f"{config.training.epochs} epochs.", time, needs])))
