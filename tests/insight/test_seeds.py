import pytest

from distill_core.insight.seeds import mean_gain, t_quantile


@pytest.mark.parametrize(
    ("degrees", "published"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.980)]
)
def test_quantiles_of_students_t_are_those_of_the_printed_table(degrees: int, published: float):
    assert t_quantile(0.975, degrees) == pytest.approx(published, abs=5e-4)


def test_quantiles_equal_scipys():
    stats = pytest.importorskip("scipy.stats")
    for degrees in range(1, 40):
        assert t_quantile(0.995, degrees) == pytest.approx(stats.t.ppf(0.995, degrees), rel=1e-9)


def test_the_interval_is_the_textbooks():
    # mean 0.11, sample standard deviation 0.01, 4.303 * 0.01 / sqrt(3)
    gain = mean_gain([0.10, 0.11, 0.12])
    assert gain.mean == pytest.approx(0.11)
    assert gain.half_width == pytest.approx(4.303 * 0.01 / 3**0.5, rel=1e-3)


def test_better_is_said_only_if_the_interval_leaves_out_zero():
    assert mean_gain([0.10, 0.11, 0.12]).answer == "better"
    assert mean_gain([-0.10, -0.11, -0.12]).answer == "worse"
    assert mean_gain([0.01, -0.01, 0.02]).answer == "unclear"
    assert "includes 0" in mean_gain([0.01, -0.01, 0.02]).sentence


def test_equal_gains_of_zero_are_no_difference():
    assert mean_gain([0.0, 0.0, 0.0]).answer == "unclear"


def test_one_seed_proves_nothing():
    assert mean_gain([0.3]).answer == "unclear"
    assert "three or more" in mean_gain([0.3]).sentence


def test_no_seeds_are_refused():
    with pytest.raises(ValueError, match="no gains"):
        mean_gain([])
