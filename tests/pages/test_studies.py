"""The studies page: the list, one study opened, its runs in the queue, and the form for a new one."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from made_up_runs import fail_run, finish_run, ordinary
from streamlit.testing.v1 import AppTest

from distill_core.presets import load
from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from distill_core.studies import keeping
from distill_core.studies.outcome import RunRow
from distill_core.studies.plan import StudyPlan, grid
from pages.components.studies.choices import ALONE, AXES

PAGE = "pages/studies.py"


@pytest.fixture(autouse=True)
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for recorded studies, empty at first."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    monkeypatch.setattr(keeping, "RECORDED", folder)
    return folder


def sizes(name: str = "sizes", seeds: tuple[int, ...] = (0, 1, 2)) -> StudyPlan:
    variants = grid({"student": ["resnet8-w16", "resnet8-w4", "resnet8-w8"]})
    return StudyPlan.parse(
        {"name": name, "title": "Which size?", "base": ordinary(), "variants": variants, "seeds": seeds}
    )


def temperatures(seeds: tuple[int, ...] = (0, 1)) -> StudyPlan:
    variants = grid({"temperature": [4, 1]})
    return StudyPlan.parse({"name": "warmth", "base": ordinary(), "variants": variants, "seeds": seeds})


def rows(plan: StudyPlan) -> list[RunRow]:
    """Made-up results: each variant a bit worse than the one before, the seeds close together."""
    made = []
    for number, variant in enumerate(plan.variants):
        for seed in plan.seeds:
            accuracy = 0.86 - 0.02 * number + 0.001 * seed
            size = 80_000 // 4**number
            made.append(
                RunRow(
                    variant.name, seed, accuracy, accuracy, 0.75, 0.92, size, 4 * size, 0.1, 3000.0, f"{number}-{seed}"
                )
            )
    return made


def write_recorded(folder: Path, plan: StudyPlan) -> None:
    facts = {
        "command": f"python -m distill_core study docs/studies/{plan.name}.json",
        "versions": {"torch": "2.14.1", "python": "3.13.5"},
        "machine": "Some CPU, 2 logical cores",
        "date": "2026-11-24",
    }
    keeping.record(folder / f"{plan.name}.json", plan, rows(plan), facts)


def finish(**settings: Any) -> str:
    """A finished run that counts: made with the torch that is installed."""
    store = Store()
    run_id = finish_run(store, **settings)
    summary = store.get(run_id).summary or {}
    store.set_summary(run_id, {**summary, "versions": {"torch": version("torch")}})
    return run_id


def text_of(page: AppTest) -> str:
    return "\n".join(each.value for kind in (page.markdown, page.caption, page.title, page.header) for each in kind)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


# The list


def test_without_any_study_the_page_says_so_and_offers_a_new_one(app: Any) -> None:
    page = app(PAGE)
    assert "There is none yet" in text_of(page)
    assert labels(page) == ["New study"]


def test_recorded_studies_are_listed_with_what_they_say(app: Any, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    text = text_of(app(PAGE))
    assert "Validation chooses the reference, student resnet8-w16: 86.1% ± 0.2 on the test images." in text
    assert "3 variants × 3 seeds · 9 of 9 runs finished" in text


def test_own_studies_are_listed_with_how_far_they_are(app: Any, own_home: Path) -> None:
    keeping.keep(own_home, temperatures())
    finish(seed=0)
    text = text_of(app(PAGE))
    assert "1 of 4 runs finished" in text
    assert "#### Yours" in text
    assert "#### Recorded" not in text


def test_an_address_of_no_study_says_so(app: Any) -> None:
    page = app(PAGE, study="../etc")
    assert page.title[0].value == "No such study"


# One study


def test_a_recorded_study_shows_how_it_was_made_and_its_table(app: Any, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    page = app(PAGE, study="sizes")
    assert page.header[0].value == "Which size?"
    text = text_of(page)
    for part in ("seeds 0, 1, 2", "torch 2.14.1", "Some CPU", "2026-11-24", "study docs/studies/sizes.json"):
        assert part in text
    table = page.dataframe[0].value
    assert table["variant"].tolist() == [variant.name for variant in sizes().variants]
    assert table["answer"].tolist() == ["reference", "worse", "worse"]
    assert table["difference"].round(3).tolist()[1:] == [-0.02, -0.04]
    assert any("distill_core study sizes.json" in code.value for code in page.code)
    assert "95% t-interval" in text


def test_intervals_stand_in_the_table_beside_what_they_belong_to(app: Any, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    table = app(PAGE, study="sizes").dataframe[0]
    cells = pa.ipc.open_stream(table.proto.arrow_data.styler.display_values).read_pandas()
    seen = set(cells.astype(str).to_numpy().ravel())
    assert {"86.1% ± 0.2", "+11.1 ± 0.2", "−2.0 ± 0.0", "–"} <= seen
    assert not {"None", "nan", "<NA>"} & seen


def test_a_study_of_texts_is_compared_by_any_skill(app: Any, recorded: Path) -> None:
    variants = grid({"student": ["gpt-2x64", "gpt-2x128"]})
    base = load("language-quick")
    plan = StudyPlan.parse({"name": "skills", "base": base, "variants": variants, "seeds": [0, 1]})
    made = [replace(row, metrics={"reasoning": 0.5}, baseline_metrics={"reasoning": 0.1}) for row in rows(plan)]
    facts = {"command": "c", "versions": {}, "machine": "m", "date": "2026-11-25"}
    keeping.record(recorded / "skills.json", plan, made, facts)
    page = app(PAGE, study="skills")
    assert "86.1% ± 0.6 on the test prompts" in text_of(page)
    (by,) = [each for each in page.get("button_group") if each.key == "study_measure"]
    by.set_value("reasoning").run()
    assert "50.0% ± 0.0 on the test prompts" in text_of(page)
    assert page.dataframe[0].value["gain"].round(3).tolist() == [0.4, 0.4]


def test_a_grid_of_temperature_and_alpha_has_a_heat_map_and_one_size_has_no_chart_of_sizes(
    app: Any, recorded: Path
) -> None:
    variants = grid({"temperature": [4, 1], "alpha": [0.9, 0.5]})
    plan = StudyPlan.parse({"name": "both", "base": ordinary(), "variants": variants, "seeds": [0]})
    made = [RunRow(v.name, 0, 0.8, 0.8, 0.7, 0.9, 10, 40, 0.1, 1.0, v.name) for v in plan.variants]
    facts = {"command": "x", "versions": {}, "machine": "m", "date": "d"}
    keeping.record(recorded / "both.json", plan, made, facts)
    text = text_of(app(PAGE, study="both"))
    assert "Temperature and alpha" in text
    assert "Accuracy against size" not in text
    assert "One seed shows no difference" in text


def test_another_cost_can_be_chosen(app: Any, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    page = app(PAGE, study="sizes")
    page.button_group(key="study_cost").set_value("bytes").run()
    assert not page.exception


def test_of_two_studies_with_one_name_both_can_be_opened(app: Any, own_home: Path, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    keeping.keep(own_home, sizes())
    assert "Start" in labels(app(PAGE, study="sizes"))
    assert "torch 2.14.1" in text_of(app(PAGE, study="sizes", shown="recorded"))


def test_a_recorded_study_can_be_repeated_here(app: Any, own_home: Path, recorded: Path) -> None:
    write_recorded(recorded, sizes())
    page = app(PAGE, study="sizes")
    page.button(key="repeat").click().run()
    assert not page.exception
    assert keeping.kept(own_home)["sizes"] == sizes()
    assert "Start" in labels(page)


# Its runs


def test_start_queues_every_run_once_and_stop_takes_them_out_again(
    app: Any, own_home: Path, still_manager: Manager
) -> None:
    keeping.keep(own_home, temperatures())
    page = app(PAGE, study="warmth")
    assert "4 not started" in page.get("progress")[0].proto.text
    page.button(key="start-study").click().run()
    assert not page.exception
    known = still_manager.store.list(role="run")
    assert len(known) == 4
    assert {record.config.seed for record in known} == {0, 1}
    assert "start-study" not in [button.key for button in page.button]
    page.button(key="stop-study").click().run()
    assert not page.exception
    assert len(still_manager.store.list(role="run")) == 4
    assert still_manager.queue() == []


def test_go_on_queues_only_what_is_missing(app: Any, own_home: Path, still_manager: Manager) -> None:
    keeping.keep(own_home, temperatures())
    finish(seed=0)
    stopped = still_manager.store.create(temperatures().base.changed({"temperature": 1, "seed": 0}))
    still_manager.store.set_status(stopped, "stopped")
    page = app(PAGE, study="warmth")
    assert {"Go on"} <= set(labels(page))
    page.button(key="start-study").click().run()
    assert not page.exception
    known = still_manager.store.list(role="run")
    assert len(known) == 4
    assert still_manager.store.get(stopped).status in ("queued", "running")


def test_a_failed_run_says_why_and_is_tried_again_only_when_asked(
    app: Any, own_home: Path, still_manager: Manager
) -> None:
    plan = StudyPlan.parse(
        {"name": "hot", "base": ordinary(temperature=9.0), "variants": [{"name": "as it is"}], "seeds": [0]}
    )
    keeping.keep(own_home, plan)
    failed = fail_run(Store(), "The disk is full.")
    page = app(PAGE, study="hot")
    assert any("as it is, seed 0" in error.value and "The disk is full." in error.value for error in page.error)
    assert "start-study" not in [button.key for button in page.button]
    page.button(key="retry-study").click().run()
    assert not page.exception
    assert still_manager.store.get(failed).status in ("queued", "running")


def test_results_so_far_are_shown_while_runs_are_missing(app: Any, own_home: Path) -> None:
    keeping.keep(own_home, temperatures())
    for seed, accuracy in ((0, 0.85), (1, 0.86)):
        finish(seed=seed, accuracy=accuracy)
    finish(seed=0, temperature=1.0, accuracy=0.80)
    page = app(PAGE, study="warmth")
    assert page.dataframe[0].value["seeds"].tolist() == [2, 1]
    assert "So far validation chooses" in text_of(page)
    assert page.dataframe[1].value["status"].tolist() == ["finished"] * 3


def test_removing_a_study_keeps_its_runs(app: Any, own_home: Path) -> None:
    keeping.keep(own_home, temperatures())
    finish(seed=0)
    page = app(PAGE, study="warmth")
    page.button(key="remove-for-good").click().run()
    assert not page.exception
    assert keeping.kept(own_home) == {}
    assert len(Store().list(role="run")) == 1


# A new one


def test_a_new_study_is_made_from_its_form_and_started(app: Any, own_home: Path, still_manager: Manager) -> None:
    page = app(PAGE, new="1")
    assert page.button(key="create-study").disabled
    page.text_input(key="study_title").input("Which temperature?").run()
    page.number_input(key="study_seeds").set_value(2).run()
    page.multiselect(key="study_values_temperature_quickstart").set_value(["4", "8"]).run()
    assert not page.exception
    assert "2 variants × 2 seeds = 4 runs" in text_of(page)
    page.button(key="create-study").click().run()
    assert not page.exception
    plan = keeping.kept(own_home)["which-temperature"]
    assert plan.title == "Which temperature?"
    assert [variant.settings for variant in plan.variants] == [{"temperature": 4.0}, {"temperature": 8.0}]
    assert len(still_manager.store.list(role="run")) == 4
    assert page.query_params["study"] in ("which-temperature", ["which-temperature"])


def test_a_name_that_is_taken_is_refused_in_a_sentence(app: Any, own_home: Path) -> None:
    keeping.keep(own_home, temperatures())
    page = app(PAGE, new="1")
    page.text_input(key="study_title").input("Warmth").run()
    assert any("there is a study called warmth already" in error.value for error in page.error)
    assert page.button(key="create-study").disabled


def test_values_that_cannot_be_are_named(app: Any) -> None:
    page = app(PAGE, new="1")
    page.text_input(key="study_title").input("x").run()
    for word, said in (("warm", "'warm' is no number"), ("700", "Temperature: got 700")):
        page.session_state["study_values_temperature_quickstart"] = ["4", word]
        page.run()
        assert any(said in error.value for error in page.error), [error.value for error in page.error]
        assert page.button(key="create-study").disabled


def test_how_long_it_takes_is_said_only_where_a_run_like_it_is_known(app: Any) -> None:
    page = app(PAGE, new="1")
    assert "That takes" not in text_of(page)
    run_id = finish(student="cnn-w16")
    page.run()
    text = text_of(page)
    assert "That takes" in text, (run_id, text)


def test_methods_are_variants_too(app: Any) -> None:
    methods = AXES["terms"].values([ALONE, "Attention transfer"])
    assert methods == {ALONE: [], "Attention transfer": [{"loss": "at"}]}
    assert AXES["label_budget"].values(["1,000", "all"]) == {"1,000 labels": 1000, "all labels": None}


def test_a_base_without_a_teacher_offers_nothing_that_needs_one(app: Any) -> None:
    page = app(PAGE, new="1")
    page.selectbox(key="study_base").set_value("teacher").run()
    assert page.multiselect(key="study_axes_teacher").options == ["Student", "Labels"]


def test_a_plan_that_is_downloaded_is_the_plan(own_home: Path) -> None:
    plan = temperatures()
    assert StudyPlan.parse(json.loads(plan.to_json())) == plan
