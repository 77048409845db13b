from __future__ import annotations

import json
import warnings
from pathlib import Path

import onnx
import onnxruntime as ort
import pytest
import torch
from torch import Tensor, nn

from distill_core.edge import export
from distill_core.edge.export import ExportReport, export_onnx
from distill_core.errors import DistillError

EXAMPLE = torch.zeros(2, 1, 8, 8)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, tiny_net) -> tuple[nn.Module, Path, ExportReport]:
    net, path = tiny_net(), tmp_path_factory.mktemp("export") / "new" / "tiny.onnx"
    report = export_onnx(net, EXAMPLE, path, {"class_names": json.dumps(["a", "b", "ç"]), "version": "1"})
    return net, path, report


def test_the_file_answers_as_torch_does_at_a_batch_size_it_was_not_traced_with(exported):
    net, path, _ = exported
    images = torch.randn(5, 1, 8, 8)
    (logits,) = ort.InferenceSession(path).run(["logits"], {"input": images.numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(logits), net(images), rtol=1e-4, atol=1e-5)


def test_the_report_describes_the_file_that_was_written(exported):
    import hashlib

    _, path, report = exported
    content = path.read_bytes()
    assert (report.bytes, report.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert report.parity_max_abs <= 1e-5
    assert report.warnings == ()
    json.dumps(report.to_dict())


def test_the_metadata_is_inside_the_file(exported):
    _, path, _ = exported
    metadata = ort.InferenceSession(path).get_modelmeta().custom_metadata_map
    assert json.loads(metadata["class_names"]) == ["a", "b", "ç"]
    assert metadata["version"] == "1"


def test_the_file_stands_alone_with_symbolic_batch_and_opset_18(exported):
    _, path, _ = exported
    proto = onnx.load(path, load_external_data=False)
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert all(tensor.data_location == onnx.TensorProto.DEFAULT for tensor in proto.graph.initializer)
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    assert proto.graph.output[0].type.tensor_type.shape.dim[0].dim_param
    assert {each.version for each in proto.opset_import if each.domain == ""} == {18}


class FrozenBatch(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(2, -1)[:, :3]


class OtherWhenExported(nn.Module):
    def __init__(self, shift: float) -> None:
        super().__init__()
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        logits = x.flatten(1)[:, :3]
        return logits + self.shift if torch.compiler.is_exporting() else logits


def test_a_model_that_fixes_the_batch_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(DistillError, match=r"one batch size only.*'logits' is 2"):
        export_onnx(FrozenBatch(), EXAMPLE, tmp_path / "m.onnx", {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_answers_differently_is_refused_and_the_old_one_stays(tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(b"old")
    with pytest.raises(DistillError, match=r"differs from torch by 1\.00e-01"):
        export_onnx(OtherWhenExported(0.1), EXAMPLE, path, {})
    assert path.read_bytes() == b"old"


def test_a_small_difference_is_a_fact_of_the_report_and_no_warning(tmp_path):
    report = export_onnx(OtherWhenExported(5e-5), EXAMPLE, tmp_path / "m.onnx", {})
    assert report.parity_max_abs == pytest.approx(5e-5, rel=0.05)
    assert report.warnings == ()


class RoundedByTorch(nn.Module):
    """Loses its last digits in single precision, but not in the file, which is off by `shift`."""

    def __init__(self, shift: float = 0.0) -> None:
        super().__init__()
        self.shift = shift

    def forward(self, x: Tensor) -> Tensor:
        logits = x.flatten(1)[:, :3]
        return logits + self.shift if torch.compiler.is_exporting() else logits + 4096 - 4096


@pytest.mark.slow
def test_where_torch_rounds_more_than_the_file_double_precision_decides(tmp_path, monkeypatch):
    path = tmp_path / "m.onnx"
    assert export_onnx(RoundedByTorch(), EXAMPLE, path, {}).parity_max_abs < 3e-4
    with pytest.raises(DistillError, match=r"differs from torch by 1\.00e-01"):
        export_onnx(RoundedByTorch(0.1), EXAMPLE, path, {})
    monkeypatch.setattr("distill_core.edge.export._in_double", lambda *_: None)
    with pytest.raises(DistillError, match=r"differs from torch by 2\.\d\de-04"):
        export_onnx(RoundedByTorch(), EXAMPLE, path, {})


def test_a_difference_that_only_large_logits_excuse_is_warned_of(tmp_path):
    images = torch.full((100, 1, 8, 8), 500.0) + torch.arange(64.0).reshape(1, 1, 8, 8)
    report = export_onnx(OtherWhenExported(0.01), EXAMPLE, tmp_path / "m.onnx", {}, images)
    assert report.parity_max_abs == pytest.approx(0.01, rel=0.05)
    assert "differs from torch by up to 1.0e-02 in a logit, more than 0.0001" in report.warnings[0]


class TieBrokenWhenExported(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        shift = 2e-6 * torch.tensor([-1.0, 1.0, 0.0])
        logits = torch.tensor([1.0, 1.0, 0.0]) + 0 * x.flatten(1)[:, :3]
        return logits + shift if torch.compiler.is_exporting() else logits - shift


def test_another_label_in_a_tie_is_warned_of(tmp_path):
    report = export_onnx(TieBrokenWhenExported(), EXAMPLE, tmp_path / "m.onnx", {})
    assert report.warnings == ("m.onnx gives another label than torch on 111 inputs where two labels tie.",)


class Unexportable(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) if x.sum() > 0 else x.flatten(1) + 1


def test_a_model_that_cannot_be_traced_gets_a_sentence(tmp_path, capfd):
    with pytest.raises(DistillError, match="cannot be exported to ONNX"):
        export_onnx(Unexportable(), EXAMPLE, tmp_path / "m.onnx", {})
    assert list(tmp_path.iterdir()) == []


def test_the_exporter_says_nothing_on_the_terminal(tmp_path, capfd):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_onnx(nn.Flatten(), torch.zeros(2, 3), tmp_path / "m.onnx", {})
    assert capfd.readouterr() == ("", "")


def test_an_example_of_one_is_refused_because_it_would_freeze_the_batch(tmp_path):
    with pytest.raises(ValueError, match="at least 2"):
        export_onnx(nn.Flatten(), torch.zeros(1, 3), tmp_path / "m.onnx", {})


def test_another_label_is_refused_even_within_tolerance_unless_it_was_a_tie():
    clear, near = torch.tensor([[100.0, 100.05]]), torch.tensor([[100.06, 100.05]])
    with pytest.raises(DistillError, match="other labels than torch on a batch of 1"):
        export._largest_difference(clear, near, 1)
    tie, other = torch.tensor([[1.0, 1.000001]]), torch.tensor([[1.000001, 1.0]])
    assert export._largest_difference(tie, other, 1) < 2e-6


def test_answers_that_are_not_one_row_of_logits_an_input_are_refused(tmp_path):
    with pytest.raises(DistillError, match=r"must give logits \[batch, classes\], but gives \(1, 1, 8, 8\)"):
        export_onnx(nn.ReLU(), EXAMPLE, tmp_path / "m.onnx", {})


def test_answers_that_are_not_numbers_are_refused():
    with pytest.raises(DistillError, match="not all numbers"):
        export._largest_difference(torch.tensor([[float("nan"), 1.0]]), torch.zeros(1, 2), 1)
