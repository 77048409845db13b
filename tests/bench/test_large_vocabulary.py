from __future__ import annotations

import pytest


@pytest.mark.bench
def test_losses_over_a_large_vocabulary_take_less_memory_in_chunks_and_no_more_time() -> None:
    from large_vocabulary import measure

    figures = measure(positions=512, rounds=3)
    print(figures)
    assert all(figure["memory"] < 0.9 for figure in figures.values()), figures
    assert all(figures[loss]["memory"] < 0.5 for loss in ("kd", "top-k", "rkl")), figures
    assert all(figure["time"] < 1.1 for figure in figures.values()), figures
