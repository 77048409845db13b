"""A frozen teacher that answers faster: its batch norms folded into its convolutions, fewer passes over memory."""

from __future__ import annotations

import copy
from collections.abc import Collection

from torch import fx, nn
from torch.nn.utils import fuse_conv_bn_eval


def freeze(teacher: nn.Module) -> nn.Module:
    """Evaluation mode, no gradients: what a teacher is for the whole run."""
    return teacher.eval().requires_grad_(False)


def folded(teacher: nn.Module, watched: Collection[str] = ()) -> nn.Module:
    """A copy of a frozen teacher whose batch norms are folded into the convolutions before them.

    Answers differ by rounding alone (relative 1e-5). The copy keeps the teacher's layer names, and a convolution in
    `watched` keeps its own output. A model whose graph cannot be traced is returned as it is.

    Args:
        teacher: frozen.
        watched: names of layers whose outputs somebody reads.
    """
    try:
        graph = fx.Tracer().trace(teacher)
    except Exception:  # A model of the user's own may fail in any way when traced; it then answers as it is.
        return teacher
    copied = copy.deepcopy(teacher)
    for conv_name, norm_name in _conv_norm_pairs(graph, teacher):
        if conv_name in watched:
            continue
        conv, norm = copied.get_submodule(conv_name), copied.get_submodule(norm_name)
        assert isinstance(conv, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        copied.set_submodule(conv_name, fuse_conv_bn_eval(conv, norm))
        copied.set_submodule(norm_name, nn.Identity())
    return freeze(copied)


def _conv_norm_pairs(graph: fx.Graph, model: nn.Module) -> list[tuple[str, str]]:
    """Names of convolutions whose output goes to one batch norm and nowhere else; each module is called once."""
    modules = dict(model.named_modules())
    calls = [str(node.target) for node in graph.nodes if node.op == "call_module"]
    pairs = []
    for node in graph.nodes:
        if node.op != "call_module" or not isinstance(modules[str(node.target)], nn.BatchNorm2d):
            continue
        source = node.args[0]
        if not isinstance(source, fx.Node) or source.op != "call_module" or len(source.users) != 1:
            continue
        names = str(source.target), str(node.target)
        if isinstance(modules[names[0]], nn.Conv2d) and all(calls.count(name) == 1 for name in names):
            pairs.append(names)
    return pairs
