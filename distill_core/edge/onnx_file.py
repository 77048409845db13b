"""Opens ONNX files for the CPU, one's own or anyone's, and says in a sentence why one cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distill_core.errors import DistillError

FREE = -1
ANY_LENGTH = 32
"""Tokens of a text that stands for any."""


@dataclass(frozen=True)
class Input:
    """The one input of a model.

    Attributes:
        name: in the file.
        shape: of one sample; `FREE` for the length of a text that the file leaves open.
        fixed_batch: the batch size if the file fixes it.
        tokens: whether it takes token numbers, int64, and not float32.
    """

    name: str
    shape: tuple[int, ...]
    fixed_batch: int | None
    tokens: bool = False

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample, with a length of `ANY_LENGTH` where it is free."""
        return tuple(ANY_LENGTH if size == FREE else size for size in self.shape)


def open_session(source: Path | bytes, threads: int = 1) -> Any:
    """An ONNX Runtime session on the CPU: sequential, all optimisations, threads that sleep rather than spin.

    Args:
        source: the file, or its content.
        threads: threads inside one operator; 0 leaves the choice to ONNX Runtime.

    Raises:
        DistillError: if there is no such file or ONNX Runtime cannot read it.
    """
    import onnxruntime as ort

    name = source if isinstance(source, Path) else "The exported model"
    if isinstance(source, Path) and not source.is_file():
        problem = "is a folder" if source.is_dir() else "does not exist"
        raise DistillError(f"{name} {problem}. Name an ONNX file, such as model.onnx.")
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(
            str(source) if isinstance(source, Path) else source, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise DistillError(
            f"{name} is not an ONNX file that ONNX Runtime {ort.__version__} can read ({first_line(error)}). "
            "Export the model again, or name another file."
        ) from None


def input_of(session: Any, name: str | Path) -> Input:
    """The input of a session that takes one tensor.

    It is float32, and only its batch may be free; or it is int64 tokens `[batch, length]`, and both may be.

    Args:
        session: an `onnxruntime.InferenceSession`.
        name: what to call the model in a message.

    Raises:
        DistillError: naming the input or the dimension that cannot be filled.
    """
    inputs = session.get_inputs()
    if len(inputs) != 1:
        names = ", ".join(repr(each.name) for each in inputs) or "none"
        raise DistillError(f"{name} has {len(inputs)} inputs ({names}); only models with one input can be measured.")
    (only,) = inputs
    tokens = only.type == "tensor(int64)" and len(only.shape) == 2
    if only.type != "tensor(float)" and not tokens:
        raise DistillError(
            f"{name}: its input {only.name!r} is a {only.type}; only float32 inputs, tensor(float), and texts as int64 "
            "[batch, length] can be measured."
        )
    if not only.shape:
        raise DistillError(f"{name}: its input {only.name!r} has no batch dimension; export it with one.")
    batch, *rest = only.shape
    if tokens:
        rest = [size if isinstance(size, int) else FREE for size in rest]
    free = [
        f"dimension {place} ({size or 'unnamed'})" for place, size in enumerate(rest, 1) if not isinstance(size, int)
    ]
    if free:
        raise DistillError(
            f"{name}: of its input {only.name!r} not only the batch is free, but also {', '.join(free)}. Fix them with "
            "`python -m onnxruntime.tools.make_dynamic_shape_fixed --dim_param NAME --dim_value N IN.onnx OUT.onnx`."
        )
    if isinstance(batch, int) and batch != 1:
        raise DistillError(
            f"{name}: the batch of its input {only.name!r} is fixed at {batch}, but latency is measured on one sample. "
            "Export it with a dynamic batch."
        )
    return Input(only.name, tuple(rest), batch if isinstance(batch, int) else None, tokens)


def first_line(error: BaseException) -> str:
    """The first line of an error's text, without ONNX Runtime's own prefix; never empty."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rpartition("[ONNXRuntimeError] : ")[2].strip().rstrip(".")[:300]
