from __future__ import annotations

from pathlib import Path

import pytest
from onnx import TensorProto

from distill_core.edge.onnx_file import Input, input_of, open_session
from distill_core.errors import DistillError


def opened(path: Path) -> Input:
    return input_of(open_session(path), path.name)


def test_the_shape_of_one_sample_is_read_from_the_file(write_onnx):
    assert opened(write_onnx("m.onnx", ["batch", 3, 8, 8])) == Input("in0", (3, 8, 8), None)
    assert opened(write_onnx("one.onnx", [1, 4])) == Input("in0", (4,), 1)


def test_a_missing_file_and_a_folder_get_a_sentence(tmp_path):
    with pytest.raises(DistillError, match=r"nope\.onnx does not exist\. Name an ONNX file"):
        open_session(tmp_path / "nope.onnx")
    with pytest.raises(DistillError, match="is a folder"):
        open_session(tmp_path)


@pytest.mark.parametrize("content", [b"", b"this is no model", b"\x08\x07\x12\x07pytorch"])
def test_a_file_that_is_no_model_gets_a_sentence(tmp_path, content):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with pytest.raises(DistillError, match=r"bad\.onnx is not an ONNX file that ONNX Runtime"):
        opened(path)


def test_a_truncated_model_gets_a_sentence(write_onnx):
    path = write_onnx("cut.onnx", ["batch", 64], size=64)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DistillError, match=r"cut\.onnx is not an ONNX file"):
        opened(path)


def test_two_inputs_are_named(write_onnx):
    with pytest.raises(DistillError, match=r"has 2 inputs \('in0', 'in1'\)"):
        opened(write_onnx("m.onnx", ["batch", 4], ["batch", 4]))


def test_an_input_of_another_type_is_named(write_onnx):
    with pytest.raises(DistillError, match=r"input 'in0' is a tensor\(int32\); only float32"):
        opened(write_onnx("m.onnx", ["batch", 4], kind=TensorProto.INT32))
    with pytest.raises(DistillError, match=r"input 'in0' is a tensor\(int64\); only float32"):
        opened(write_onnx("m.onnx", ["batch", 4, 4], kind=TensorProto.INT64))


def test_free_dimensions_other_than_the_batch_are_named(write_onnx):
    with pytest.raises(DistillError, match=r"dimension 2 \(height\), dimension 3 \(width\)\. Fix them with"):
        opened(write_onnx("m.onnx", ["batch", 3, "height", "width"]))


def test_a_batch_fixed_above_one_is_refused(write_onnx):
    with pytest.raises(DistillError, match="fixed at 8"):
        opened(write_onnx("m.onnx", [8, 4]))


def test_an_input_without_dimensions_is_refused(write_onnx):
    with pytest.raises(DistillError, match="no batch dimension"):
        opened(write_onnx("m.onnx", []))
