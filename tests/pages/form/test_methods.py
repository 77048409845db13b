"""Methods in the form: chosen, weighed, given layers, refused."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st
from tables import beyond_cards

from distill_core.config import DistillConfig
from distill_core.losses.registry import LOSSES
from distill_core.runs.manager import Manager

TRAIN = "pages/train.py"


def submitted(page: Any, manager: Manager) -> DistillConfig:
    page.button(key="start").click().run()
    assert not page.exception
    return manager.store.list()[0].config


def tables(page: Any) -> str:
    return " ".join(table.value.to_csv() for table in beyond_cards(page))


def test_every_loss_beside_alphas_two_is_offered_in_a_sentence(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    offered = {checkbox.label for checkbox in page.checkbox}
    assert offered == {info.title for name, info in LOSSES.items() if name not in ("ce", "kd") and info.of_images}
    said = {caption.value for caption in page.caption}
    assert {info.sentence for name, info in LOSSES.items() if name not in ("ce", "kd") and info.of_images} <= said


def test_a_method_reaches_the_run_with_weight_phases_and_layers(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.checkbox(key="form_use_hint").check()
    page.checkbox(key="form_use_dist").check()
    page.toggle(key="form_gradient_shares").set_value(True).run()
    assert page.number_input(key="form_weight_hint").value == LOSSES["hint"].weight
    page.number_input(key="form_weight_hint").set_value(5.0)
    page.multiselect(key="form_on_hint").set_value(["distil"])
    page.selectbox(key="form_layers_hint").set_value("depth").run()
    config = submitted(page, still_manager)
    hint, dist = sorted(config.terms, key=lambda term: term.loss, reverse=True)
    assert (hint.loss, hint.weight, hint.phases, hint.layers) == ("hint", 5.0, ("distil",), "depth")
    assert (dist.loss, dist.weight, dist.phases) == ("dist", None, ())
    assert config.training.gradient_shares


@pytest.mark.slow
def test_a_weight_that_cannot_be_is_refused_by_the_name_of_its_method(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    for name in ("hint", "dist"):
        page.checkbox(key=f"form_use_{name}").check()
    page.run()
    page.number_input(key="form_weight_dist").set_value(-1.0).run()
    assert any("Weight of “Correlations (DIST)”: got -1; it must be at least 0" in line.value for line in page.error)


def test_the_pairs_are_shown_with_shapes_connector_and_reason(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_student").set_value("resnet8-w16").run()
    assert not beyond_cards(page)
    page.checkbox(key="form_use_hint").check().run()
    said = tables(page)
    for words in ("stage2.block1", "14x14", "1x1 convolution", "parameters", "same stride 2"):
        assert words in said


def test_without_a_method_that_reads_layers_no_model_is_built(
    app: Any, embedded_teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*_: Any) -> None:
        raise AssertionError("a model was built")

    monkeypatch.setattr("distill_core.insight.layer_map._builder", build)
    page = app(TRAIN)
    page.checkbox(key="form_use_dist").check().run()
    assert not page.exception


def test_a_method_that_does_not_fit_says_why_and_nothing_starts(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.checkbox(key="form_use_vit-attention").check().run()
    assert "The student has no layer that holds attention" in page.error[0].value
    assert page.button(key="start").disabled
    page.checkbox(key="form_use_vit-attention").uncheck().run()
    assert not page.error
    page.checkbox(key="form_use_deit").check().run()
    assert "distilled_classifier" in page.error[0].value
    assert page.button(key="start").disabled


@pytest.mark.slow
def test_pairs_by_hand_begin_as_suggested_and_are_checked_one_by_one(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_student").set_value("resnet8-w16").run()
    page.checkbox(key="form_use_hint").check().run()
    page.selectbox(key="form_layers_hint").set_value("by hand").run()
    assert page.multiselect(key="form_pairs_hint").value == [("stage2.block1", "stage2.block2")]
    page.selectbox(key="form_ours_hint").set_value("stage1.block1").run()
    page.selectbox(key="form_theirs_hint").set_value("stage1.block1").run()
    page.button(key="add_hint").click().run()
    assert page.button(key="add_hint").disabled, "the pair is there already"
    page.multiselect(key="form_pairs_hint").unselect(("stage2.block1", "stage2.block2")).run()
    assert submitted(page, still_manager).terms[0].layers == (("stage1.block1", "stage1.block1"),)


def test_without_a_pair_nothing_starts_and_nothing_is_called_wrong(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    page.checkbox(key="form_use_at").check().run()
    page.selectbox(key="form_layers_at").set_value("by hand").run()
    page.multiselect(key="form_pairs_at").set_value([]).run()
    assert not page.error
    assert page.button(key="start").disabled
    assert any("Add at least one pair" in caption.value for caption in page.caption)


def test_a_pair_that_makes_no_sense_cannot_be_added(
    app: Any, embedded_teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.components.form.layer_maps.refusal_of_pair", lambda *_: "layer map: they do not fit")
    st.cache_data.clear()
    page = app(TRAIN)
    page.selectbox(key="form_student").set_value("resnet8-w16").run()
    page.checkbox(key="form_use_at").check().run()
    page.selectbox(key="form_layers_at").set_value("by hand").run()
    page.selectbox(key="form_ours_at").set_value("stem").run()
    assert page.button(key="add_at").disabled
    assert any("They do not fit" in line.value for line in page.markdown)


def test_each_phase_has_a_pool_and_ramps(app: Any, embedded_teacher: str, still_manager: Manager) -> None:
    page = app(TRAIN)
    page.selectbox(key="form_warm_up_pool").set_value("curriculum")
    page.slider(key="form_temperature").set_value(6.0)
    page.toggle(key="form_temperature_own_1").set_value(True).run()
    assert page.number_input(key="form_temperature_from_1").value == 6.0
    page.number_input(key="form_temperature_to_1").set_value(101.0).run()
    assert page.error[0].value.startswith("Temperature (phase 2): got")
    page.number_input(key="form_temperature_to_1").set_value(2.0).run()
    warm_up, distil, _ = submitted(page, still_manager).phases
    assert warm_up.pool == "curriculum"
    assert distil.temperature == (6.0, 2.0)


def test_a_methods_own_options_and_warm_up_reach_the_run(
    app: Any, embedded_teacher: str, still_manager: Manager
) -> None:
    page = app(TRAIN)
    page.checkbox(key="form_use_dkd").check().run()
    assert page.number_input(key="form_option_dkd_beta").value == 8.0
    page.number_input(key="form_option_dkd_beta").set_value(2.0)
    page.slider(key="form_warmup_dkd").set_value(25).run()
    (dkd,) = submitted(page, still_manager).terms
    assert dict(dkd.options) == {"beta": 2.0}
    assert dkd.warmup == 0.25


def test_every_option_of_every_method_has_an_input(app: Any, embedded_teacher: str) -> None:
    page = app(TRAIN)
    with_options = [name for name, info in LOSSES.items() if info.options and info.of_images]
    for name in with_options:
        page.checkbox(key=f"form_use_{name}").check()
    page.run()
    shown = {widget.key for widget in (*page.number_input, *page.toggle)}
    assert {f"form_option_{name}_{option}" for name in with_options for option in LOSSES[name].options} <= shown


def test_soft_labels_that_a_link_switched_off_are_not_said_to_be_on(app: Any, embedded_teacher: str) -> None:
    page = app("pages/train.py")
    assert any(each.value.startswith("On already") for each in page.caption)
    page = app("pages/train.py", preset="quickstart", set='terms={"kd": 0, "ce": 0, "simkd": 100}')
    assert any(each.value == "Off, as these settings have it." for each in page.caption)


def test_soft_labels_with_weights_of_their_own_are_said_to_be_on_and_where_no_phase_has_them_off(
    app: Any, embedded_teacher: str
) -> None:
    page = app("pages/train.py", preset="hint-first")
    assert any(each.value.startswith("On already, with weights of its own") for each in page.caption)
    alone = 'phases=[{"name": "only", "share": 1.0, "terms": {"hint": 100}}]'
    page = app("pages/train.py", preset="quickstart", set=["terms=hint", alone])
    assert any(each.value == "Off, as these settings have it." for each in page.caption)


def test_temperature_and_alpha_cannot_be_set_where_nothing_reads_them(app: Any, embedded_teacher: str) -> None:
    page = app("pages/train.py")
    assert not any(page.slider(key=f"form_{name}").disabled for name in ("temperature", "alpha"))
    page = app("pages/train.py", preset="quickstart", set='terms={"kd": 0, "ce": 0, "simkd": 100}')
    assert all(page.slider(key=f"form_{name}").disabled for name in ("temperature", "alpha"))
    told = "Nothing that counts in these settings reads temperature or alpha."
    assert told in [each.value for each in page.caption]
    page = app("pages/train.py", preset="quickstart", set='terms={"kd": 1, "ce": 1}')
    assert not page.slider(key="form_temperature").disabled
    assert page.slider(key="form_alpha").disabled
