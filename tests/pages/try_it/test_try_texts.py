"""Models of texts answer a prompt."""

from __future__ import annotations

import time
from typing import Any

from tried_runs import tried_language_run

from distill_core.edge.replying import Step
from distill_core.language.tokens import CHARACTER_READER
from distill_core.runs.store import Store
from pages.components.try_it.tokens import described

TRY = "pages/try_it.py"


def said(page: Any) -> str:
    return " ".join(each.value for each in (*page.markdown, *page.caption))


def finished(page: Any) -> Any:
    for _ in range(1000):
        page.run()
        if "hourglass" not in said(page):
            return page
        time.sleep(0.05)
    raise AssertionError(said(page))


def test_a_prompt_is_answered_by_all_three_and_judged(app: Any) -> None:
    tried_language_run(Store())
    page = app(TRY)
    page.text_input[0].set_value("rev abc=").run()
    page = finished(page)
    words = said(page)
    assert "The right answer: **cba**" in words
    assert words.count(":red-badge[") == 3
    assert words.count("[a token]") == words.count("1.25M parameters") == 3
    tables = page.dataframe
    assert len(tables) == 3
    assert list(tables[0].value.columns) == ["Token", "Probability", "Next likeliest", "CPU time"]
    assert not page.exception


def test_an_example_of_the_test_set_fills_the_prompt(app: Any) -> None:
    tried_language_run(Store())
    page = app(TRY)
    page.button(key="try-example-A longer chain").click().run()
    prompt = page.text_input[0].value
    assert prompt.endswith("=")
    assert len(prompt) >= 12
    page.text_input[0].set_value("née").run()
    assert "know no é" in said(page)


def test_the_walk_goes_through_test_prompts(app: Any) -> None:
    tried_language_run(Store())
    page = app(TRY)
    page.session_state["try_text_way"] = "Disagreements"
    page = finished(page)
    assert "of 400 test prompts" in said(page)
    page.radio[0].set_value("differ").run()
    assert "1 of " in said(finished(page))


def test_a_token_is_shown_with_its_rivals_and_its_spaces() -> None:
    space, end = CHARACTER_READER.encode(" ")[0], CHARACTER_READER.eos
    steps = [Step(space, 0.75, ((space, 0.75), (end, 0.25)), 1.0), Step(end, 1.0, ((end, 1.0),), 1.0)]
    first, last = described(steps, CHARACTER_READER)
    assert (first["text"], first["name"], first["rivals"]) == (" ", "␣", [("␣", 0.75), ("end", 0.25)])
    assert (last["text"], last["mark"]) == ("end", True)
