"""A run's models answer what the reader gives them: `/try_it?run=<id>`."""

from __future__ import annotations

import streamlit as st

from distill_core.errors import DistillError
from distill_core.runs.trio import card_of_student
from pages.components.navigation import enter
from pages.components.try_it.chosen import chosen_run, empty
from pages.components.try_it.files import standings
from pages.components.try_it.images import images
from pages.components.try_it.texts import texts

enter()
st.title("Try it")
record = chosen_run()
if record is None:
    empty()
    st.stop()
try:
    card = card_of_student(record)
except DistillError as error:
    st.error(f"This run's student cannot be asked. {error}", icon=":material/error:")
    st.stop()
(texts if card.task == "language" else images)(record, standings(record), card)
