"""Tokens told by pointing and by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pages.components.try_it import tokens

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SCRIPT = Path(tokens.__file__).with_name("tokens.js").read_text()


def test_each_token_tells_its_probability_by_pointing_and_by_arrow_keys(new_tab: Any) -> None:
    tab = new_tab("about:blank")
    tab.set_content('<div id="root"><div class="tokens"><div class="text"></div><p class="told"></p></div></div>')
    tab.add_script_tag(content=SCRIPT.replace("export default function", "window.show = function"))
    shown = [{"name": name, "text": name, "share": share, "rivals": [["z", 0.1]], "mark": False}
             for name, share in (("a", 0.5), ("b", 0.6), ("c", 0.7))]  # fmt: skip
    tab.evaluate(
        "data => window.show({data, parentElement: document.querySelector('#root')})",
        {"version": "1", "colour": "green", "tokens": shown},
    )
    told = {}
    for key in ("Tab", "ArrowRight", "End", "ArrowRight", "Home"):
        tab.keyboard.press(key)
        told.setdefault(key, []).append(tab.inner_text(".told")[:9])
    assert told == {"Tab": ["“a” 50.0%"], "ArrowRight": ["“b” 60.0%", "“c” 70.0%"], "End": ["“c” 70.0%"],
                    "Home": ["“a” 50.0%"]}  # fmt: skip
    tab.hover(".token:nth-child(2)")
    assert tab.inner_text(".told").startswith("“b” 60.0%. Next likeliest: “z” 10.0%")
