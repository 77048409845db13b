from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save
from tiny_llama import DEPTH, HEADS, MARKS, WIDTH, WORDS, make

from distill_core.errors import CheckpointError, ConfigError
from distill_core.footprint import parameters
from distill_core.language.models.hugging_face import HuggingFace, build, load
from distill_core.language.models.references import parse, weights_of
from distill_core.language.tokenizer import tokenizer_in
from distill_core.language.writing import write, write_abreast
from distill_core.mapping.taps import Taps
from distill_core.scoring import logits_where

TOKENS = len(MARKS) + 1 + len(WORDS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def model(folder: Path) -> HuggingFace:
    return load(folder, TOKENS)


def texts(rows: int = 5, length: int = 9) -> torch.Tensor:
    return torch.randint(0, TOKENS, (rows, length), generator=torch.Generator().manual_seed(3))


def test_it_answers_as_transformers_does(folder: Path, model: HuggingFace) -> None:
    from transformers import AutoModelForCausalLM

    plain = AutoModelForCausalLM.from_pretrained(folder).eval()
    with torch.no_grad():
        torch.testing.assert_close(model(texts()), plain(texts()).logits)
        torch.testing.assert_close(model.features(texts()), plain.model(texts())[0])


def test_it_says_what_a_gpt_says_of_itself(model: HuggingFace) -> None:
    assert (model.shape.vocabulary, model.shape.width, model.shape.depth) == (TOKENS, WIDTH, DEPTH)
    assert model.shape.heads == HEADS
    assert [model.get_submodule(name).self_attn.layer_idx for name in model.blocks] == list(range(DEPTH))
    assert model.embedding.weight.shape == (TOKENS, WIDTH)
    assert model.norm is not None


def test_logits_of_some_positions_are_those_of_all_of_them(model: HuggingFace) -> None:
    ids, where = texts(), torch.zeros(5, 9, dtype=torch.bool)
    where[0, 2], where[1, 4:6], where[4, 0] = True, True, True
    with torch.no_grad():
        some = logits_where(model, ids, where)
        torch.testing.assert_close(some, model(ids)[where])
    assert some.shape == (4, TOKENS)


def test_what_stands_behind_the_last_wanted_position_is_not_even_read(model: HuggingFace) -> None:
    read = []
    handle = model.embedding.register_forward_pre_hook(lambda _m, given: read.append(given[0].shape[1]))
    where = torch.zeros(5, 9, dtype=torch.bool)
    where[2, 3] = True
    with torch.no_grad():
        model(texts(), where=where)
    handle.remove()
    assert read == [4]


def test_who_looks_at_a_layer_sees_it_whole(model: HuggingFace) -> None:
    where = torch.zeros(5, 9, dtype=torch.bool)
    where[2, 3] = True
    with torch.no_grad():
        alone = model(texts(), where=where)
        taps = Taps(model, [model.blocks[0]])
        torch.testing.assert_close(model(texts(), where=where), alone)
    (layer,) = taps.take().values()
    assert layer.shape[:2] == (5, 9)


def test_gradients_of_some_positions_are_those_of_all_of_them(folder: Path) -> None:
    where = torch.zeros(5, 9, dtype=torch.bool)
    where[:, 3:6] = True
    found = []
    for some in (True, False):
        model = load(folder, TOKENS).double()
        logits = model(texts(), where=where) if some else model(texts())[where]
        logits.square().sum().backward()
        found.append([parameter.grad for parameter in model.parameters()])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-9)


def test_writing_with_a_cache_says_the_same_as_without(model: HuggingFace) -> None:
    prompts = [torch.tensor([1, 5, 6]), torch.tensor([1, 7]), torch.tensor([1, 8, 9])]
    cached = write(model, prompts, 8, eos=0, pad=2)
    plain = write(model, prompts, 8, eos=0, pad=2, cached=False)
    assert [a.tolist() for a in cached.answers] == [a.tolist() for a in plain.answers]
    assert any(len(answer) > 1 for answer in cached.answers)


def test_texts_that_end_leave_the_batch_and_the_others_go_on_as_alone(model: HuggingFace) -> None:
    prompts = [torch.tensor([1, token]) for token in range(4, 16)]
    together = write_abreast(model, prompts, 12, 0, 2, torch.Generator().manual_seed(1))
    assert len({len(answer) for answer in together}) > 1, "some texts end before others"
    greedy = write(model, prompts, 10, eos=6, pad=None)
    assert any(greedy.stopped)
    for prompt, answer in zip(prompts, greedy.answers, strict=True):
        assert write(model, [prompt], 10, eos=6, pad=None).answers[0].tolist() == answer.tolist()


