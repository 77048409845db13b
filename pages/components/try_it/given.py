"""The ways to give the models an image: pick a test image, draw one, upload one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from distill_core.cards import ModelCard
from distill_core.edge.pictures import inverted, opened, png, size_of
from distill_core.edge.pixels import Pixels
from distill_core.errors import DistillError
from distill_core.vision.framing import on_the_other_ground
from pages.components.as_text import as_text
from pages.components.try_it.drawing import drawing
from pages.components.try_it.examples import Examples
from pages.components.try_it.grid import Picture, picture_grid

SHOWN = 24
SIDE = 168
EVERY = "All classes"


@dataclass(frozen=True)
class Given:
    """An image, uint8 `[C, H, W]`, as the data set's are; its class if it is known, and what it is called."""

    image: Pixels
    truth: int | None
    name: str


def enlarged(image: Pixels, name: str) -> None:
    """The image as the models see it: each pixel a square."""
    times = max(1, SIDE // max(image.shape[1:]))
    st.image(png(image, times), width=SIDE, alt=name)
    st.caption(as_text(name))


def named(found: Examples, place: int, classes: tuple[str, ...]) -> str:
    """``Coat · test image 17``."""
    return f"{classes[int(found.labels[place])]} · test image {int(found.places[place]):,}"


def pick(found: Examples, card: ModelCard) -> Given:
    """One of a few test images, of a class or of all."""
    wanted = st.selectbox("Class", [EVERY, *card.classes], key="try_class", persist_state="session")
    seed = int(st.session_state.setdefault("try_seed", 0))
    places = _some(found, card.classes.index(wanted) if wanted in card.classes else None, seed)
    pictures = _pictures(found, tuple(places), card.classes)
    version = f"{found.key}-{wanted}-{seed}"
    shown = st.container()
    place = picture_grid(pictures, key=f"try-grid-{found.key}", version=version)
    st.button("Other images", icon=":material/shuffle:", key="try-shuffle", on_click=_shuffle)
    given = Given(found.images[place], int(found.labels[place]), named(found, place, card.classes))
    with shown:
        enlarged(given.image, given.name)
    st.download_button(
        "Save this image",
        data=lambda: png(given.image),
        file_name="image.png",
        mime="image/png",
        icon=":material/download:",
        on_click="ignore",
        key="try-save",
        help="As image.png, the name that the lines of the model card open.",
    )
    return given


def _some(found: Examples, wanted: int | None, seed: int) -> list[int]:
    """Places of at most `SHOWN` images of a class, or of all, that a seed chooses."""
    among = np.arange(len(found.labels)) if wanted is None else np.flatnonzero(found.labels == wanted)
    chosen: list[int] = np.random.RandomState(seed).permutation(among)[:SHOWN].tolist()
    return chosen


def _pictures(found: Examples, places: tuple[int, ...], classes: tuple[str, ...]) -> list[Picture]:
    return [Picture(place, named(found, place, classes), png(found.images[place])) for place in places]


def _shuffle() -> None:
    st.session_state.try_seed += 1


def draw(card: ModelCard) -> Given | None:
    """What the reader draws."""
    st.caption("Draw one of the classes. The models see it in their own size, bright on black.")
    image = drawing(card.input_shape, key=f"try-drawing-{'x'.join(map(str, card.input_shape))}")
    if image is None:
        return None
    enlarged(image, "Your drawing, as the models see it")
    return Given(image, None, "Your drawing")


def upload(card: ModelCard) -> Given | None:
    """A picture of the reader's own."""
    file = st.file_uploader("A picture", type=["png", "jpg", "jpeg"], key="try_upload", max_upload_size=20)
    channels, height, width = card.input_shape
    if file is None:
        kind = "grey" if channels == 1 else "colour"
        st.caption(f"PNG or JPEG. Its middle square is made {height} × {width} pixels in {kind}. It stays here.")
        return None
    payload = file.getvalue()
    try:
        image = opened(payload, card.input_shape)
    except DistillError as error:
        st.error(str(error), icon=":material/broken_image:")
        return None
    turned = channels == 1 and st.toggle(
        "Invert",
        value=on_the_other_ground(image, card.mean),
        key=f"try-invert-{hashlib.sha256(payload).hexdigest()[:12]}",
        help="What the models learned from may be bright on black, where a photograph is often dark on white.",
    )
    if turned:
        image = inverted(image)
    enlarged(image, "Your picture, as the models see it")
    wide, high = size_of(payload)
    done = ["cut to its middle"] if wide * height != high * width else []
    done += [f"made {height} × {width} pixels", *(["inverted"] if turned else [])]
    st.caption(f"Of {wide:,} × {high:,} pixels; {', '.join(done)}.")
    return Given(image, None, "Your picture")
