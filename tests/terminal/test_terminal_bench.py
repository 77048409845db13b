import pytest


@pytest.mark.parametrize("code", [0, 1])
def test_the_benchmark_passes_its_wishes_on_and_its_verdict_back(command, monkeypatch, code: int):
    asked = []

    def fake(epochs, quick, json):
        asked.append((epochs, quick, json))
        return code

    monkeypatch.setattr("distill_core.bench.speed.bench", fake)
    assert command("bench", "--quick", "--json").code == code
    assert asked == [(10, True, True)]


def test_too_few_epochs_are_bad_input(command):
    answer = command("bench", "--epochs", "1")
    assert answer.code == 2
    assert "epochs: got 1" in answer.err
