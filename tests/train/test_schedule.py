import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distill_core.config import DEFAULT_PHASES, Optimiser, Phase
from distill_core.train.schedule import learning_rate, phase_spans


def test_default_phases_cover_a_thousand_steps_as_20_60_20() -> None:
    spans = phase_spans(DEFAULT_PHASES, 1000)
    assert [(span.phase.name, span.start, span.stop) for span in spans] == [
        ("warm-up", 0, 200),
        ("distil", 200, 800),
        ("fine-tune", 800, 1000),
    ]


@given(steps=st.integers(1, 5000), cuts=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_spans_cover_every_step_exactly_once(steps: int, cuts: tuple[float, float]) -> None:
    first, second = sorted(cuts)
    shares = (first, second - first, 1 - second)
    phases = [Phase(name=f"p{i}", share=min(1.0, max(0.0, share))) for i, share in enumerate(shares)]
    spans = phase_spans(phases, steps)
    assert [step for span in spans for step in range(span.start, span.stop)] == list(range(steps))
    assert [span.index for span in spans] == list(range(len(spans)))


def test_a_phase_of_no_length_is_left_out() -> None:
    spans = phase_spans([Phase(name="a", share=0), Phase(name="b", share=1)], 10)
    assert [(span.phase.name, span.index, span.start) for span in spans] == [("b", 0, 0)]


def test_rate_climbs_then_falls_along_half_a_cosine() -> None:
    phase = Phase(name="all", share=1)
    optimiser = Optimiser(learning_rate=0.2, lr_warmup=0.1)
    rates = [learning_rate(step, 100, optimiser, phase) for step in range(100)]
    assert rates[0] == pytest.approx(0.02)
    assert rates[9] == rates[10] == pytest.approx(0.2)
    assert rates[55] == pytest.approx(0.1)
    assert rates[99] == pytest.approx(0.2 * 0.5 * (1 + math.cos(math.pi * 89 / 90)))


def test_a_phase_scales_the_rate() -> None:
    optimiser = Optimiser(lr_schedule="constant", learning_rate=0.1, lr_warmup=0)
    assert learning_rate(5, 10, optimiser, Phase(name="p", share=1, lr_scale=0.5)) == pytest.approx(0.05)
