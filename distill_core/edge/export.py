"""A trained model becomes one ONNX file: dynamic batch, checked, and proven to answer as torch does."""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import logging
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distill_core.cards import replace_file
from distill_core.edge.onnx_file import first_line, open_session
from distill_core.errors import DistillError
from distill_core.footprint import bytes_fp32

if TYPE_CHECKING:
    from onnx import ModelProto
    from torch import Tensor, nn

OPSET = 18
PARITY_BATCHES = (1, 3, 7, 100)
ABSOLUTE, RELATIVE = 1e-4, 1e-3
LOGITS_AT_ONCE = 2**25
"""Logits of a batch that are compared: 128 MB; a model over a large vocabulary is compared on smaller batches."""
LARGEST = 2**31 - 2**20
"""Bytes of a file: protobuf holds no more in one."""
TIE = 1e-5
"""Two labels whose logits are no further apart are equally right."""


@dataclass(frozen=True)
class ExportReport:
    """An exported file and how closely it follows torch; `parity_max_abs` is the largest difference of a logit."""

    path: Path
    bytes: int
    sha256: str
    parity_max_abs: float
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "path": str(self.path), "warnings": list(self.warnings)}


def export_onnx(
    model: nn.Module, example: Tensor, path: Path, metadata: dict[str, str], parity_inputs: Tensor | None = None
) -> ExportReport:
    """Writes a model as ONNX (opset 18, input ``input``, output ``logits``), whole or not at all.

    A model that reads tokens, `[B, L]` int64, gives logits `[B, L, C]` and takes any length too; the file keeps no
    past, so writing calls it on the text so far for every token.

    The model is moved to the CPU and put in evaluation mode. The file is written only after it has passed
    `onnx.checker`, takes any batch size, and agrees with torch on batches of 1, 3, 7 and 100, or on those of them
    whose logits fit into memory.

    Args:
        model: takes `[B, ...]`, gives logits `[B, C]`.
        example: inputs `[B, ...]` with B >= 2; an example of one would freeze the batch (pytorch issue 157621).
        path: the file to write; its folder is made if need be.
        metadata: kept inside the file as `metadata_props`.
        parity_inputs: `[N, ...]` real inputs to compare answers on; seeded noise if None.

    Raises:
        DistillError: if the model cannot be exported or is too large, the batch is frozen, or the answers differ.
        StorageError: if the file cannot be written.
    """
    weight = bytes_fp32(model)
    if weight > LARGEST:
        raise DistillError(
            f"The model cannot be exported to ONNX: its weights take {weight / 2**30:.1f} GB, and one file holds at "
            "most 2. Take a smaller student; the trained weights are kept as safetensors."
        )
    if len(example) < 2:
        raise ValueError("example needs a batch of at least 2; with 1 the exporter freezes the batch size")
    model = model.eval().cpu()
    proto = _converted(model, example.cpu())
    _require_dynamic_batch(proto)
    for key, value in metadata.items():
        proto.metadata_props.add(key=key, value=value)
    payload = proto.SerializeToString()
    parity, ties = _compare(model, payload, example, parity_inputs)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, payload)
    return ExportReport(
        path, len(payload), hashlib.sha256(payload).hexdigest(), parity, tuple(_notes(path.name, parity, ties))
    )


def _notes(name: str, parity: float, ties: int) -> Iterator[str]:
    """What a user should know: labels that differ, or logits beyond what rounding explains."""
    if ties:
        inputs = "input" if ties == 1 else "inputs"
        yield f"{name} gives another label than torch on {ties:,} {inputs} where two labels tie."
    if parity > ABSOLUTE:
        yield f"{name} differs from torch by up to {parity:.1e} in a logit, more than {ABSOLUTE:g}."


def _converted(model: nn.Module, example: Tensor) -> ModelProto:
    import onnx
    import torch

    reads_pixels, length = example.is_floating_point(), torch.export.Dim("length")
    try:
        with _quiet():
            program = torch.onnx.export(
                model,
                (example,),
                dynamo=True,
                opset_version=OPSET,
                input_names=["input"],
                output_names=["logits"],
                dynamic_shapes=({0: torch.export.Dim("batch")} | ({} if reads_pixels else {1: length}),),
                external_data=False,
                verbose=False,
            )
            assert program is not None
            proto = program.model_proto
            onnx.checker.check_model(proto, full_check=True)
    except Exception as error:
        cause = error.__cause__ or error
        raise DistillError(
            f"The model cannot be exported to ONNX ({type(cause).__name__}: {first_line(cause)}). "
            "Use operations that torch.onnx knows, and none that depend on the batch size."
        ) from error
    return proto


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the exporter's progress, warnings and log lines off the terminal; errors still come as exceptions."""
    previous = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(previous)