@pytest.mark.parametrize("tied", [True, False])
def test_its_state_goes_through_safetensors_and_back(tmp_path: Path, tied: bool) -> None:
    model = load(make(tmp_path / "tiny", tied=tied), TOKENS)
    state = model.state_dict()
    assert ("model.lm_head.weight" in state) is not tied
    other = build(parse("hf:x"), tmp_path / "tiny", TOKENS, seed=4)
    assert not torch.equal(other(texts()), model(texts()))
    other.load_state_dict(load_tensors(save({name: tensor.contiguous() for name, tensor in state.items()})))
    assert torch.equal(other.eval()(texts()), model(texts()))
    assert (other.model.lm_head.weight is other.model.model.embed_tokens.weight) is tied


def test_headers_alone_tell_how_large_it_is(folder: Path, model: HuggingFace) -> None:
    weights = weights_of(folder)
    assert weights.parameters == parameters(model)
    assert weights.with_blocks(3) == parameters(build(parse("hf:x:3"), folder, TOKENS, 0))


def test_the_same_seed_gives_the_same_weights_and_torchs_generator_is_left_alone(folder: Path) -> None:
    before = torch.get_rng_state()
    one, same, other = (build(parse("hf:x:2"), folder, TOKENS, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one(texts()), same(texts()))
    assert not torch.equal(one(texts()), other(texts()))


def test_a_student_may_have_fewer_blocks_or_be_narrower(folder: Path) -> None:
    assert build(parse("hf:x:2"), folder, TOKENS, 0).shape == (TOKENS, WIDTH, 2, HEADS)
    narrow = build(parse("hf:x:6x16"), folder, TOKENS, 0)
    assert narrow.shape == (TOKENS, 16, 6, 2)
    assert narrow(texts()).shape == (5, 9, TOKENS)


@pytest.mark.parametrize(
    ("name", "why"), [("hf:x:5", "has 5 blocks, but its model 4"), ("hf:x:2x20", "a head of its model has 8")]
)
def test_a_student_that_cannot_be_is_refused(folder: Path, name: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        build(parse(name), folder, TOKENS, 0)


def test_blocks_of_several_kinds_cannot_be_left_out(tmp_path: Path) -> None:
    from transformers import Gemma3TextConfig

    kinds = ["sliding_attention", "full_attention"] * 2
    config = Gemma3TextConfig(
        vocab_size=TOKENS,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=8,
        layer_types=kinds,
    )
    config.save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="full_attention, sliding_attention"):
        build(parse("hf:x:2"), tmp_path, TOKENS, 0)


def test_rows_that_fill_the_matrix_up_are_no_tokens(tmp_path: Path) -> None:
    folder = make(tmp_path / "tiny", filled_up=6)
    model = load(folder, len(tokenizer_in(folder).tokens))
    assert model(texts()).shape[2] == TOKENS
    assert model.embedding.weight.shape[0] == TOKENS + 6


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match=f"{TOKENS + 1} tokens, and the model only {TOKENS}"):
        load(folder, TOKENS + 1)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    folder = make(tmp_path / "tiny")
    torch.save(load_tensors((folder / "model.safetensors").read_bytes()), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(CheckpointError, match="can run code"):
        weights_of(folder)
    with pytest.raises(CheckpointError, match="cannot be loaded"):
        load(folder, TOKENS)


def test_weights_that_lack_a_part_are_refused(tmp_path: Path) -> None:
    folder = make(tmp_path / "tiny")
    state = load_tensors((folder / "model.safetensors").read_bytes())
    del state["model.norm.weight"]
    (folder / "model.safetensors").write_bytes(save(state, metadata={"format": "pt"}))
    with pytest.raises(CheckpointError, match=r"lack 'model\.norm\.weight'"):
        load(folder, TOKENS)


def test_code_that_comes_with_a_model_is_not_run(tmp_path: Path) -> None:
    folder = make(tmp_path / "tiny")
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Model"}}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "own.py").write_text("import pathlib\npathlib.Path(__file__).with_name('ran').touch()\n")
    with pytest.raises(CheckpointError):
        build(parse("hf:x"), folder, TOKENS, 0)
    assert not (folder / "ran").exists()
