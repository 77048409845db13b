"""What an ONNX file says of itself: opset, and the names, shapes and types of what goes in and comes out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill_core.errors import DistillError

_TYPES = {"float": "float32", "int64": "int64"}


@dataclass(frozen=True)
class Port:
    """An input or an output; a free dimension has a name in place of a number."""

    name: str
    shape: tuple[str, ...]
    dtype: str

    def __str__(self) -> str:
        """``input [batch, 1, 28, 28] float32``."""
        return f"{self.name} [{', '.join(self.shape)}] {self.dtype}"


@dataclass(frozen=True)
class FileFacts:
    """An ONNX file."""

    opset: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]


def file_facts(path: Path) -> FileFacts:
    """Reads a file's own description; half a second for one of half a gigabyte.

    Raises:
        DistillError: if it cannot be read or is no ONNX file.
    """
    import onnx

    try:
        model = onnx.load_model(str(path), load_external_data=False)
    except OSError as error:
        raise DistillError(f"{path} cannot be read ({error.strerror}). Make the file again.") from None
    except Exception as error:  # protobuf has many ways to say that bytes are no model
        raise DistillError(f"{path} is not an ONNX file ({type(error).__name__}). Make the file again.") from None
    opsets = [each.version for each in model.opset_import if each.domain in ("", "ai.onnx")]
    if not opsets or not model.graph.input:
        raise DistillError(f"{path} is not an ONNX file with a model in it. Make the file again.")
    return FileFacts(opsets[0], tuple(map(_port, model.graph.input)), tuple(map(_port, model.graph.output)))


def _port(value: Any) -> Port:
    from onnx import TensorProto

    tensor = value.type.tensor_type
    shape = tuple(
        each.dim_param or (str(each.dim_value) if each.HasField("dim_value") else "?") for each in tensor.shape.dim
    )
    kind = TensorProto.DataType.Name(tensor.elem_type).lower()
    return Port(value.name, shape, _TYPES.get(kind, kind))