def _require_dynamic_batch(proto: ModelProto) -> None:
    for value in (*proto.graph.input, *proto.graph.output):
        dimensions = value.type.tensor_type.shape.dim
        if not dimensions or not dimensions[0].dim_param:
            size = dimensions[0].dim_value if dimensions else "missing"
            raise DistillError(
                f"The exported model works for one batch size only: the first dimension of {value.name!r} is {size}. "
                "Let the model keep the batch as it comes, for example x.flatten(1) rather than x.reshape(2, -1)."
            )


def _compare(model: nn.Module, payload: bytes, example: Tensor, inputs: Tensor | None) -> tuple[float, int]:
    """The largest difference between torch's logits and the file's, and how many ties end with another label."""
    import torch

    if inputs is None:
        inputs = _noise(model, (sum(PARITY_BATCHES), *example.shape[1:]), example)
    session = open_session(payload)
    largest, ties, start = 0.0, 0, 0
    for size in _batches(model, example):
        places = torch.arange(start, start + size) % len(inputs)
        start += size
        batch = inputs[places].cpu().contiguous()
        with torch.no_grad():
            expected = model(batch)
        try:
            got = torch.from_numpy(session.run(None, {"input": batch.numpy()})[0])
        except Exception as error:
            raise DistillError(f"The exported model fails on a batch of {size} ({first_line(error)}).") from error
        if not batch.is_floating_point():  # of a text, each position has logits of its own
            expected, got = expected.flatten(0, -2), got.flatten(0, -2)
        try:
            difference = _largest_difference(expected, got, size)
        except DistillError:  # torch's own rounding may be the larger one: double precision decides
            exact = _in_double(model, batch)
            if exact is None:
                raise
            expected = exact
            difference = _largest_difference(expected, got, size)
        largest = max(largest, difference)
        ties += int((expected.argmax(1) != got.argmax(1)).sum())
    return largest, ties


def _in_double(model: nn.Module, batch: Tensor) -> Tensor | None:
    """Logits `[B, C]` in double precision; None of a model that insists on single."""
    import torch

    try:
        with torch.no_grad():
            exact: Tensor = copy.deepcopy(model).double()(batch.double() if batch.is_floating_point() else batch)
    except Exception:  # A model of the user's own may fail in any way; what was found in single precision then holds.
        return None
    return exact if batch.is_floating_point() else exact.flatten(0, -2)


def _batches(model: nn.Module, example: Tensor) -> list[int]:
    """The sizes of batches to compare, without those whose logits would not fit."""
    import torch

    if example.is_floating_point():
        return list(PARITY_BATCHES)
    with torch.no_grad():
        of_one = model(example[:1].cpu()).numel()
    return [size for size in PARITY_BATCHES if size * of_one <= LOGITS_AT_ONCE] or [1]


def _noise(model: nn.Module, shape: tuple[int, ...], example: Tensor) -> Tensor:
    """Seeded noise of the kind the model reads: numbers, or tokens of its vocabulary."""
    import torch

    generator = torch.Generator().manual_seed(0)
    if example.is_floating_point():
        return torch.randn(shape, generator=generator)
    with torch.no_grad():
        vocabulary = model(example.cpu()).shape[-1]
    return torch.randint(0, vocabulary, shape, generator=generator)


def _largest_difference(expected: Tensor, got: Tensor, size: int) -> float:
    """Both `[B, C]`.

    Raises:
        DistillError: if they differ too much, or in a label that was no tie.
    """
    where = f"on a batch of {size}"
    if expected.dim() != 2 or not expected.shape[1]:
        raise DistillError(f"The model must give logits [batch, classes], but gives {tuple(expected.shape)} {where}.")
    if got.shape != expected.shape:
        raise DistillError(f"The exported model gives {tuple(got.shape)} {where}, torch {tuple(expected.shape)}.")
    if not (expected.isfinite().all() and got.isfinite().all()):
        raise DistillError(
            f"The model's answers {where} are not all numbers; train it again with a lower learning rate."
        )
    difference = (expected - got).abs()
    largest = float(difference.max())
    if bool((difference > ABSOLUTE + RELATIVE * expected.abs()).any()):
        raise DistillError(
            f"The exported model differs from torch by {largest:.2e} {where}; at most {ABSOLUTE:g} + {RELATIVE:g} of "
            "the value is accepted. Nothing was written."
        )
    best = expected.topk(min(2, expected.shape[1]), dim=1).values
    tie = best[:, 0] - best[:, -1] <= TIE
    if bool(((expected.argmax(1) != got.argmax(1)) & ~tie).any()):
        raise DistillError(f"The exported model gives other labels than torch {where}. Nothing was written.")
    return largest
