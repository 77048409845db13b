"""Models that read tokens: exported with a free length, opened, measured, and scored from the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from distill_core.edge import latency, writing
from distill_core.edge.export import export_onnx
from distill_core.edge.file_model import FileModel
from distill_core.edge.latency import measure
from distill_core.edge.memory import peak_memory_mb
from distill_core.edge.onnx_file import FREE, Input, input_of, open_session
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


def test_it_writes_the_likeliest_token_after_what_it_has_read(exported: tuple[GPT, Path]) -> None:
    model, path = exported
    session = open_session(path)
    text = np.random.default_rng(3).integers(0, VOCABULARY, 12)
    before = text.copy()
    found = writing.write(session, input_of(session, path), text)
    expected = torch.from_numpy(before.copy())
    for place in (6, 7, 8, 9):
        with torch.no_grad():
            expected[place] = model(expected[None, :place])[0, -1].argmax()
    assert found.tolist() == expected.tolist()
    assert text.tolist() == before.tolist()


def test_a_file_of_one_length_reads_a_whole_window_for_every_token() -> None:
    lengths: list[int] = []

    class OneLength:
        def run(self, _outputs: None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            (ids,) = feed.values()
            lengths.append(ids.shape[1])
            scores = np.zeros((*ids.shape, VOCABULARY))
            scores[0, np.arange(ids.shape[1]), (ids[0] + 1) % VOCABULARY] = 1  # each token is followed by the next one
            return [scores]

    text = np.full(10, 3)
    assert writing.write(OneLength(), Input("ids", (10,), 1, True), text).tolist() == [3] * 5 + [4, 5, 6, 7] + [3]
    assert lengths == [10, 10, 10, 10]


@pytest.mark.parametrize(("length", "first", "tokens"), [(2, 1, 1), (4, 1, 3), (5, 1, 4), (24, 12, 4), (32, 16, 4)])
def test_tokens_are_written_from_the_middle_of_a_window_on(length: int, first: int, tokens: int) -> None:
    assert (writing.first_written(length), writing.tokens_written(length)) == (first, tokens)


def test_reading_a_window_and_writing_a_token_are_timed_apart_in_the_same_rounds(
    exported: tuple[GPT, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "texts.npy", np.ones((5, 10), dtype=np.int64))
    calls = 0

    def timed(call: Callable[[], object]) -> tuple[int, int]:
        """A clock by which a call takes a millisecond for each token that the file is given."""
        nonlocal calls
        calls += 1
        read.clear()
        call()
        return (sum(read) * 1_000_000,) * 2

    read: list[int] = []
    run = latency.open_session

    class Counting:
        def __init__(self, path: Path, threads: int) -> None:
            self._session = run(path, threads)

        def run(self, outputs: None, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
            read.append(sum(part.shape[1] for part in feed.values()))
            return self._session.run(outputs, feed)

        def get_inputs(self) -> list[object]:
            return self._session.get_inputs()

    monkeypatch.setattr(latency, "open_session", Counting)
    monkeypatch.setattr(latency, "_timed", timed)
    files = {"student": exported[1], "teacher": exported[1]}
    found = measure(files, tmp_path / "texts.npy", rounds=10, repeats=2, seconds=60.0)
    for figures in found["models"].values():
        assert figures["window"] == 10
        assert figures["cpu_ms"] == 10  # ten tokens read at once
        assert figures["token_ms"] == (5 + 6 + 7 + 8) / 4  # what is read for each token that is written
    assert calls >= 2 * 2 * 2 * 10


def test_a_model_of_images_and_one_that_sorts_texts_write_nothing(write_onnx: Callable[..., Path]) -> None:
    figures = measure({"m": write_onnx("m.onnx", ["batch", 4])}, rounds=10, repeats=1)["models"]["m"]
    assert "token_ms" not in figures
    assert "window" not in figures
    assert not writing.writes(np.zeros((1, 20)), 10)
    assert not writing.writes(np.zeros((1, 8, 20)), 10)
    assert writing.writes(np.zeros((1, 10, 20)), 10)


def test_its_memory_is_measured_too(exported: tuple[GPT, Path]) -> None:
    peak = peak_memory_mb(exported[1])
    assert peak is None or peak >= 0
