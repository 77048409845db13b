"""An exported language model writes what torch would, and says how sure it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from torch import Tensor, nn

from distill_core.edge.replying import Writer
from distill_core.language.writing import write

VOCABULARY, EOS, PAD, WIDTH = 20, 2, 0, 6


class Summing(nn.Module):
    """The smallest language model that minds all it has read: `[B, L]` -> `[B, L, V]` by the sum of embeddings."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(4)
        self.embedding = nn.Parameter(torch.randn(VOCABULARY, WIDTH, generator=generator))
        self.output = nn.Parameter(torch.randn(WIDTH, VOCABULARY, generator=generator))

    def forward(self, tokens: Tensor) -> Tensor:
        return self.embedding[tokens].cumsum(dim=1) @ self.output


@pytest.fixture
def exported(tmp_path: Path) -> tuple[Summing, Path]:
    model = Summing().eval()
    nodes = [
        helper.make_node("Gather", ["embedding", "input"], ["embedded"]),
        helper.make_node("CumSum", ["embedded", "axis"], ["summed"]),
        helper.make_node("MatMul", ["summed", "output"], ["logits"]),
    ]
    arrays = {name: value.detach().numpy() for name, value in model.named_parameters()} | {"axis": np.array(1)}
    given = helper.make_tensor_value_info("input", onnx.TensorProto.INT64, ["batch", "length"])
    gives = helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, None)
    constants = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(nodes, "summing", [given], [gives], constants)
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), tmp_path / "model.onnx"
    )
    return model, tmp_path / "model.onnx"


def test_each_tokens_probability_is_that_of_a_torch_forward(exported: tuple[Summing, Path]) -> None:
    model, path = exported
    prompt = [1, 7, 9]
    steps = list(Writer(path).write(prompt, 6, EOS, PAD))
    text = [*prompt, *(step.token for step in steps)]
    with torch.no_grad():
        chances = model(torch.tensor([text])).softmax(dim=2)[0]
    expected = [float(chances[len(prompt) - 1 + place, step.token]) for place, step in enumerate(steps)]
    np.testing.assert_allclose([step.probability for step in steps], expected, rtol=1e-3)
    likeliest = chances[len(prompt) - 1].topk(5)
    assert [token for token, _ in steps[0].rivals] == likeliest.indices.tolist()
    np.testing.assert_allclose([share for _, share in steps[0].rivals], likeliest.values.numpy(), rtol=1e-3)


def test_it_writes_what_the_training_code_writes_alone_and_in_batches(exported: tuple[Summing, Path]) -> None:
    model, path = exported
    prompts = [[1, 7, 9], [1, 4], [1, 12, 5], [1, 3], [1, 19, 18]]
    expected = write(model, [torch.tensor(prompt) for prompt in prompts], 6, EOS, PAD, cached=False).answers
    writer = Writer(path)
    alone = [list(writer.write(prompt, 6, EOS, PAD)) for prompt in prompts]
    together = writer.answers(prompts, 6, EOS, PAD)
    assert [[step.token for step in steps] for steps in alone] == [answer.tolist() for answer in expected]
    assert [list(answer.tokens) for answer in together] == [answer.tolist() for answer in expected]
    np.testing.assert_allclose(
        [answer.probability for answer in together],
        [np.prod([step.probability for step in steps]) for steps in alone],
        rtol=1e-3,
    )


def test_it_ends_with_the_end_and_never_writes_padding(exported: tuple[Summing, Path]) -> None:
    writer = Writer(exported[1])
    first = next(writer.write([1, 7, 9], 6, EOS))
    (ended,) = writer.write([1, 7, 9], 6, eos=first.token)
    assert ended.token == first.token
    other = next(writer.write([1, 7, 9], 6, EOS, never=first.token))
    assert other.token == first.rivals[1][0]
    assert other.probability == pytest.approx(first.rivals[1][1], rel=1e-6)
