"""Addresses of a Train page that is already set up: `/train?preset=quickstart&set=temperature=8&set=alpha=0.5`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from distill_core import presets
from distill_core.config import DistillConfig, read_setting
from distill_core.errors import ConfigError
from distill_core.insight.settings import differences, said
from pages.components.form.state import fill_form

PAGE = "pages/train.py"
LEADING = "leading-link"
USUAL = "quickstart"
"""The preset of an address that names none."""
_READ = "form_link"


def leading() -> Any:
    """A place for the one link of a page that leads on: filled as the page's main button is."""
    return st.container(key=LEADING)


def train_link(label: str, preset: str, *settings: str) -> None:
    """A link to the Train page, set up as a preset with some settings replaced, such as ``temperature=8``."""
    st.session_state.pop(_READ, None)  # whoever comes by it again finds the form as it says
    st.page_link(
        PAGE,
        label=label,
        icon=":material/model_training:",
        query_params=[("preset", preset), *(("set", setting) for setting in settings)],
        width="content",
    )


def link_to_configuration(label: str, config: DistillConfig, preset: str) -> None:
    """A link to the Train page, set up as a configuration; the preset is what its address begins with."""
    train_link(label, preset, *_settings(config, preset))


def query_of(config: DistillConfig, preset: str) -> str:
    """The end of an address that says a configuration: a preset, and only what differs from it."""
    return "?" + urlencode([("preset", preset), *(("set", setting) for setting in _settings(config, preset))])


def _settings(config: DistillConfig, preset: str) -> list[str]:
    changed = differences([presets.load(preset), config])
    return [f"{name}={said(name, wanted)}" for name, (_, wanted) in changed.items()]


def fill_form_from_link() -> None:
    """Sets the form to what the address says, once; what is wrong in it is told and the form left as it is."""
    settings = st.query_params.get_all("set")
    if "preset" not in st.query_params and not settings:
        return
    link = (st.query_params.get("preset", USUAL), *settings)
    try:
        config = configuration(link[0], link[1:])
    except ConfigError as error:
        st.error(f"The address of this page cannot be followed. {error}", icon=":material/link_off:")
        return
    if st.session_state.get(_READ) != link:
        st.session_state[_READ] = link
        fill_form(config)


def configuration(preset: str, settings: Sequence[str]) -> DistillConfig:
    """A preset with settings replaced.

    Raises:
        ConfigError: if there is no such preset or setting, or a value is wrong.
    """
    return presets.load(preset).changed(dict(map(read_setting, settings)))
