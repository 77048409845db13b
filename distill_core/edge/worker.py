"""The child side of `distill_core.edge.jobs`: `python -m distill_core.edge.worker REQUEST.json RESPONSE.json`.

A request is `{"job": NAME, ...}`; the response is the job's result, or `{"error": sentence, "kind": error class}`.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distill_core.cards import Vocabulary, replace_file
from distill_core.errors import DistillError

Request = dict[str, Any]


def measure(request: Request) -> dict[str, Any]:
    """Latency of files; see `latency.measure`."""
    from distill_core.edge import latency

    files = {name: Path(path) for name, path in request["files"].items()}
    images = Path(request["images"]) if request["images"] else None
    return latency.measure(files, images, request["rounds"], request["repeats"], request["threads"], request["seconds"])


def memory(request: Request) -> dict[str, Any]:
    """Peak memory of one file; see `memory.peak_memory_mb`."""
    from distill_core.edge.memory import peak_memory_mb

    return {"peak_memory_mb": peak_memory_mb(Path(request["file"]))}


def export(request: Request) -> dict[str, Any]:
    """A saved model to ONNX, scored on its test split; see `saved_model.export_saved_model`."""
    from distill_core.edge.saved_model import export_saved_model

    config = Path(request["config"]) if request["config"] else None
    return export_saved_model(Path(request["folder"]), Path(request["out"]), config, Path(request["home"]))


def architectures(request: Request) -> dict[str, Any]:
    """Untrained models to ONNX; see `saved_model.export_untrained`."""
    from distill_core.edge.saved_model import export_untrained
    from distill_core.task import DataFacts

    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in request["facts"].items()
    }
    if fields.get("vocabulary"):
        fields["vocabulary"] = Vocabulary(**fields["vocabulary"])
    for architecture, path in request["files"].items():
        export_untrained(request["task"], architecture, DataFacts(**fields), Path(path))
    return {}


def layers(request: Request) -> dict[str, Any]:
    """What a student is worth before training, for each choice of layers; see `train.damage.damage`."""
    from dataclasses import asdict

    from distill_core.config import DistillConfig
    from distill_core.train.damage import damage

    return asdict(damage(DistillConfig.parse(request["config"]), Path(request["home"])))


JOBS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "measure": measure,
    "memory": memory,
    "export": export,
    "architectures": architectures,
    "layers": layers,
}


def answer(request: Request) -> dict[str, Any]:
    """Does a job; whatever goes wrong comes back as a sentence, with details where it is no fault of the user's."""
    try:
        return JOBS[request["job"]](request)
    except DistillError as error:
        return {"error": str(error), "kind": type(error).__name__}
    except Exception as error:
        sentence = f"The {request['job']} job failed unexpectedly ({type(error).__name__}: {error})."
        return {"error": sentence, "kind": "DistillError", "details": traceback.format_exc()}


def main(request: Path, response: Path) -> int:
    """Reads the request, writes the response; 0 if the job succeeded."""
    result = answer(json.loads(request.read_bytes()))
    replace_file(response, json.dumps(result).encode())
    return 1 if "error" in result else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
