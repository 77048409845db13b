"""What trying a run's models needs beside the student's file: the teacher's file, and test images.

`make_teacher_file` and `make_test_images` ask a process of their own; `export_teacher` and `keep_test_images` are what
that process does, and import torch.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from distill_core.cards import read_card, replace_file
from distill_core.config import DistillConfig
from distill_core.edge.jobs import EXPORT_TIMEOUT, ShouldStop, never, run_job
from distill_core.edge.report import facts_of
from distill_core.errors import DistillError
from distill_core.task import task_named

MOST_IMAGES, MOST_BYTES = 4000, 32_000_000


def make_teacher_file(reference: str, student: Path, out: Path, should_stop: ShouldStop = never) -> dict[str, Any]:
    """Exports a run's teacher.

    Args:
        reference: as the run's configuration names it.
        student: the folder of the run's trained student, whose card says what the data is like.
        out: the file to write.
        should_stop: see `edge.jobs`.

    Returns:
        The fields of `edge.export.ExportReport`.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: if it cannot be loaded or exported; says why.
    """
    request = {"job": "teacher", "reference": reference, "student": str(student.absolute()), "out": str(out.absolute())}
    return run_job(request, should_stop, EXPORT_TIMEOUT)


def make_test_images(config: DistillConfig, out: Path, home: Path, should_stop: ShouldStop = never) -> dict[str, Any]:
    """Keeps the test images of a run's data set in an .npz file; raises as `make_teacher_file`."""
    request = {"job": "examples", "config": config.model_dump(mode="json"), "out": str(out.absolute())}
    return run_job({**request, "home": str(home.absolute())}, should_stop, EXPORT_TIMEOUT)


def export_teacher(reference: str, student: Path, out: Path) -> dict[str, Any]:
    """Loads a teacher and exports it; see `make_teacher_file`."""
    from distill_core.edge.export import export_onnx
    from distill_core.edge.saved_model import describe

    card = read_card(student)
    task = task_named(card.task)
    model, theirs = task.load_teacher(reference, facts_of(card))
    return export_onnx(model, task.example(theirs, batch=2), out, describe(theirs, None)).to_dict()


def keep_test_images(config: DistillConfig, out: Path, home: Path) -> dict[str, Any]:
    """Writes `images` uint8 `[N, C, H, W]`, `labels` `[N]` and `places` `[N]` in the test split; spread over it."""
    import numpy as np
    import torch

    test = task_named(config.task).load_data(config, home).test
    if not len(test):
        raise DistillError(f"{config.dataset} has no test images.")
    most = max(1, min(MOST_IMAGES, MOST_BYTES // test.inputs[0].numel(), len(test)))
    places = torch.arange(most) * len(test) // most
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, images=test.inputs[places].numpy(), labels=test.labels[places].numpy(), places=places.numpy()
    )
    replace_file(out, buffer.getvalue())
    return {"images": most, "of": len(test)}
