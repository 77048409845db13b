"""Models that read tokens: exported with a free length, opened, measured, and scored from the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.edge.export import export_onnx
from distill_core.edge.file_model import FileModel
from distill_core.edge.latency import measure
from distill_core.edge.memory import peak_memory_mb
from distill_core.edge.onnx_file import FREE, input_of, open_session
from distill_core.language.models import build
from distill_core.language.models.gpt import GPT

VOCABULARY = 20


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[GPT, Path]:
    model, path = build("gpt-1x32", VOCABULARY, seed=0), tmp_path_factory.mktemp("text") / "gpt.onnx"
    report = export_onnx(model, torch.zeros(2, 7, dtype=torch.int64), path, {})
    assert report.parity_max_abs <= 1e-4
    return model, path


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (2, 19)])
def test_the_file_reads_any_batch_and_any_length(exported: tuple[GPT, Path], shape: tuple[int, int]) -> None:
    model, path = exported
    ids = torch.randint(0, VOCABULARY, shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        torch.testing.assert_close(FileModel(path)(ids), model(ids), rtol=1e-4, atol=1e-5)


def test_its_input_is_known_as_a_text_of_free_length(exported: tuple[GPT, Path]) -> None:
    _, path = exported
    into = input_of(open_session(path), path)
    assert (into.shape, into.fixed_batch, into.tokens) == ((FREE,), None, True)
    assert into.sample_shape == (32,)


def test_it_is_measured_on_the_texts_it_is_given_else_on_noise(exported: tuple[GPT, Path], tmp_path: Path) -> None:
    _, path = exported
    np.save(tmp_path / "texts.npy", np.ones((5, 9), dtype=np.int64))
    few = {"rounds": 10, "repeats": 1, "seconds": 1.0}
    assert measure({"a": path}, tmp_path / "texts.npy", **few)["inputs"] == "texts"
    of_noise = measure({"a": path}, **few)
    assert of_noise["inputs"] == "noise"
    assert of_noise["models"]["a"]["cpu_ms"] > 0


def test_its_memory_is_measured_too(exported: tuple[GPT, Path]) -> None:
    peak = peak_memory_mb(exported[1])
    assert peak is None or peak >= 0
