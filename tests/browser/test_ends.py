"""A run that ends while its user reads another page."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]


def test_the_end_of_a_run_is_told_on_other_pages_and_in_other_tabs_without_a_touch(served: str, new_tab: Any) -> None:
    idle = new_tab(f"{served}/runs")
    idle.get_by_role("heading", name="Runs", level=1).wait_for(timeout=60_000)
    tab = new_tab(f"{served}/train?preset=teacher&set=dataset=digits&set=epochs=1&set=student=resnet8-w4")
    tab.get_by_role("button", name="Start", exact=True).click(timeout=60_000)
    tab.wait_for_url("**run=**", timeout=60_000)
    tab.get_by_role("link", name="Advisor").first.click()
    tab.get_by_role("heading", name="Which student, and how to teach it?").wait_for(timeout=60_000)
    toasts = [each.get_by_test_id("stToast") for each in (tab, idle)]
    for toast in toasts:
        toast.wait_for(timeout=300_000)
        assert toast.count() == 1
        said = toast.inner_text()
        assert "resnet8-w4" in said
        assert "is finished: " in said
    tab.get_by_role("link", name="Learn").first.click()
    tab.get_by_role("heading", name="Distillation in ten minutes").wait_for(timeout=60_000)
    toasts[0].wait_for(state="detached", timeout=30_000)
    tab.reload()
    tab.get_by_role("heading", name="Distillation in ten minutes").wait_for(timeout=60_000)
    tab.wait_for_timeout(3_000)
    assert toasts[0].count() == 0
