"""Asks exported image classifiers, as a device would: the file itself says what it takes and what it knows."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from distill_core.edge.onnx_file import first_line, input_of, open_session
from distill_core.edge.pixels import Floats, Pixels, Takes, prepared
from distill_core.errors import DistillError
from distill_core.task import no_matter

REPEATS = 9
BATCH = 64


@dataclass(frozen=True)
class Answer:
    """Scores `[C]` for one image, and the milliseconds of CPU time they took: the median of `repeats` calls."""

    logits: Floats
    cpu_ms: float
    repeats: int = REPEATS


class Classifier:
    """An exported classifier of images, open on one thread.

    Attributes:
        takes: the inputs it was trained on, by its own description.
        classes: what its scores stand for.

    Args:
        file: as `edge.export.export_onnx` writes it.

    Raises:
        DistillError: if it cannot be read, or does not say how its inputs are normalised.
    """

    def __init__(self, file: Path) -> None:
        self._session: Any = open_session(file)
        self._file = file
        into = input_of(self._session, file)
        self._input = into.name
        said = self._session.get_modelmeta().custom_metadata_map
        try:
            mean, std = (tuple(float(each) for each in json.loads(said[name])) for name in ("mean", "std"))
            self.classes = tuple(str(each) for each in json.loads(said["class_names"]))
        except (KeyError, ValueError, TypeError):
            raise DistillError(
                f"{file} does not say how its images are normalised and what its classes are. Export it again with "
                "`python -m distill_core export RUN`."
            ) from None
        self.takes = Takes(into.shape, mean, std)

    def logits(self, images: Pixels, between: Callable[[], None] = no_matter) -> Floats:
        """Scores `[N, C]` for stored images, uint8 `[N, C, H, W]`.

        Args:
            images: of any size and of one or three channels.
            between: called before each batch; may raise to end it.
        """
        answers = []
        for start in range(0, len(images), BATCH):
            between()
            answers.append(self._run(prepared(images[start : start + BATCH], self.takes)))
        return np.concatenate(answers) if answers else np.empty((0, len(self.classes)), np.float32)

    def answer(self, image: Pixels, repeats: int = REPEATS) -> Answer:
        """One image, uint8 `[C, H, W]`, and how long the file takes for it, after a call that is not timed."""
        inputs = prepared(image[None], self.takes)
        logits = self._run(inputs)[0]
        took = []
        for _ in range(repeats):
            begin = time.thread_time_ns()
            self._run(inputs)
            took.append(time.thread_time_ns() - begin)
        return Answer(logits, statistics.median(took) / 1e6, repeats)

    def _run(self, inputs: Floats) -> Floats:
        try:
            answer: Floats = self._session.run(None, {self._input: inputs})[0]
        except Exception as error:
            raise DistillError(f"{self._file} fails on these images ({first_line(error)}).") from None
        return answer
