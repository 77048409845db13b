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


def report(request: Request) -> dict[str, Any]:
    """What a saved classifier is like on a test split; see `report.make_report`."""
    from distill_core.config import DistillConfig
    from distill_core.edge.report import make_report

    config = DistillConfig.parse(request["config"])
    return make_report(Path(request["folder"]), config, Path(request["home"])).to_dict()


def answers(request: Request) -> dict[str, Any]:
    """What saved models answer to a test split, kept in the home; see `kept_answers.keep_answers`."""
    from distill_core.config import DistillConfig
    from distill_core.edge.kept_answers import keep_answers

    folders = [Path(folder) for folder in request["folders"]]
    keep_answers(folders, DistillConfig.parse(request["config"]), request["data_sha256"], Path(request["home"]))
    return {}


def admit(request: Request) -> dict[str, Any]:
    """A file of weights to a model folder, if it is sound; see `admission.admit`."""
    from distill_core.config import DistillConfig
    from distill_core.edge import admission

    return admission.admit(
        Path(request["file"]),
        request["architecture"],
        DistillConfig.parse(request["config"]),
        Path(request["out"]),
        Path(request["home"]),
        called=request["called"],
        mean=tuple(request["mean"]),
        std=tuple(request["std"]),
    )


def teacher(request: Request) -> dict[str, Any]:
    """A run's teacher to ONNX; see `tryout.export_teacher`."""
    from distill_core.edge.tryout import export_teacher

    return export_teacher(request["reference"], Path(request["student"]), Path(request["out"]))


def examples(request: Request) -> dict[str, Any]:
    """Test images of a data set, kept in a file; see `tryout.keep_test_images`."""
    from distill_core.config import DistillConfig
    from distill_core.edge.tryout import keep_test_images

    return keep_test_images(DistillConfig.parse(request["config"]), Path(request["out"]), Path(request["home"]))


JOBS: dict[str, Callable[[Request], dict[str, Any]]] = {
    "measure": measure,
    "memory": memory,
    "export": export,
    "architectures": architectures,
    "layers": layers,
    "report": report,
    "answers": answers,
    "admit": admit,
    "teacher": teacher,
    "examples": examples,
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
