"""The made parts of the documents say what the recorded results and the registry say."""

from __future__ import annotations

from distill_core.assets.make_losses_page import COST, PAGE, TUNING, figures, page
from distill_core.losses.registry import LOSSES
from distill_core.studies.keeping import read_recorded
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
