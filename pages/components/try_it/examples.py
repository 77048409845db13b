"""The test images of a run's data set: those that ship are read at once, others kept in a file made beside the page."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from distill_core.config import DistillConfig
from distill_core.edge.pixels import Pixels
from distill_core.edge.tryout import make_test_images
from distill_core.home import writable_folder
from distill_core.runs.records import RunRecord
from distill_core.vision import task as vision_task
from pages.components.aside import Aside
from pages.components.jobs import manager
from pages.components.trouble import fragment
from pages.components.try_it.walk import awaited

TICK = 1.0


@dataclass(frozen=True)
class Examples:
    """`images` uint8 `[N, C, H, W]`, `labels` `[N]`, `places` `[N]` in the test split; `key` tells them from others."""

    key: str
    images: Pixels
    labels: NDArray[np.int64]
    places: NDArray[np.int64]


def examples_of(record: RunRecord) -> Examples | None:
    """The images; None while they are being fetched, which the page then says."""
    config = record.config
    shipped = vision_task.ASSETS / config.dataset / "images.npz"
    if shipped.is_file():
        return _shipped(shipped)
    kept, settings = _file(record), config.to_json()
    work = None if kept.is_file() else _work(settings, kept)
    if work is not None and work.done and work.error is None and not kept.is_file():  # it was made once, and is gone
        _work.clear(settings, kept)
        work = _work(settings, kept)
    if work is None or kept.is_file():
        return _kept(kept, kept.stat().st_mtime_ns)
    fragment(_told, run_every=None if work.done else TICK)(settings, kept)
    return None


def _file(record: RunRecord) -> Path:
    config = record.config
    what = [config.dataset, config.data_folder, config.image_size, (record.summary or {}).get("data_sha256")]
    key = hashlib.sha256(repr(what).encode()).hexdigest()[:24]
    return manager().store.home / "cache" / "test-images" / f"{key}.npz"


@st.cache_resource(show_spinner=False, max_entries=1)
def _shipped(file: Path) -> Examples:
    with np.load(file, allow_pickle=False) as arrays:
        images, labels = arrays["test_images"], arrays["test_labels"]
    grey = images[:, None] if images.ndim == 3 else images
    return Examples(file.parent.name, grey, labels.astype(np.int64), np.arange(len(labels)))


@st.cache_resource(show_spinner=False, max_entries=2)
def _kept(file: Path, changed: int) -> Examples:  # noqa: ARG001
    with np.load(file, allow_pickle=False) as arrays:
        return Examples(file.stem, arrays["images"], arrays["labels"], arrays["places"])


@st.cache_resource(show_spinner=False, max_entries=4)
def _work(settings: str, out: Path) -> Aside:
    home = manager().store.home
    config = DistillConfig.parse(json.loads(settings))
    writable_folder(out.parent)
    return Aside(lambda should_stop: make_test_images(config, out, home, should_stop))


def _told(settings: str, out: Path) -> None:
    work = _work(settings, out)
    if not work.done:
        awaited(work, "Getting the test images: some seconds, once.", key="stop-images")
    elif out.is_file():
        st.rerun()
    else:
        st.warning(f"There are no test images to pick. {work.error or ''}", icon=":material/block:")
        st.button("Try again", icon=":material/refresh:", key="try-images", on_click=_work.clear, args=(settings, out))
