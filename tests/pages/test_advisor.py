"""From a case to a Train page that is set up."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_plus

ADVISOR = "pages/advisor.py"


def said(page: Any) -> str:
    return " ".join(element.value for element in page.markdown)


def test_it_advises_a_student_and_names_the_study(app: Any) -> None:
    page = app(ADVISOR)
    assert "**Student** &nbsp; resnet8-w16" in said(page)
    assert any("recorded on" in caption.value for caption in page.caption)
    assert page.dataframe[0].value["Student"].tolist()[0] == "resnet8-w2"


def test_what_was_measured_and_what_is_suggested_are_two_ways_to_train_and_each_says_what_is_known(app: Any) -> None:
    page = app(ADVISOR)
    page.number_input(key="advice_kb").set_value(400).run()
    links = {link.label: link for link in page.get("page_link")}
    exact, suggested = (
        links[name].proto for name in ("Train exactly what was measured", "Train with all that is suggested")
    )
    assert "student=resnet8-w16" in unquote_plus(exact.query_string)
    assert "epochs=10" in unquote_plus(exact.query_string)
    assert "terms=" not in exact.query_string
    assert "epochs=10" in unquote_plus(suggested.query_string)
    assert '"loss": "at"' in unquote_plus(suggested.query_string)
    told = [caption.value for caption in page.caption]
    assert any(each.startswith("10 epochs, 400 labels: 89.7% ± 1.1 over 3 seeds") for each in told)
    assert any("Attention transfer and Hint (FitNets) beside soft labels" in each for each in told)


def test_where_no_student_comes_near_enough_the_nearest_and_larger_ones_to_measure_are_offered(app: Any) -> None:
    page = app(ADVISOR)
    page.segmented_control(key="advice_goal").set_value("small").run()
    page.number_input(key="advice_within").set_value(0.5).run()
    assert "resnet8-w16 by Reused classifier (SimKD), stays 1.6 ± 0.1 behind, after 10 epochs" in said(page)
    assert "Train exactly what was measured" in [link.label for link in page.get("page_link")]
    assert page.button(key="advice_larger").label == "Measure larger students"
    assert any("resnet14-w16 (175k parameters) and resnet20-w16" in caption.value for caption in page.caption)


def test_a_limit_changes_the_student_and_one_that_nothing_meets_is_said(app: Any) -> None:
    page = app(ADVISOR)
    page.number_input(key="advice_kb").set_value(150).run()
    assert "**Student** &nbsp; resnet8-w8" in said(page)
    page.number_input(key="advice_kb").set_value(1).run()
    assert "Nothing measured fits" in said(page)
    assert not page.exception


def test_texts_have_advice_of_their_own(app: Any) -> None:
    page = app(ADVISOR)
    page.segmented_control(key="advice_task").set_value("language").run()
    assert not page.exception
    assert "**Student** &nbsp; gpt-2x128" in said(page)


def test_the_smallest_near_its_teacher_can_be_asked_for(app: Any) -> None:
    page = app(ADVISOR)
    page.segmented_control(key="advice_goal").set_value("small").run()
    page.number_input(key="advice_within").set_value(8.0).run()
    assert "**Student** &nbsp; resnet8-w8" in said(page)
    assert "the smallest that is surely within 8 points of its teacher" in said(page)
