"""Export and measurement in processes of their own, which can be cancelled and cannot take the caller down.

Nothing here imports torch or ONNX Runtime. `should_stop` is asked ten times a second; when it says True the child is
killed and `JobStopped` is raised.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import distill_core
from distill_core import errors
from distill_core.cards import HF
from distill_core.config import DistillConfig
from distill_core.errors import DistillError
from distill_core.home import default_home, writable_folder
from distill_core.task import DataFacts, task_named

ShouldStop = Callable[[], bool]
ROOT = Path(distill_core.__file__).parents[1]
POLL_SECONDS = 0.1
EXPORT_TIMEOUT, MEASURE_TIMEOUT, LAYERS_TIMEOUT = 900.0, 300.0, 900.0
REPORT_TIMEOUT = 900.0
THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
INPUTS = ".inputs.npy"


class JobStopped(DistillError):
    """The caller asked for the end of a job, and its process is gone."""


def never() -> bool:
    """A `should_stop` that lets a job run to its end."""
    return False


def export_model(
    folder: Path,
    out: Path,
    *,
    config_json: Path | None = None,
    home: Path | None = None,
    should_stop: ShouldStop = never,
) -> dict[str, Any]:
    """Exports a saved model to ONNX and, given a run's configuration, scores the file on the test split.

    Args:
        folder: a model folder (`card.json`, `weights.safetensors`).
        out: the file to write; with a configuration, `NAME.inputs.npy` beside it gets real inputs to measure with.
        config_json: the run's configuration, which names the data; None exports without a score.
        home: where data sets are; None for the default.
        should_stop: see the module.

    Returns:
        `path`, `bytes`, `sha256`, `parity_max_abs`, `test_accuracy` (0..1 or None), `images` (the
        .npy file or None), `architecture`, `dataset`, `warnings`.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: in the worker's own words.
    """
    request = {
        "job": "export",
        "folder": str(folder.absolute()),
        "out": str(out.absolute()),
        "config": config_json and str(config_json.absolute()),
        "home": str((home or default_home()).absolute()),
    }
    return run_job(request, should_stop, EXPORT_TIMEOUT)


def measure_layers(
    config: DistillConfig, *, home: Path | None = None, should_stop: ShouldStop = never
) -> dict[str, Any]:
    """What a run's student is worth before training, for each choice of the layers it could begin with.

    Args:
        config: of the run.
        home: where data sets are; None for the default.
        should_stop: see the module.

    Returns:
        A `train.damage.Damage` as plain data.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: in the worker's own words.
    """
    request = {"job": "layers", "config": config.model_dump(mode="json")}
    return run_job({**request, "home": str((home or default_home()).absolute())}, should_stop, LAYERS_TIMEOUT)


def report_model(
    folder: Path, config: DistillConfig, *, home: Path | None = None, should_stop: ShouldStop = never
) -> dict[str, Any]:
    """What a saved classifier is like on a test split: by class, how sure it is, and how much its answers tell.

    Args:
        folder: a model folder (`card.json`, `weights.safetensors`).
        config: names the data.
        home: where data sets are, and where the report is kept; None for the default.
        should_stop: see the module.

    Returns:
        A `report.Report` as plain data.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: in the worker's own words.
    """
    request = {"job": "report", "folder": str(folder.absolute()), "config": config.model_dump(mode="json")}
    return run_job({**request, "home": str((home or default_home()).absolute())}, should_stop, REPORT_TIMEOUT)


def ask_models(
    folders: Sequence[Path],
    config: DistillConfig,
    data_sha256: str,
    *,
    home: Path | None = None,
    should_stop: ShouldStop = never,
) -> None:
    """Asks saved models about a whole test split and keeps what they answer; see `kept_answers.keep_answers`.

    Args:
        folders: model folders (`card.json`, `weights.safetensors`).
        config: names the data.
        data_sha256: of the data they were scored on.
        home: where data sets are, and where the answers are kept; None for the default.
        should_stop: see the module.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: in the worker's own words.
    """
    request: dict[str, Any] = {"job": "answers", "data_sha256": data_sha256}
    request["folders"] = [str(folder.absolute()) for folder in folders]
    request |= {"config": config.model_dump(mode="json"), "home": str((home or default_home()).absolute())}
    run_job(request, should_stop, REPORT_TIMEOUT)


def admit_weights(
    file: Path,
    architecture: str,
    config: DistillConfig,
    out: Path,
    *,
    called: str,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
    home: Path | None = None,
    should_stop: ShouldStop = never,
) -> dict[str, Any]:
    """Checks and scores a file of weights and makes a model folder of it; see `admission.admit`.

    Args:
        file: safetensors.
        architecture: whose weights they are.
        config: names the data they learned from.
        out: the folder to write.
        called: what the user calls the file.
        mean: of each channel; () for the data set's.
        std: the same.
        home: where data sets are; None for the default.
        should_stop: see the module.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: in the worker's own words.
    """
    request = {
        "job": "admit",
        "file": str(file.absolute()),
        "architecture": architecture,
        "config": config.model_dump(mode="json"),
        "out": str(out.absolute()),
        "called": called,
        "mean": mean,
        "std": std,
        "home": str((home or default_home()).absolute()),
    }
    return run_job(request, should_stop, REPORT_TIMEOUT)


def measure_files(
    files: dict[str, Path],
    *,
    images: Path | None = None,
    should_stop: ShouldStop = never,
    rounds: int = 100,
    repeats: int = 5,
    threads: int = 1,
    seconds: float = 10.0,
) -> dict[str, Any]:
    """Latency, memory and size of ONNX files, one's own or anyone's, measured side by side on this CPU.

    Args:
        files: ONNX files by the names they get in the result; ratios are taken to the first.
        images: an .npy file of real inputs; None takes the `NAME.inputs.npy` beside the first file that has one, else
            noise.
        should_stop: see the module.
        rounds: see `latency.measure`.
        repeats: see `latency.measure`.
        threads: see `latency.measure`.
        seconds: the most the timed rounds may take.

    Returns:
        `latency.measure`'s result, with `peak_memory_mb` (or None) for each model.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: naming the file that cannot be measured, and why.
    """
    paths = {name: path.absolute() for name, path in files.items()}
    beside = (path.with_suffix(INPUTS) for path in paths.values())
    images = images or next((found for found in beside if found.is_file()), None)
    request = {
        "job": "measure",
        "files": {name: str(path) for name, path in paths.items()},
        "images": images and str(images.absolute()),
        "rounds": rounds,
        "repeats": repeats,
        "threads": threads,
        "seconds": seconds,
    }
    result = run_job(request, should_stop, MEASURE_TIMEOUT + seconds, threads)
    for name, path in paths.items():
        result["models"][name] |= run_job({"job": "memory", "file": str(path)}, should_stop, MEASURE_TIMEOUT)
    return result


def architecture_files(
    architectures: dict[str, str],
    facts: DataFacts,
    task: str = "vision",
    *,
    home: Path | None = None,
    should_stop: ShouldStop = never,
) -> dict[str, Path]:
    """Untrained models as ONNX files, exported once and kept in `home/cache/onnx`.

    Args:
        architectures: architectures by the names they get in the result.
        facts: the shape of an input and the classes.
        task: the task that can build them.
        home: None for the default.
        should_stop: see the module.

    Raises:
        JobStopped: if `should_stop` said so.
        ConfigError: if there is no such architecture.
        DistillError: if one cannot be exported.
    """
    cache = writable_folder((home or default_home()).absolute() / "cache" / "onnx")
    files = {name: cache / _cache_name(each, facts, task) for name, each in architectures.items()}
    missing = {architectures[name]: str(path) for name, path in files.items() if not path.is_file()}
    if missing:
        request = {"job": "architectures", "task": task, "facts": dataclasses.asdict(facts), "files": missing}
        run_job(request, should_stop, EXPORT_TIMEOUT)
    return files


def measure_architectures(
    architectures: dict[str, str],
    facts: DataFacts,
    task: str = "vision",
    *,
    home: Path | None = None,
    images: Path | None = None,
    should_stop: ShouldStop = never,
    rounds: int = 100,
    repeats: int = 5,
    seconds: float = 4.0,
) -> dict[str, Any]:
    """What architectures cost to run, before anything is trained: latency does not depend on the weights.

    Args:
        architectures: as for `architecture_files`; the student's first, for ratios are taken to it.
        facts: see `architecture_files`.
        task: see `architecture_files`.
        home: see `architecture_files`.
        images: see `measure_files`.
        should_stop: see the module.
        rounds: see `latency.measure`.
        repeats: see `latency.measure`.
        seconds: see `latency.measure`; short, because a training waits.

    Raises:
        JobStopped: if `should_stop` said so.
        ConfigError: if there is no such architecture.
        DistillError: if one cannot be exported or measured.
    """
    files = architecture_files(architectures, facts, task, home=home, should_stop=should_stop)
    return measure_files(files, images=images, should_stop=should_stop, rounds=rounds, repeats=repeats, seconds=seconds)


def _cache_name(architecture: str, facts: DataFacts, task: str) -> str:
    """A file name that changes with whatever changes the exported graph, the models' source included."""
    sources = sorted((Path(distill_core.__file__).parent / task / "models").glob("*.py"))
    made_from = [
        task,
        architecture,
        facts.input_shape,
        facts.outputs,
        distill_core.__version__,
        [version(package) for package in ("torch", "onnx", "onnxscript")],
        [hashlib.sha256(source.read_bytes()).hexdigest() for source in sources],
        *([task_named(task).code_sha256(architecture), version("transformers")] if architecture.startswith(HF) else []),
    ]
    key = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:16]
    return f"{re.sub(r'[^A-Za-z0-9._-]', '_', architecture)[:60]}-{key}.onnx"


