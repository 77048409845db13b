"""The guided tour."""

from __future__ import annotations

import json
from typing import Any

import pytest

from distill_core.insight.lesson import lesson
from distill_core.insight.lesson_language import Asked, language_lesson
from distill_core.presets import load
from pages.components.learn.gallery import PICKED
from pages.components.learn.limits import gains_frame
from pages.components.learn.next_token import right_token
from pages.components.learn.tour import IMAGES, LANGUAGE, TOURS
from pages.components.links import configuration

LEARN = "pages/learn.py"
STEPS = TOURS[IMAGES].steps
PICTURES: tuple[set[str], ...] = (
    {"learn-pick-temperature", "learn-image", "learn-soft-targets"},
    {"learn-map-teacher", "learn-map-student", "learn-map-difference"},
    {"learn-pull", "learn-pull-by-temperature"},
    {"learn-pick-attention", "learn-attention"},
    {"learn-layers"},
    {"learn-phases"},
    {"learn-twins"},
    {"learn-gains"},
)
OF_LANGUAGE = ({"learn-next-token"}, {"learn-right-answers"}, {"learn-sizes"})


def charts(page: Any) -> set[str]:
    return {each.key for each in page.get("bidi_component") if str(each.key).startswith("learn-")}


def alt(page: Any, key: str) -> str:
    (found,) = [each for each in page.get("bidi_component") if each.key == key]
    return str(json.loads(found.proto.bytes)["alt"])


def told(page: Any) -> list[str]:
    """What a guess was answered with."""
    return [box.value for box in (*page.info, *page.success)]


@pytest.mark.parametrize(("about", "pictures"), [(IMAGES, PICTURES), (LANGUAGE, OF_LANGUAGE)])
def test_every_step_asks_then_tells_and_has_its_picture_its_link_and_what_made_it(
    app: Any, about: str, pictures: tuple[set[str], ...]
) -> None:
    page = app(LEARN, **({} if about == IMAGES else {"about": about}))
    tour = TOURS[about]
    assert len(tour.steps) == len(pictures)
    for number, step in enumerate(tour.steps, start=1):
        assert page.header[0].value == f"{number} · {step.title}"
        assert told(page) == [], "nothing is given away"
        assert charts(page) == (set() if step.waits else pictures[number - 1])
        asked = step.question(tour.material())
        assert asked.right in asked.options
        (question,) = page.radio
        assert question.options == list(asked.options)
        question.set_value(asked.right).run()
        assert not page.exception
        assert page.success[0].value.endswith(f"**Yes.** {asked.truth}")
        assert charts(page) == pictures[number - 1]
        assert step.link in [link.proto.label for link in page.get("page_link")]
        assert any(caption.value.startswith(":material/inventory_2: recorded by ") for caption in page.caption)
        if number < len(tour.steps):
            page.button(key="learn_next").click().run()
            assert not page.exception
            assert page.query_params["step"] == str(number + 1)
    assert not [button for button in page.button if button.key == "learn_next"]
    assert any("docs/studies/l" in caption.value for caption in page.caption)


def test_links_lead_to_settings_that_a_run_takes() -> None:
    for tour in TOURS.values():
        preset = tour.material().facts["preset"]
        for step in tour.steps:
            assert (configuration(preset, step.settings) == load(preset)) == (not step.settings), step.title


def test_a_wrong_guess_is_told_what_is_true(app: Any) -> None:
    page = app(LEARN)
    asked = STEPS[0].question(lesson())
    page.radio[0].set_value(asked.options[1]).run()
    assert f"**Not quite: {asked.right}.**" in page.info[0].value


def test_back_and_the_row_of_steps_open_what_they_say(app: Any) -> None:
    page = app(LEARN, step="8")
    page.button(key="learn_back").click().run()
    assert page.header[0].value == f"7 · {STEPS[6].title}"
    page.segmented_control(key="learn_choice").set_value(3).run()
    assert page.header[0].value == f"3 · {STEPS[2].title}"


@pytest.mark.parametrize(("said", "opened"), [("99", len(STEPS)), ("two", 1)])
def test_an_address_of_no_step_opens_the_nearest_and_is_put_right(app: Any, said: str, opened: int) -> None:
    page = app(LEARN, step=said)
    assert page.header[0].value.startswith(f"{opened} · ")
    assert page.query_params["step"] == str(opened)


