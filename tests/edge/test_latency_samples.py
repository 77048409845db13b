from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core.edge import samples

MS = 1_000_000


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.floats(0, 100))
def test_percentile_equals_numpys(values, percent):
    assert samples.percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_a_ratio_is_paired_within_rounds_so_a_slow_moment_cancels():
    fast = [[1 * MS, 10 * MS, 1 * MS]] * 5
    slow = [[2 * MS, 20 * MS, 2 * MS]] * 5
    assert samples.paired_ratio(slow, fast) == samples.Ratio(2.0, 2.0, 2.0, stable=True)


def test_a_ratios_range_is_that_of_the_repeats_medians():
    fast = [[100, 100, 100]] * 3
    slow = [[200, 200, 900], [204, 204, 1], [196, 196, 196]]
    ratio = samples.paired_ratio(slow, fast)
    assert (ratio.median, ratio.low, ratio.high) == (2.0, 1.96, 2.04)
    assert ratio.stable


def test_a_range_over_five_percent_is_unstable():
    fast = [[100], [100], [100]]
    assert samples.paired_ratio([[200], [200], [209]], fast).stable
    assert not samples.paired_ratio([[200], [200], [211]], fast).stable


def test_a_sample_is_preempted_when_the_wall_ran_over_a_fifth_longer_than_the_thread():
    assert samples.preempted_share([[120, 121], [500, 100]], [[100, 100], [100, 100]]) == 0.5


def test_wall_percentiles_are_hidden_when_most_samples_were_preempted():
    wall = [[1 * MS, 2 * MS, 3 * MS]]
    assert samples.wall_percentiles(wall, 0.5) == {"p50": 2.0, "p90": 2.8, "p95": 2.9}
    assert samples.wall_percentiles(wall, 0.51) == {"p50": None, "p90": None, "p95": None}
    assert samples.wall_percentiles(wall, None)["p50"] == 2.0


def test_p99_needs_a_thousand_samples():
    assert "p99" not in samples.wall_percentiles([[MS] * 999], 0.0)
    assert samples.wall_percentiles([[MS] * 500, [MS] * 500], 0.0)["p99"] == 1.0


def test_the_user_hears_of_a_busy_machine_above_a_fifth_of_the_samples():
    assert samples.busy_message({"a": 0.2, "b": 0.1}) is None
    assert samples.busy_message({}) is None
    message = samples.busy_message({"a": 0.1, "b": 0.34})
    assert message
    assert message.startswith("Busy machine: up to 34%")
    assert "hidden" not in message
    assert "hidden" in (samples.busy_message({"a": 0.6}) or "")


def test_the_spread_holds_percentiles_of_all_samples_and_the_ends_of_the_repeats_medians():
    repeats = [[1_000_000, 2_000_000, 3_000_000], [2_000_000, 4_000_000, 6_000_000]]
    found = samples.spread(repeats)
    assert found == {"p50": 2.5, "p90": 5.0, "p95": 5.5, "low": 2.0, "high": 4.0, "repeats": 2}
