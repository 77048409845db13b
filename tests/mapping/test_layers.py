import pytest
import torch
from models_to_map import EVERY, images, layers, mlp, model
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.mapping.layers import list_layers
from distill_core.mapping.pairs import LayerFacts, patch_grid


def ends(name: str) -> dict[str, tuple[int | None, float | None]]:
    return {layer.name: (layer.stage, layer.stride) for layer in layers(name) if layer.is_block}


def named(facts: tuple[LayerFacts, ...], name: str) -> LayerFacts:
    return next(layer for layer in facts if layer.name == name)


@pytest.mark.parametrize("name", EVERY)
def test_every_model_lists_layers_in_order_with_shapes_that_a_hook_sees(name: str) -> None:
    facts = layers(name)
    assert [layer.order for layer in facts] == list(range(len(facts)))
    assert facts[0].depth == 0
    assert facts[-1].depth == 1
    assert len({layer.name for layer in facts}) == len(facts)
    assert any(layer.part == "output" and layer.shape == (10,) for layer in facts)
    assert all(layer.stage is None for layer in facts if layer.part != "features")
    assert all(layer.stage is not None for layer in facts if layer.part == "features")
    last = [layer for layer in facts if layer.is_block][-1]
    seen: list[Tensor] = []
    handle = model(name).get_submodule(last.name).register_forward_hook(lambda *call: seen.append(call[2]))
    model(name)(images(name))
    handle.remove()
    assert tuple(seen[0].shape[1:]) == last.shape


def test_blocks_of_the_zoo_are_its_blocks() -> None:
    assert ends("resnet8-w8") == {
        "stem": (1, 1.0),
        "stage1.block1": (1, 1.0),
        "stage2.block1": (2, 2.0),
        "stage3.block1": (3, 4.0),
    }
    assert list(ends("vgg8-w48")) == [f"stage{s}.block{b}" for s in (1, 2, 3) for b in (1, 2)]


def test_stages_of_resnet18_are_its_layers_after_a_stem_of_single_layers() -> None:
    assert ends("resnet18") == {
        "relu": (0, 2.0),
        **{f"layer{i}.{b}": (i, 2.0 ** (i + 1)) for i in (1, 2, 3, 4) for b in (0, 1)},
    }


def test_blocks_of_mobile_networks_are_not_the_parts_inside_them() -> None:
    assert list(ends("mobilenet_v3_small")) == [f"features.{i}" for i in range(13)]
    shuffle = ends("shufflenet_v2_x0_5")
    assert len(shuffle) == 1 + 4 + 8 + 4 + 1
    assert shuffle["conv5"] == (4, 32.0)
    assert ends("efficientnet_b0")["features.5.2"] == (4, 16.0)


def test_blocks_of_a_vit_share_one_stage_with_the_stride_of_its_patches() -> None:
    blocks = ["encoder.layers.encoder_layer_0", "encoder.layers.encoder_layer_1"]
    assert ends("vit") == dict.fromkeys(["conv_proj", *blocks, "encoder.ln"], (1, 8.0))


def test_an_mlps_features_are_its_hidden_layers() -> None:
    assert ends("mlp") == {"2": (1, None), "4": (1, None)}
    assert named(layers("mlp"), "5").part == "output"


def test_a_model_in_a_wrapper_shows_the_same_blocks() -> None:
    class Wrapped(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"logits": self.inner(x)}

    wrapped = list_layers(Wrapped(model("resnet18")), images("resnet18"))
    assert [layer.name for layer in wrapped if layer.is_block] == [f"inner.{name}" for name in ends("resnet18")]
    assert {layer.name for layer in wrapped if layer.part == "output"} == {"inner", "inner.fc"}


def test_on_a_tiny_image_the_last_blocks_of_one_place_are_still_features() -> None:
    facts = list_layers(model("mobilenet_v3_small"), torch.randn(1, 3, 32, 32))
    assert named(facts, "features.12").part == "features"
    assert named(facts, "features.12").shape == (576, 1, 1)
    assert named(facts, "avgpool").part == "head"


def test_of_a_module_called_twice_the_last_call_counts() -> None:
    facts = named(layers("vgg8-w48"), "shrink")
    assert facts.shape == (96, 7, 7)
    assert facts.order > named(layers("vgg8-w48"), "stage2").order


def test_outputs_that_cannot_be_kept_or_read_are_left_out() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.overwritten = nn.Conv2d(3, 4, 1)
            self.activated = nn.Conv2d(4, 4, 1)
            self.relu = nn.ReLU(inplace=True)
            self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
            self.last_channels = nn.Linear(4, 5)
            self.windows = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            x = functional.relu(self.overwritten(x), inplace=True)
            x = self.relu(self.activated(x))
            self.windows(x.reshape(-1, 4, 4, 4))
            tokens = x.flatten(2).transpose(1, 2)
            tokens, _ = self.attention(tokens, tokens, tokens)
            return self.last_channels(tokens.unflatten(1, (8, 8))).mean(dim=(1, 2))

    facts = list_layers(Odd(), torch.randn(2, 3, 8, 8))
    assert [layer.name for layer in facts] == ["activated", "relu"]


@pytest.mark.parametrize("broken", [False, True])
def test_modes_hooks_and_in_place_settings_are_restored_even_on_errors(broken: bool) -> None:
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(144, 2)
    )
    network.train()
    network[1].eval()
    if broken:
        with pytest.raises(ConfigError, match=r"cannot read a batch of shape \(2, 1, 9, 9\)"):
            list_layers(network, torch.randn(2, 1, 9, 9))
    else:
        list_layers(network, torch.randn(2, 1, 8, 8))
    assert [module.training for module in network] == [True, False, True, True, True]
    assert network.training
    assert network[2].inplace is True
    assert not any(module._forward_hooks for module in network.modules())
    assert network[1].running_mean.abs().sum() == 0


def test_a_model_without_named_layers_is_refused() -> None:
    class Bare(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.flatten(1)

    with pytest.raises(ConfigError, match="Bare has no named layer"):
        list_layers(Bare(), torch.randn(1, 1, 4, 4))


@pytest.mark.parametrize(
    ("tokens", "grid"),
    [(16, (0, 4)), (17, (1, 4)), (18, (2, 4)), (21, (5, 4)), (197, (1, 14)), (1, (0, 1)), (8, None), (12, None)],
)
def test_leading_tokens_are_told_from_patches(tokens: int, grid: tuple[int, int] | None) -> None:
    assert patch_grid(tokens) == grid


def test_more_samples_than_two_are_not_run() -> None:
    sizes: list[int] = []
    network = mlp()
    network[0].register_forward_hook(lambda *call: sizes.append(len(call[2])))
    list_layers(network, torch.randn(64, 1, 28, 28))
    assert sizes == [2]
