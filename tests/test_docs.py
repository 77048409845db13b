"""The made parts of the documents say what the recorded results and the registry say."""

from __future__ import annotations

import pytest

from distill_core.assets import make_language_page, make_settings_page
from distill_core.assets.make_losses_page import COST, PAGE, TUNING, figures, page
from distill_core.config import Phase, settings_by_name
from distill_core.losses.registry import LOSSES
from distill_core.studies.keeping import read_recorded, recorded
from distill_core.studies.plan import read_plan


def test_the_page_of_losses_is_up_to_date() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text, "run python -m distill_core.assets.make_losses_page"
    assert all(f"(`{name}`)" in text for name in LOSSES)


def test_its_table_has_the_baseline_and_every_variant_of_the_study() -> None:
    rows = [line.split(" | ")[0] for line in figures().splitlines() if line.startswith("| ")]
    plan = read_plan(COST.parents[1] / "studies" / "losses.json")
    assert rows == ["| method", "| labels alone (baseline)", *(f"| {variant.name}" for variant in plan.variants)]


def test_every_weight_in_the_table_was_tried_in_the_tuning() -> None:
    def terms(settings: dict) -> list[tuple[str, float]]:
        return sorted((term["loss"], term["weight"]) for term in settings.get("terms", ()))

    tried = [terms(variant.settings) for variant in read_recorded(TUNING).plan.variants]
    for variant in read_plan(COST.parents[1] / "studies" / "losses.json").variants:
        assert terms(variant.settings) in tried, variant.name


def test_the_page_of_settings_is_up_to_date_and_has_them_all() -> None:
    text = make_settings_page.PAGE.read_text("utf-8")
    assert make_settings_page.page(text) == text, "run python -m distill_core.assets.make_settings_page"
    rows = [line.split(" | ")[0].strip("| `") for line in text.splitlines() if line.startswith("| `")]
    assert {name.rpartition(".")[2] for name in rows} >= set(settings_by_name()) | set(Phase.model_fields)


def test_the_page_of_language_models_is_up_to_date() -> None:
    text = make_language_page.PAGE.read_text("utf-8")
    assert make_language_page.page(text) == text, "run python -m distill_core.assets.make_language_page"


def test_its_table_has_the_baseline_and_every_variant_of_each_study_and_its_steps_add_up() -> None:
    rows = [line.split(" | ")[1] for line in make_language_page.figures().splitlines() if line.startswith("| `")]
    assert rows == [
        name
        for study in make_language_page.STUDIES
        for name in (make_language_page.ALONE, *(variant.name for variant in recorded()[study].plan.variants))
    ]
    *steps, together, _ = make_language_page.whose().splitlines()[2:]
    gains = [[float(cell.strip(" *").split()[0].replace("−", "-")) for cell in line.split("|")[4:6]] for line in steps]
    whole = [float(cell.strip(" *").split()[0].replace("−", "-")) for cell in together.split("|")[4:6]]
    assert [sum(column) for column in zip(*gains, strict=True)] == pytest.approx(whole, abs=0.16)


def test_the_largest_student_gains_sixty_points_of_each_skill_over_its_500_labels() -> None:
    study = recorded()[make_language_page.LARGEST]
    for skill in make_language_page.SKILLS:
        rows = [row.by(skill) for row in study.rows if row.variant == make_language_page.FORWARD]
        assert all(row.baseline is not None and row.accuracy - row.baseline >= 0.6 for row in rows)