def test_the_switch_at_the_head_opens_the_other_tour_where_it_was_left_and_says_so_in_the_address(app: Any) -> None:
    page = app(LEARN, step="4")
    page.segmented_control(key="learn_tour").set_value(LANGUAGE).run()
    assert (page.query_params["about"], page.query_params["step"]) == (LANGUAGE, "1")
    assert page.header[0].value == "1 · Next token"
    page.button(key="learn_next").click().run()
    page.segmented_control(key="learn_tour").set_value(IMAGES).run()
    assert "about" not in page.query_params
    assert page.header[0].value == f"4 · {STEPS[3].title}"
    page.segmented_control(key="learn_tour").set_value(LANGUAGE).run()
    assert page.header[0].value == "2 · Beyond labels"


def test_an_address_of_a_step_alone_is_of_images_and_one_of_no_tour_too(app: Any) -> None:
    page = app(LEARN, about=LANGUAGE, step="2")
    del page.query_params["about"]
    assert page.run().header[0].value == f"2 · {STEPS[1].title}"
    page = app(LEARN, about="nothing")
    assert page.header[0].value == f"1 · {STEPS[0].title}"
    assert "about" not in page.query_params


def test_a_guess_on_one_tour_is_none_on_the_other(app: Any) -> None:
    page = app(LEARN)
    page.radio[0].set_value(STEPS[0].question(lesson()).right).run()
    assert page.success
    page.segmented_control(key="learn_tour").set_value(LANGUAGE).run()
    assert told(page) == []


def test_each_token_of_an_answer_has_its_bars_and_a_temperature_opens_them(app: Any) -> None:
    page = app(LEARN, about=LANGUAGE)
    sharp = alt(page, "learn-next-token")
    assert "after 8+0-9=" in sharp  # a sum, as the question has it
    page.select_slider(key="learn_token_temperature").set_value(8.0).run()
    assert "T = 8" in alt(page, "learn-next-token")
    page.segmented_control(key="learn_token_2").set_value(1).run()
    assert alt(page, "learn-next-token") != sharp
    page.selectbox(key="learn_prompt").set_value(0).run()
    assert "after srt+rev rdzeh" in alt(page, "learn-next-token")


def test_after_a_wrong_token_no_token_is_the_right_one() -> None:
    asked = Asked("reasoning", "1+1=", "2;2", ("3", ";", "3", "end"))
    assert [right_token(asked, place) for place in range(4)] == ["2", None, None, None]
    first = language_lesson().prompts[0]
    assert right_token(first, 0) == first.right[0]
    assert right_token(Asked("", "", "ab", ("a", "b", "end")), 2) == "end"


def test_each_size_of_student_tells_what_the_text_and_what_soft_targets_add(app: Any) -> None:
    page = app(LEARN, about=LANGUAGE, step="2")
    page.button(key="learn_show").click().run()
    large = alt(page, "learn-right-answers")
    assert len(page.table[0].value) == 3
    page.segmented_control(key="learn_gain_size").set_value("language-2x32").run()
    assert not page.exception
    assert alt(page, "learn-right-answers") != large
    assert len(page.table[0].value) == 2


def test_a_picture_that_waits_can_be_had_without_a_guess(app: Any) -> None:
    page = app(LEARN, step="2")
    page.button(key="learn_show").click().run()
    assert charts(page) == PICTURES[1]
    assert told(page) == []


def test_bars_and_bits_follow_the_temperature(app: Any) -> None:
    page = app(LEARN)
    sharp = alt(page, "learn-soft-targets")
    page.select_slider(key="learn_temperature").set_value(8.0).run()
    soft = alt(page, "learn-soft-targets")
    assert sharp != soft
    assert "T = 8" in soft


def test_an_image_picked_on_one_step_is_the_one_on_the_next(app: Any) -> None:
    page = app()
    page.session_state[PICKED] = 9
    page.switch_page(LEARN).run()
    label = lesson().classes[int(lesson()["labels"][9])]
    assert f"for an image of class {label}:" in alt(page, "learn-soft-targets")


def test_leaving_out_t_squared_takes_the_teachers_pull_away(app: Any) -> None:
    page = app(LEARN, step="3")
    page.select_slider(key="learn_balance_temperature").set_value(20.0).run()
    before = alt(page, "learn-pull")
    page.toggle(key="learn_squared").set_value(False).run()
    shares = [int(text.rpartition("untrained ")[2].split("%")[0]) for text in (before, alt(page, "learn-pull"))]
    assert shares[1] < shares[0] / 3


def test_the_last_step_has_every_method_of_both_studies() -> None:
    frame = gains_frame()
    assert len(frame) == 9
    assert frame.loc[0, "method"] == "soft labels (KD)"
    assert frame.loc[0, ["mean_few", "half_few", "mean_all", "half_all"]].astype(float).round(1).tolist() == [
        6.4,
        3.5,
        1.9,
        2.1,
    ]
