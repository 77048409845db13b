"""Language models write beside the page: one after the other, and what is there can be shown meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from distill_core.edge.jobs import ShouldStop
from distill_core.edge.replying import Step, Writer
from distill_core.insight.answers import ROLES
from distill_core.runs.trio import Source
from pages.components.aside import Aside
from pages.components.try_it.files import as_path, beside_a_training, stamp

Stamps = tuple[tuple[str, tuple[str, int]], ...]


@dataclass(frozen=True)
class Asked:
    """A prompt as it is put to the models.

    Attributes:
        prompt: as the reader wrote it.
        tokens: that the models go on from.
        most: tokens to write.
        eos: ends an answer.
        never: is not written.
    """

    prompt: str
    tokens: tuple[int, ...]
    most: int
    eos: int
    never: int | None


@dataclass(frozen=True)
class Writing:
    """Steps by role, which grow while `aside` is at work, and what is to be remarked on their times."""

    steps: dict[str, list[Step]]
    aside: Aside
    remarks: list[str]

    @property
    def torn(self) -> bool:
        """Whether somebody stopped it before all had written."""
        return self.aside.done and self.aside.stopping


@st.cache_resource(show_spinner=False, max_entries=6)
def writer(stamped: tuple[str, int]) -> Writer:
    """A file, open; the same for every tab."""
    return Writer(as_path(stamped))


@st.cache_resource(show_spinner=False, max_entries=32)
def writing(stamps: Stamps, asked: Asked) -> Writing:
    """Begins the writing; the same prompt to the same models is written once."""
    steps: dict[str, list[Step]] = {role: [] for role, _ in stamps}

    def work(should_stop: ShouldStop) -> None:
        for role, stamped in stamps:
            for step in writer(stamped).write(asked.tokens, asked.most, asked.eos, asked.never):
                steps[role].append(step)
                if should_stop():
                    return

    return Writing(steps, Aside(work), beside_a_training())


def stamps_of(models: Mapping[str, Source]) -> Stamps:
    """The files of the models, in the order in which they stand side by side; the student writes first."""
    return tuple((role, stamp(models[role])) for role in reversed(ROLES) if role in models)