def run_job(request: dict[str, Any], should_stop: ShouldStop, timeout: float, threads: int = 1) -> dict[str, Any]:
    """Runs one job of `worker.JOBS` in a process of its own and gives its response.

    Args:
        request: goes to the worker as JSON.
        should_stop: asked ten times a second.
        timeout: seconds after which the job is given up.
        threads: what the child's numerical libraries may use; it must be set before they load.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: the worker's sentence, or how it died.
    """
    job = request["job"]
    with tempfile.TemporaryDirectory(prefix="distill-job-") as name:
        folder = Path(name)
        question, response, output = folder / "request.json", folder / "response.json", folder / "output.txt"
        question.write_text(json.dumps(request))
        with output.open("wb") as sink:
            child = subprocess.Popen(
                # -P: the caller's folder must not be searched for modules.
                [sys.executable, "-P", "-m", "distill_core.edge.worker", str(question), str(response)],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                env=_environment(threads),
                start_new_session=True,
            )
        try:
            _wait(child, job, should_stop, timeout)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        return _response(job, response, output, child.returncode)


def _environment(threads: int) -> dict[str, str]:
    search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, **dict.fromkeys(THREAD_SETTINGS, str(threads)), "PYTHONPATH": search}


def _wait(child: subprocess.Popen[bytes], job: str, should_stop: ShouldStop, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while child.poll() is None:
        if should_stop():
            raise JobStopped(f"The {job} job was stopped before its end.")
        if time.monotonic() > deadline:
            raise DistillError(
                f"The {job} job took over {timeout:.0f} s and was ended. Try a smaller model or a calmer machine."
            )
        try:
            child.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue


def _response(job: str, response: Path, output: Path, code: int | None) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(response.read_bytes())
    except (OSError, json.JSONDecodeError):
        raise _death(job, output, code) from None
    if "error" not in result:
        return result
    kind = getattr(errors, result.get("kind", ""), DistillError)
    error: DistillError = kind(result["error"])
    if "details" in result:
        error.add_note(result["details"])
    raise error


def _death(job: str, output: Path, code: int | None) -> DistillError:
    """The error for a worker that ended without a word."""
    said = output.read_text(errors="replace").strip()
    if code is not None and code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
        hint = " The machine may be short of memory." if name == "SIGKILL" else ""
        sentence = f"The {job} job's process was killed by {name}.{hint}"
    else:
        last = said.splitlines()[-1][:300] if said else "it said nothing"
        sentence = f"The {job} job's process ended with code {code} before it answered ({last})."
    error = DistillError(f"{sentence} Try again.")
    if said:
        error.add_note(said[-4000:])
    return error
