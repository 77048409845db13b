"""Phases one by one: how many, what each is called, how long it is, what it draws from and learns by."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from distill_core.config.explained import explanation
from distill_core.errors import ConfigError
from distill_core.insight.choices import TeacherChoice
from distill_core.insight.timeline import lengths_after, lengths_with_one_more
from pages.components.as_text import as_text
from pages.components.form.details import EASE, POOLS, level
from pages.components.form.kinds import class_names
from pages.components.form.phase_values import (
    FIELDS,
    LABELS_ALONE,
    OWN_WEIGHTS,
    RUNS,
    each_phase_values,
    slots,
)
from pages.components.form.state import base, form, noun, of_images, taught
from pages.components.form.values import METHODS, USUAL, config_of, values_of
from pages.components.form.words import help_of

_COPIED = "form_each_copied"


def begin_with_the_usual() -> None:
    """On changing to phases one by one: they begin as the usual three were set, unless somebody changed them before."""
    if st.session_state.form_plan == USUAL:
        return
    before = values_of(base())
    if before["plan"] != USUAL:
        return
    seen = st.session_state.get(_COPIED) or before
    if any(seen.get(name) != value for name, value in form().items() if name.startswith("each_")):
        return
    try:
        config = config_of(form() | {"plan": USUAL}, base())
    except ConfigError:  # an input is wrong, which is told; the phases begin as they were
        return
    st.session_state[_COPIED] = copied = each_phase_values(config)
    for name, value in copied.items():
        st.session_state[f"form_{name}"] = value


def each_phase(teacher: TeacherChoice | None) -> None:
    """A box for each phase, and a button for one more."""
    kinds = class_names(teacher)
    st.caption("All lengths make 100%: what one phase gains, the next one gives. 0% leaves a phase out.")
    for i in range(_count()):
        _phase(i, kinds)
    full = _count() >= slots(base())
    st.button(
        "Add a phase",
        icon=":material/add:",
        on_click=_add,
        args=(_count() - 1,),
        key="add-phase",
        disabled=full,
        help=f"The form holds {slots(base())} phases; a file may have more." if full else "It takes half of the last.",
    )


def _phase(i: int, kinds: Mapping[int, str]) -> None:
    name = st.session_state[f"form_each_name_{i}"]
    with st.container(border=True, gap=None):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            st.text_input(
                f"Phase {i + 1}",
                key=f"form_each_name_{i}",
                persist_state="session",
                on_change=_rename,
                args=(i, name),
                width=130,
            )
            st.slider(
                "Length",
                0,
                100,
                step=1,
                format="%d%%",
                key=f"form_each_share_{i}",
                persist_state="session",
                on_change=_lengthen,
                args=(i,),
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_summary(i, kinds))
            with st.popover("Details", icon=":material/tune:", type="tertiary", key=f"phase-details-{i}"):
                _details(i, kinds)
            st.button(
                "Remove",
                icon=":material/close:",
                type="tertiary",
                on_click=_remove,
                args=(i,),
                key=f"remove-phase-{i}",
                disabled=_count() == 1,
            )


def _details(i: int, kinds: Mapping[int, str]) -> None:
    """What the phase draws from, its learning rate and its loss."""
    state = st.session_state
    st.selectbox(
        explanation("phases.pool").title,
        list(POOLS),
        format_func=_pool_title,
        key=f"form_each_pool_{i}",
        persist_state="session",
        help=help_of("phases.pool"),
    )
    pool = state[f"form_each_pool_{i}"]
    if pool in ("easiest", "curriculum"):
        st.slider(
            f"Easiest {noun()}" if pool == "easiest" else f"Easiest {noun()} at its start",
            1,
            100,
            format="%d%%",
            key=f"form_each_easiest_{i}",
            persist_state="session",
        )
        if of_images():
            st.selectbox(
                explanation("phases.ease").title,
                list(EASE),
                format_func=EASE.__getitem__,
                key=f"form_each_ease_{i}",
                persist_state="session",
            )
    if pool == "classes":
        st.multiselect(
            "Classes" if of_images() else "Kinds of prompt",
            sorted({*kinds, *state[f"form_each_classes_{i}"]}),
            format_func=lambda number: kinds.get(number, f"class {number}"),
            key=f"form_each_classes_{i}",
            persist_state="session",
        )
    st.number_input(
        explanation("phases.lr_scale").title,
        step=0.1,
        format="%g",
        key=f"form_each_lr_scale_{i}",
        persist_state="session",
        help=help_of("phases.lr_scale"),
    )
    if taught():
        _loss(i)
    st.button(
        "Add a phase after this one",
        icon=":material/add:",
        on_click=_add,
        args=(i,),
        key=f"add-after-{i}",
        disabled=_count() >= slots(base()),
    )


def _loss(i: int) -> None:
    st.selectbox("Learns by", [RUNS, LABELS_ALONE, OWN_WEIGHTS], key=f"form_each_loss_{i}", persist_state="session")
    chosen = st.session_state[f"form_each_loss_{i}"]
    if chosen == OWN_WEIGHTS:
        known = ["kd", "ce", *(name for name in METHODS if st.session_state[f"form_use_{name}"])]
        st.text_input(
            "Weights",
            key=f"form_each_weights_{i}",
            persist_state="session",
            help="Such as kd=0.9, ce=0.1 (soft labels and labels); 0..1000 climbs from 0 to 1000 within the phase.",
        )
        st.caption(f"Terms of this run: {', '.join(known)}")
    if chosen == LABELS_ALONE:
        st.caption("There is nothing to soften or to weigh.")
        return
    level("temperature", i, "each_")
    if chosen == RUNS:
        level("alpha", i, "each_")


def _pool_title(pool: str) -> str:
    return "Some kinds" if pool == "classes" and not of_images() else POOLS[pool]


def _summary(i: int, kinds: Mapping[int, str]) -> str:
    """What the phase does, in a line."""
    said = {field: st.session_state[f"form_each_{field}_{i}"] for field in FIELDS}
    parts = [
        {
            "all": f"all {noun()}",
            "easiest": f"the easiest {said['easiest']}%",
            "curriculum": f"the easiest {said['easiest']}% at first, then ever more",
            "labelled": f"the labelled {noun()}",
            "classes": ", ".join(kinds.get(each, f"class {each}") for each in said["classes"]) or "no class chosen yet",
        }[said["pool"]]
    ]
    if not taught() and said["pool"] in ("easiest", "curriculum"):
        parts = [f"all {noun()}, for no teacher says which are easy"]
    if said["lr_scale"] != 1:
        parts.append(f"learning rate × {said['lr_scale']:g}")
    if taught() and said["loss"] != RUNS:
        parts.append("labels alone" if said["loss"] == LABELS_ALONE else said["weights"])
    weighed = {RUNS: ("temperature", "alpha"), OWN_WEIGHTS: ("temperature",)}.get(said["loss"], ()) if taught() else ()
    for what in weighed:
        if said[f"{what}_own"]:
            first, last, short = said[f"{what}_from"], said[f"{what}_to"], "T" if what == "temperature" else what
            parts.append(f"{short} {first:g}" if first == last else f"{short} {first:g} → {last:g}")
    return " · ".join(parts)


def _count() -> int:
    return int(st.session_state.form_each_count)


def _lengths() -> list[int]:
    return [st.session_state[f"form_each_share_{i}"] for i in range(_count())]


def _set_lengths(lengths: list[int]) -> None:
    for i, length in enumerate(lengths):
        st.session_state[f"form_each_share_{i}"] = length


def _lengthen(i: int) -> None:
    _set_lengths(lengths_after(_lengths(), i))


def _add(after: int) -> None:
    """A plain phase behind number `after`; those behind it move on by one."""
    state, count = st.session_state, _count()
    if count >= slots(base()):
        return
    lengths = lengths_with_one_more(_lengths(), after)
    taken = {state[f"form_each_name_{i}"] for i in range(count)}
    for i in range(count, after + 1, -1):
        _copy(i - 1, i)
    plain = each_phase_values(base().model_copy(update={"phases": ()}))
    for field in FIELDS:
        state[f"form_each_{field}_{after + 1}"] = plain[f"each_{field}_0"]
    state[f"form_each_name_{after + 1}"] = next(
        name for number in range(count + 1, 100) if (name := f"phase-{number}") not in taken
    )
    state.form_each_count = count + 1
    _set_lengths(lengths)


def _remove(i: int) -> None:
    lengths = _lengths()
    freed = lengths.pop(i)
    lengths[max(i - 1, 0)] += freed
    gone = st.session_state[f"form_each_name_{i}"]
    for later in range(i, _count() - 1):
        _copy(later + 1, later)
    st.session_state.form_each_count = _count() - 1
    _set_lengths(lengths)
    _rename_in_methods(gone, None)


def _copy(source: int, target: int) -> None:
    for field in FIELDS:
        st.session_state[f"form_each_{field}_{target}"] = st.session_state[f"form_each_{field}_{source}"]


def _rename(i: int, before: str) -> None:
    """Methods that are on in a phase stay on in it, whatever it is called; a name that another phase has is refused."""
    name = st.session_state[f"form_each_name_{i}"].strip()
    if any(name == st.session_state[f"form_each_name_{other}"] for other in range(_count()) if other != i):
        st.session_state[f"form_each_name_{i}"] = before
        st.toast(f"Another phase is called {as_text(name)} already, so this one stays {as_text(before)}.")
        return
    st.session_state[f"form_each_name_{i}"] = name
    _rename_in_methods(before, name)


def _rename_in_methods(before: str, now: str | None) -> None:
    """A method that was on only in a phase that goes is off, for on in no phase means on in all."""
    for method in METHODS:
        on = st.session_state[f"form_on_{method}"]
        if before in on:
            st.session_state[f"form_on_{method}"] = [
                now if name == before else name for name in on if name != before or now is not None
            ]
            if now is None and on == [before]:
                st.session_state[f"form_use_{method}"] = False
