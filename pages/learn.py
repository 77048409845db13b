"""Guided tours in short steps, each with one question and one picture; `/learn?about=language&step=3` opens one."""

from __future__ import annotations

import streamlit as st

from pages.components.from_the_top import from_the_top
from pages.components.learn.frame import show
from pages.components.learn.stepper import back_and_next, open_step, open_tour, row_of_steps
from pages.components.learn.tour import TOURS
from pages.components.navigation import enter

enter()
st.title("Distillation in ten minutes")
name = open_tour({name: tour.title for name, tour in TOURS.items()})
tour = TOURS[name]
material = tour.material()
titles = [step.title for step in tour.steps]

st.markdown(tour.words(material))
number = open_step(len(titles), name)
row_of_steps(titles, number)
show(tour.steps[number - 1], number, material, name)
back_and_next(titles, number, tour.end)
from_the_top(f"learn-{name}-{number}")
