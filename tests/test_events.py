import json

import pytest

from distill_core.events import KINDS, Evaluated, ModelFacts, PhaseSpan, Started, StepLogged, from_dict


def test_events_go_to_json_and_back() -> None:
    started = Started(
        student=ModelFacts("s", 10, 20, 40),
        teacher=None,
        dataset="d",
        classes=("a", "b"),
        images=8,
        labels=4,
        steps=10,
        steps_per_epoch=5,
        phases=(PhaseSpan("warm-up", 0, 2, "easiest"), PhaseSpan("distil", 2, 10, "all")),
        device="cpu",
        precision="32-true",
        threads=2,
        memory_format="contiguous",
    )
    logged = StepLogged(1, "warm-up", {"kd": 1.0}, {"kd": 0.9}, 0.9, 0.1, 100.0, 1.0, 9.0, None)
    scored = Evaluated(5, 1, "validation", "student", 0.5, 1.2, 0.6, True)
    for event in (started, logged, scored):
        assert from_dict(json.loads(json.dumps(event.to_dict()))) == event


def test_every_kind_is_registered_under_its_name() -> None:
    assert all(name == kind.__name__ for name, kind in KINDS.items())


def test_an_unknown_kind_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        from_dict({"kind": "Nonsense"})
