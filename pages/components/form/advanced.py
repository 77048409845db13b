"""What most runs leave alone: optimiser, augmentation and machine.

Numbers have no bounds here: an input that refuses a number keeps the last one, and the run would take that.
"""

from __future__ import annotations

import streamlit as st

from pages.components.form.problems import told_here
from pages.components.form.state import base, noun, of_images, taught
from pages.components.form.values import OWN
from pages.components.form.words import NAMES

PRECISIONS = {"32-true": "32 bits", "bf16-mixed": "bfloat16, mixed", "16-mixed": "16 bits, mixed"}
_OPTIMISERS = {"sgd": "SGD", "adamw": "AdamW"}


def advanced() -> None:
    """The folded part of the form."""
    with st.expander("Advanced", icon=":material/tune:", key="advanced"):
        left, middle, right = st.columns(3, gap="large")
        with left:
            _optimiser()
        with middle:
            if of_images():
                _augmentation()
            else:
                _kept_answers()
            _warm_up()
        with right:
            _machine()


def _optimiser() -> None:
    st.selectbox(
        "Optimiser",
        list(_OPTIMISERS),
        format_func=_OPTIMISERS.__getitem__,
        key="form_optimiser",
        persist_state="session",
    )
    st.number_input("Learning rate", step=0.01, format="%g", key="form_learning_rate", persist_state="session")
    st.number_input("Weight decay", step=0.0001, format="%g", key="form_weight_decay", persist_state="session")
    st.selectbox("Learning-rate schedule", ["cosine", "constant"], key="form_lr_schedule", persist_state="session")
    st.number_input(
        "Gradient clipping",
        step=0.5,
        format="%g",
        key="form_clip_norm",
        persist_state="session",
        help="The largest norm a gradient may have; a longer one is shortened to it, so that a large learning rate "
        "does not run away. 0 never clips.",
    )


def _augmentation() -> None:
    st.number_input("Random crop, pixels of padding", step=1, key="form_crop_padding", persist_state="session")
    st.toggle("Mirror half of the images", key="form_flip", persist_state="session")
    st.toggle(
        "RandAugment",
        key="form_randaugment",
        persist_state="session",
        help="Two more random changes an image: rotation, contrast, colour and the like.",
    )
    for name, sentence in (
        ("Mixup", "Blends pairs of images and their answers"),
        ("Cutmix", "Pastes a box of another image, and mixes their answers"),
    ):
        st.number_input(
            name,
            step=0.1,
            format="%g",
            key=f"form_{name.lower()}",
            persist_state="session",
            help=f"{sentence}; the number is its alpha, such as 0.2 or 1, and 0 is none. Mixed images are never seen "
            "twice, so the teacher answers each step live, which is slower.",
        )
    st.number_input(
        "Versions of an image",
        step=1,
        key="form_draws",
        persist_state="session",
        help="Augmented versions whose answers by the teacher are kept. Fewer train faster, more say more; with 0 "
        "every version is new and the teacher answers each.",
    )


def _kept_answers() -> None:
    st.number_input(
        NAMES["top_k"],
        step=8,
        key="form_top_k",
        persist_state="session",
        disabled=not taught(),
        help="How many tokens are kept of each of the teacher's answers, and the sum of the rest; 0 keeps all. Whole "
        "answers over a large vocabulary, such as a Hugging Face model's, do not fit into memory: 64 do.",
    )
    told_here(NAMES["top_k"])


def _warm_up() -> None:
    easiest = round(100 * base().phases[0].easiest)
    st.slider(
        f"Easiest {noun()} in warm-up",
        min(5, easiest),
        100,
        step=5,
        format="%d%%",
        key="form_easiest",
        persist_state="session",
        disabled=not taught() or st.session_state.form_plan == OWN,
    )


def _machine() -> None:
    given = base().hardware.precision
    options = [*PRECISIONS, *([given] if given not in PRECISIONS else [])]
    st.selectbox(
        "Precision",
        options,
        format_func=lambda name: PRECISIONS.get(name, name),
        key="form_precision",
        persist_state="session",
    )
    st.number_input(
        NAMES["micro_batch"],
        step=8,
        key="form_micro_batch",
        persist_state="session",
        help=f"How many {noun()} of a batch go through the models together, where memory is short; 0 takes them all. "
        "The student still takes its steps by the whole batch, the same as otherwise. Batch norm alone sees the "
        "smaller number.",
    )
    told_here(NAMES["micro_batch"])
    st.number_input("CPU threads", step=1, key="form_threads", persist_state="session", help="0 takes torch's choice.")
