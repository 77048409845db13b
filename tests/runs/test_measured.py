"""What was measured of a run's models."""

from __future__ import annotations

from distill_core.runs.measured import cpu_ms, file_bytes, token_ms

LATENCY = {"student": {"cpu_ms": 0.1, "bytes": 5, "token_ms": 2.0}, "teacher": {"cpu_ms": 1.0, "bytes": 50}}


def test_the_files_own_figures_come_before_those_of_its_architecture() -> None:
    summary = {"onnx": {"cpu_ms": 0.08, "bytes": 7, "token_ms": None}, "latency": LATENCY}
    assert (cpu_ms(summary), file_bytes(summary), token_ms(summary)) == (0.08, 7, 2.0)
    assert (cpu_ms(summary, "teacher"), file_bytes(summary, "teacher")) == (1.0, 50)


def test_without_a_file_the_architecture_was_measured_and_without_that_nothing_is_known() -> None:
    assert cpu_ms({"onnx": None, "latency": LATENCY}) == 0.1
    assert cpu_ms({"onnx": None, "latency": None}) is None
    assert file_bytes({}) is None
