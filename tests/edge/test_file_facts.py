"""What an ONNX file says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto

from distill_core.edge.file_facts import file_facts
from distill_core.errors import DistillError


def test_a_file_tells_its_opset_and_what_goes_in(write_onnx: Any) -> None:
    found = file_facts(write_onnx("m.onnx", ["batch", 1, 28, 28]))
    assert found.opset == 18
    assert [str(port) for port in found.inputs] == ["in0 [batch, 1, 28, 28] float32"]
    (tokens,) = file_facts(write_onnx("t.onnx", ["batch", "length"], kind=TensorProto.INT64)).inputs
    assert str(tokens) == "in0 [batch, length] int64"


@pytest.mark.parametrize("content", [b"nonsense" * 100, b""])
def test_a_file_that_is_no_model_is_a_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(content)
    with pytest.raises(DistillError, match=r"bad\.onnx is not an ONNX file"):
        file_facts(tmp_path / "bad.onnx")
    with pytest.raises(DistillError, match=r"none\.onnx cannot be read"):
        file_facts(tmp_path / "none.onnx")


def test_a_file_that_ends_too_early_is_no_model(write_onnx: Any) -> None:
    path = write_onnx("short.onnx", ["batch", 8], size=9)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DistillError, match=r"short\.onnx is not an ONNX file"):
        file_facts(path)
