"""Which tour and step are open: the address says it, so that each can be linked to (`/learn?about=language&step=3`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

PARAMETER, ABOUT = "step", "about"
_LEFT_AT, _CHOICE, _TOUR = "learn_left_at", "learn_choice", "learn_tour"


def open_tour(titles: Mapping[str, str]) -> str:
    """A switch between the tours, and which is open: the address's, else where the reader was, else the first.

    Args:
        titles: what each is called on the screen, by its name in the address.
    """
    first = next(iter(titles))
    said = st.query_params.get(ABOUT, "")
    if said and said not in titles:
        del st.query_params[ABOUT]
    # An address with a step alone is of the first tour: so the links are that were given away before there were two.
    left = first if PARAMETER in st.query_params else st.session_state.get(f"{_TOUR}_left", first)
    tour = said if said in titles else left
    st.session_state[f"{_TOUR}_left"] = st.session_state[_TOUR] = tour
    st.segmented_control(
        "What the tour is about",
        list(titles),
        format_func=titles.__getitem__,
        required=True,
        label_visibility="collapsed",
        key=_TOUR,
        on_change=_change_tour,
        args=(first,),
    )
    return tour


def open_step(steps: int, tour: str) -> int:
    """The number of the open step, from 1: the address's, else where the reader was, else the first.

    An address of no step is put right.
    """
    said = st.query_params.get(PARAMETER, "")
    number = int(said) if said.isdecimal() else int(_left_at().get(tour, 1))
    number = min(max(number, 1), steps)
    if said and said != str(number):
        st.query_params[PARAMETER] = str(number)
    _left_at()[tour] = number
    return number


def row_of_steps(titles: Sequence[str], number: int) -> None:
    """All steps, the open one marked; a click opens another."""
    st.session_state[_CHOICE] = number
    st.segmented_control(
        "Steps of the tour",
        list(range(1, len(titles) + 1)),
        required=True,
        format_func=lambda each: f"{each} {titles[each - 1]}",
        label_visibility="collapsed",
        key=_CHOICE,
        on_change=_choose,
        width="stretch",
    )


def back_and_next(titles: Sequence[str], number: int, end: Callable[[], None]) -> None:
    """The way to the neighbours; after the last step what `end` draws."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if number > 1:
            st.button("Back", icon=":material/arrow_back:", key="learn_back", on_click=_go, args=(number - 1,))
        if number < len(titles):
            st.button(
                f"Next: {titles[number]}",
                type="primary",
                icon=":material/arrow_forward:",
                icon_position="right",
                key="learn_next",
                on_click=_go,
                args=(number + 1,),
            )
        else:
            end()


def _left_at() -> dict[str, int]:
    """The step at which the reader left each tour."""
    left: dict[str, int] = st.session_state.setdefault(_LEFT_AT, {})
    return left


def _choose() -> None:
    _go(int(st.session_state[_CHOICE]))


def _go(number: int) -> None:
    st.query_params[PARAMETER] = str(number)


def _change_tour(first: str) -> None:
    tour = str(st.session_state[_TOUR])
    _go(_left_at().get(tour, 1))
    if tour != first:
        st.query_params[ABOUT] = tour
    elif ABOUT in st.query_params:
        del st.query_params[ABOUT]
