import gc
import weakref

import pytest
import torch
from lightning_fabric import Fabric
from models_to_map import images, model
from torch import Tensor, nn
from torch.nn import functional

from distill_core.errors import ConfigError
from distill_core.mapping.taps import Taps
from distill_core.vision.models import build


def test_take_gives_the_last_forwards_outputs_and_forgets_them() -> None:
    network = build("resnet8-w4", 1, 10, 0)
    batch = torch.randn(2, 1, 8, 8)
    with Taps(network, ["stage2.block1", "stem", "stem"]) as taps:
        network(torch.randn(5, 1, 8, 8))
        network(batch)
        outputs = taps.take()
        assert list(outputs) == ["stage2.block1", "stem"]
        assert outputs["stem"].shape == (2, 4, 8, 8)
        with pytest.raises(ConfigError, match=r"'stage2.block1' returned no tensor in the last forward"):
            taps.take()
    torch.testing.assert_close(outputs["stage2.block1"], network.stage2(network.stage1(outputs["stem"])))
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())


def test_gradients_flow_through_what_was_taken() -> None:
    network = build("resnet8-w4", 1, 10, 0)
    with Taps(network, ["stage1.block1"]) as taps:
        network(torch.randn(2, 1, 8, 8))
        taps.take()["stage1.block1"].sum().backward()
    assert network.stem.conv.weight.grad is not None
    assert network.stage2.block1.conv1.weight.grad is None


def test_nothing_of_the_graph_is_kept_after_take() -> None:
    network = build("resnet8-w4", 1, 10, 0)
    taps = Taps(network, ["stage1.block1"])
    network(torch.randn(2, 1, 8, 8))
    reference = weakref.ref(taps.take()["stage1.block1"])
    gc.collect()
    assert reference() is None


def test_a_tapped_output_is_not_overwritten_by_the_activation_after_it() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 4, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.ReLU(inplace=True)).eval()
    batch = torch.randn(2, 1, 4, 4)
    expected = network[1](network[0](batch))
    with Taps(network, ["1"]) as taps:
        for _ in range(2):
            out = network(batch)
            torch.testing.assert_close(taps.take()["1"], expected)
            torch.testing.assert_close(out, expected.relu())
        assert [network[2].inplace, network[3].inplace] == [False, True]
    assert network[2].inplace is True


def test_an_output_overwritten_by_a_function_is_refused_and_not_given_wrong() -> None:
    class Overwriting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return functional.relu(self.conv(x), inplace=True)

    network = Overwriting()
    with Taps(network, ["conv"]) as taps:
        network(torch.randn(2, 1, 8, 8))
        with pytest.raises(ConfigError, match="overwrites its output in place; choose the end of the block"):
            taps.take()


def test_an_unknown_layer_is_refused_with_a_guess() -> None:
    with pytest.raises(ConfigError, match=r"'stage1.blok1' is not known. Did you mean 'stage1.block1'"):
        Taps(build("resnet8-w4", 1, 10, 0), ["stage1.blok1"])


def test_of_a_large_model_only_likely_names_are_listed() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean 'features.12'") as caught:
        Taps(model("mobilenet_v3_small"), ["feature.12"])
    assert len(str(caught.value)) < 300


def test_a_model_set_up_by_fabric_is_tapped_inside() -> None:
    fabric = Fabric(accelerator="cpu", devices=1)
    network = build("resnet8-w4", 1, 10, 0)
    wrapped = fabric.setup(network)
    with Taps(wrapped, ["stage1.block1"]) as taps:
        wrapped(torch.randn(2, 1, 8, 8))
        assert taps.take()["stage1.block1"].shape == (2, 4, 8, 8)


def test_taps_change_neither_the_answer_nor_the_gradients() -> None:
    network, batch = model("resnet18").eval(), images("resnet18")

    def step() -> tuple[Tensor, Tensor]:
        network.zero_grad()
        logits = network(batch)
        functional.cross_entropy(logits, torch.tensor([1, 2])).backward()
        return logits.detach(), network.conv1.weight.grad.clone()

    plain = step()
    with Taps(network, ["bn1", "layer1.0", "layer4.1"]) as taps:
        tapped = step()
        taps.take()
    torch.testing.assert_close(tapped, plain, rtol=0, atol=0)
