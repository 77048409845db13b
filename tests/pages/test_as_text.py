"""Names that people typed are shown as they typed them, never as Markdown, HTML or formulas."""

from __future__ import annotations

from typing import Any

import pytest
from made_up_runs import finish_run, ordinary

from distill_core.runs.manager import Manager
from distill_core.runs.store import Store
from pages.components.as_text import as_text

NASTY = "**x** <b>y</b> $a$ :red[z] `c`"
SHOWN = r"\*\*x\*\* \<b\>y\</b\> \$a\$ \:red\[z\] \`c\`"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b *c* [d]\n:e:", r"a\_b \*c\* \[d\] \:e:"),
        ("T 4: better", "T 4: better"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("resnet8-w4", "resnet8-w4"),
        (NASTY, SHOWN),
    ],
)
def test_a_name_is_shown_as_it_is_whatever_markdown_makes_of_it(text: str, shown: str) -> None:
    assert as_text(text) == shown


def said(page: Any) -> str:
    every = [each.value for kind in ("title", "header", "markdown", "caption") for each in page.get(kind)]
    every += [each.text for each in page.get("progress")] if page.get("progress") else []
    return "\n".join(map(str, every))


@pytest.mark.slow
def test_no_page_reads_a_runs_name_as_markdown(app: Any, still_manager: Manager) -> None:
    run_id = finish_run(Store())
    still_manager.remark(run_id, name=NASTY)
    assert SHOWN in said(app("pages/train.py", run=run_id))
    waiting = [still_manager.submit(ordinary(temperature=each), name=NASTY) for each in (2.0, 3.0)]
    assert waiting
    still_manager.put_aside(run_id)
    page = said(app("pages/runs.py"))
    assert page.count(SHOWN) >= 2, "in the queue and among the deleted"
    assert SHOWN in said(app("pages/train.py", run=run_id))
    for name in ("home", "train", "runs", "compare", "studies", "try_it", "advisor", "teachers", "edge"):
        assert ":red[" not in said(app(f"pages/{name}.py")).replace(r"\:red\[", ""), name
