import math

import numpy as np
import pytest
import torch
from random_gpt import gpt, texts
from torch import Tensor, nn

from distill_core.errors import ConfigError
from distill_core.language import models
from distill_core.language.models.gpt import EMBEDDING_STD, Cache, places_of, rotated
from distill_core.mapping.layers import list_layers
from distill_core.mapping.taps import Taps

PAD = 0


# What it computes


def by_hand(state: dict[str, Tensor], ids: list[int], blocks: int, heads: int) -> np.ndarray:
    """The model in NumPy, one token and one head at a time, with complex numbers for the turns."""
    weights = {name: value.double().numpy() for name, value in state.items()}

    def normed(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return (x - x.mean()) / np.sqrt(x.var() + 1e-5) * weight

    def turned(x: np.ndarray, position: int) -> np.ndarray:
        half = len(x) // 2
        pairs = (x[:half] + 1j * x[half:]) * np.exp(1j * position * 10_000.0 ** (-np.arange(half) / half))
        return np.concatenate([pairs.real, pairs.imag])

    tokens = [weights["embedding.weight"][i] for i in ids]
    for block in range(1, blocks + 1):
        w = {name.removeprefix(f"block{block}."): v for name, v in weights.items() if name.startswith(f"block{block}.")}
        before = [normed(x, w["norm1.weight"]) for x in tokens]
        q, k, v = (
            [(w[f"attention.{p}.weight"] @ x).reshape(heads, -1) for x in before] for p in ("query", "key", "value")
        )
        for t in range(len(tokens)):
            gathered = []
            for h in range(heads):
                scores = [turned(q[t][h], t) @ turned(k[s][h], s) / math.sqrt(q[t].shape[1]) for s in range(t + 1)]
                looks = np.exp(scores - np.max(scores))
                gathered.append(sum(p * v[s][h] for s, p in enumerate(looks / looks.sum())))
            tokens[t] = tokens[t] + w["attention.project.weight"] @ np.concatenate(gathered)
        for t, x in enumerate(tokens):
            wide = w["widen.weight"] @ normed(x, w["norm2.weight"])
            gelu = [x * (1 + math.erf(x / math.sqrt(2))) / 2 for x in wide]
            tokens[t] = x + w["narrow.weight"] @ np.array(gelu)
    return np.stack([weights["embedding.weight"] @ normed(x, weights["norm.weight"]) for x in tokens])


def test_computes_what_a_plain_gpt_in_numpy_does() -> None:
    model = gpt().double()
    ids = texts(1, 7)
    expected = by_hand(model.state_dict(), ids[0].tolist(), blocks=2, heads=2)
    np.testing.assert_allclose(model(ids)[0].detach().numpy(), expected, rtol=1e-5, atol=1e-5)


def test_a_query_turns_by_its_position() -> None:
    # Heads of 4: the first pair turns by 1 radian a position, the second by 10,000^(-2/4) = 1/100.
    vectors = torch.tensor([1.0, 1.0, 0.0, 0.0]).expand(1, 1, 3, 4)
    turned = rotated(vectors, places_of(1, 3, 4, vectors))[0, 0]
    expected = [[math.cos(p), math.cos(p / 100), math.sin(p), math.sin(p / 100)] for p in (1, 2, 3)]
    torch.testing.assert_close(turned, torch.tensor(expected))


def test_a_product_of_query_and_key_depends_on_their_distance_alone() -> None:
    query, key = torch.randn(1, 1, 1, 32), torch.randn(1, 1, 1, 32)

    def product(at: int, other: int) -> float:
        places = [places_of(position, 1, 32, query) for position in (at, other)]
        return (rotated(query, places[0]) * rotated(key, places[1])).sum().item()

    assert product(9, 4) == pytest.approx(product(25, 20), abs=1e-4)
    assert product(9, 4) != pytest.approx(product(9, 5), abs=1e-2)


def test_a_later_token_never_changes_an_earlier_logit() -> None:
    model, ids = gpt(), texts()
    logits = model(ids)
    for position in range(1, ids.shape[1]):
        changed = ids.clone()
        changed[:, position] = (changed[:, position] + 1) % 100
        again = model(changed)
        assert torch.equal(again[:, :position], logits[:, :position])
        assert not torch.allclose(again[:, position], logits[:, position])


def test_padding_on_the_right_changes_nothing() -> None:
    model, ids = gpt(), texts()
    padded = torch.cat([ids, torch.full((3, 5), PAD)], dim=1)
    torch.testing.assert_close(model(padded)[:, :12], model(ids), rtol=1e-5, atol=1e-5)


def test_each_text_of_a_batch_is_read_by_itself() -> None:
    model, ids = gpt(), texts()
    torch.testing.assert_close(model(ids)[1:2], model(ids[1:2]), rtol=1e-5, atol=1e-5)


def test_an_untrained_model_says_again_what_it_reads() -> None:
    # The embedding is the output layer too, and wide: a token is nearest to itself.
    model, ids = models.build("gpt-4x160", 100, 0), texts(8, 24)
    assert (model(ids).argmax(dim=2) == ids).float().mean() > 0.9


def test_what_adds_to_a_shortcut_begins_smaller_the_deeper_the_model() -> None:
    # sqrt(2 / (5 * 160)) = 0.05, and 0.05 / sqrt(2 * 4 blocks) = 0.01768.
    model = models.build("gpt-4x160", 100, 0)
    assert model.block1.narrow.weight.std().item() == pytest.approx(0.01768, rel=0.02)
    assert model.block4.attention.project.weight.std().item() == pytest.approx(0.01768, rel=0.02)
    assert model.block4.attention.query.weight.std().item() == pytest.approx(0.05, rel=0.02)
    assert model.embedding.weight.std().item() == pytest.approx(EMBEDDING_STD, rel=0.02)


def test_it_learns_to_repeat_what_it_saw_four_places_ago() -> None:
    # Without attention to the right place it cannot do better than ln 12 = 2.48.
    model = models.build("gpt-2x32", 12, 0)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    for _ in range(80):
        ids = torch.randint(12, (32, 4), generator=generator).repeat(1, 2)
        loss = nn.functional.cross_entropy(model(ids)[:, 3:-1].flatten(0, 1), ids[:, 4:].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.3


# Layers


def test_attention_comes_out_of_a_layer_of_its_own_and_sees_nothing_later() -> None:
    model = gpt("gpt-2x96")
    with Taps(model, ["block2.attention.probabilities"]) as taps:
        model(texts(2, 9))
        (looks,) = taps.take().values()
    assert looks.shape == (2, 3, 9, 9)
    torch.testing.assert_close(looks.sum(-1), torch.ones(2, 3, 9))
    assert (looks.triu(1) == 0).all()
    assert (looks.tril() > 0).sum() == 2 * 3 * 45


def test_queries_keys_and_values_are_read_by_name() -> None:
    model, ids = gpt("gpt-2x96"), texts(2, 9)
    with Taps(model, ["block1.norm1", *(f"block1.attention.{part}" for part in ("query", "key", "value"))]) as taps:
        model(ids)
        normed, *parts = taps.take().values()
    assert [part.shape for part in parts] == [(2, 9, 96)] * 3
    torch.testing.assert_close(parts[1], normed @ model.block1.attention.key.weight.T)


def test_a_map_of_layers_finds_the_blocks() -> None:
    layers = {layer.name: layer for layer in list_layers(gpt(), texts(2, 9))}
    assert layers.keys() >= {"embedding", "block1", "block2", "norm"}
    assert layers["block2"].shape == (9, 64)
    assert layers["block2"].is_block


def test_the_head_reads_the_features() -> None:
    model, ids = gpt(), texts()
    features = model.features(ids)
    assert features.shape == (3, 12, 64)
    torch.testing.assert_close(model.head(features), model(ids))
    torch.testing.assert_close(model(ids), features @ model.embedding.weight.T)


# Reading with a cache


def test_reading_in_pieces_gives_the_logits_of_the_whole() -> None:
    model, ids = gpt(), texts()
    cache = Cache()
    assert cache.length == 0
    pieces = [model(piece, cache) for piece in ids.split([5, 1, 2, 4], dim=1)]
    assert cache.length == 12
    torch.testing.assert_close(torch.cat(pieces, dim=1), model(ids), rtol=1e-4, atol=1e-4)


def test_a_cache_goes_on_with_the_texts_that_are_kept() -> None:
    model, ids = gpt(), texts()
    cache = Cache()
    model(ids[:, :8], cache)
    cache.keep(torch.tensor([True, False, True]))
    torch.testing.assert_close(model(ids[[0, 2], 8:], cache), model(ids[[0, 2]])[:, 8:], rtol=1e-4, atol=1e-4)


# Names and sizes


def test_the_ladder_climbs_from_about_thirty_thousand_to_about_one_and_a_half_million() -> None:
    sizes = [models.count_parameters(name, 100) for name in models.LADDER]
    assert sizes == sorted(sizes)
    assert 25_000 <= sizes[0] <= 35_000
    assert 1_400_000 <= sizes[-1] <= 1_600_000


@pytest.mark.parametrize(("blocks", "width"), [(2, 64), (2, 128), (4, 160)])
def test_a_block_has_twelve_squares_of_the_width_and_the_embedding_counts_once(blocks: int, width: int) -> None:
    # 4 squares in attention, 2 of 4 squares after it, two norms a block and one at the end.
    expected = blocks * (12 * width**2 + 2 * width) + 100 * width + width
    assert models.count_parameters(f"gpt-{blocks}x{width}", 100) == expected
    model = models.build(f"gpt-{blocks}x{width}", 100, 0)
    assert sum(p.numel() for p in model.parameters()) == expected
    assert not [name for name, _ in model.named_parameters() if "bias" in name]


def test_counting_takes_no_memory() -> None:
    # 99 blocks of 9,984: 474 GB of weights.
    assert models.count_parameters("gpt-99x9984", 100) > 100e9


def test_the_seed_decides_the_weights_and_torchs_generator_is_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, again, other = (models.build("gpt-2x32", 100, seed).state_dict() for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["block1.attention.query.weight"], other["block1.attention.query.weight"])


def test_titles_are_what_people_say() -> None:
    assert models.title("gpt-2x64") == "GPT, 2 blocks of 64"
    assert models.title("gpt-1x64") == "GPT, 1 block of 64"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gpt-2x100", "'gpt-2x100' cannot be built; the width is a multiple of 32"),
        ("gpt-0x64", "at least 1 block"),
        ("gpt-2x0", "a multiple of 32"),
        ("gpt2x64", "Did you mean 'gpt-2x64'"),
        ("llama", "'llama' is not known.*Any gpt-BLOCKSxWIDTH"),
    ],
)
def test_a_name_that_cannot_be_built_is_explained(name: str, message: str) -> None:
    for ask in (models.title, lambda name: models.build(name, 100, 0), lambda name: models.count_parameters(name, 100)):
        with pytest.raises(ConfigError, match=message):
            ask(name)


def test_a_vocabulary_of_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot be built for 1 tokens; give at least 2"):
        models.build("gpt-2x32", 1, 0)
