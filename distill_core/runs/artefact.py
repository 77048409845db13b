"""What a run makes beside its weights: latency, the exported file and its measurements.

Whatever fails here becomes a warning, for the trained student is worth more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from distill_core.config import DistillConfig
from distill_core.events import Event, Exported, Measured, Preparing
from distill_core.runs.faults import sentence_of
from distill_core.runs.preflight import Preflight
from distill_core.runs.summary import latency_figures
from distill_core.train.control import RunControl

if TYPE_CHECKING:
    from distill_core.runs.records import RunRecord

FILE_NAME = "model.onnx"
NOT_EXPORTED = "The run was stopped before its file was exported and measured; `export` makes it later."
NOT_MEASURED = "The run was stopped before its file was measured; `export` makes and measures it again."
LARGE = 20_000_000
"""Parameters from which a student is measured only once it is trained, and a teacher not at all."""
NOT_BESIDE = "The file's speed is not compared with the teacher's: to make a file of so large a teacher takes minutes."
T = TypeVar("T")


def file_of(record: RunRecord) -> Path:
    """Where a run's exported file is, or would be.

    An export to another place is the newer one; where that file is gone, as in a home that was moved, the run's own
    folder counts.
    """
    named = ((record.summary or {}).get("onnx") or {}).get("path")
    return Path(named) if named and Path(named).is_file() else record.folder / FILE_NAME


class Workbench:
    """Exports and measures for one job.

    Args:
        config: the run's.
        found: what the preflight found.
        home: the workbench's folder.
        control: a stop cancels what goes on.
        edge: `edge.jobs` or a stand-in.
        say: told each event.
        warn: told what the user should know.
        latency: the figures of an earlier attempt at this run.
    """

    def __init__(
        self,
        config: DistillConfig,
        found: Preflight,
        home: Path,
        control: RunControl,
        edge: Any,
        say: Callable[[Event], None],
        warn: Callable[[str], None],
        latency: dict[str, Any] | None,
    ) -> None:
        self.latency = latency
        self.not_exported: str | None = None
        """Why there is no exported file, in a sentence, once an export failed."""
        self._config, self._found, self._home = config, found, home
        self._control, self._edge = control, edge
        self._say, self._warn = say, warn
        self._architectures = {"student": found.student_architecture}
        if found.teacher_architecture is not None:
            self._architectures["teacher"] = found.teacher_architecture

    def measure_architectures(self, step: int) -> None:
        """Measures untrained models of the same build; training waits, for figures taken beside it mean little.

        Of large ones the student alone is measured, at the end: making their files takes minutes.
        """
        if max(self._found.student_parameters, self._found.teacher_parameters or 0) > LARGE:
            return
        measured = self._attempt(
            "Measuring how fast the models answer on this CPU",
            (len(self._architectures), "models"),
            "The latency could not be measured",
            lambda: self._edge.measure_architectures(
                self._architectures,
                self._found.facts,
                self._config.task,
                home=self._home,
                should_stop=self._should_stop,
            ),
            if_stopped=None,
        )
        if measured is not None:
            self.latency = latency_figures(measured)
            self._say(Measured(step, self.latency))

    def export(self, folder: Path) -> dict[str, Any] | None:
        """Exports the run's best student, scores the file on the test split, and measures it beside the teacher.

        Returns:
            The export's report, or None if there is no file; `not_exported` then says why.
        """
        exported: dict[str, Any] | None = self._attempt(
            "Exporting the student and testing the file",
            (1, "files"),
            "The student is trained and kept, but could not be exported",
            lambda: self._edge.export_model(
                folder / "best",
                folder / FILE_NAME,
                config_json=folder / "config.json",
                home=self._home,
                should_stop=self._should_stop,
            ),
            if_stopped=NOT_EXPORTED,
            if_failed=self._remember_why,
        )
        if exported is not None:
            self._say(Exported(exported["path"], exported["bytes"], exported["parity_max_abs"]))
            self._warn_all(exported)
            self.measure_file(Path(exported["path"]))
        return exported

    def _remember_why(self, sentence: str) -> None:
        self.not_exported = sentence

    def measure_file(self, path: Path) -> None:
        """Measures an exported file beside the teacher, in place of what was measured before the weights were known."""
        measured = self._attempt(
            "Measuring the exported file on this CPU",
            (len(self._architectures), "models"),
            "The exported file could not be measured",
            lambda: self._edge.measure_files({"student": path, **self._teacher_file()}, should_stop=self._should_stop),
            if_stopped=NOT_MEASURED,
        )
        if measured is not None:
            self.latency = latency_figures(measured)
            self._warn_all(measured)

    def _teacher_file(self) -> dict[str, Path]:
        teacher = {name: each for name, each in self._architectures.items() if name == "teacher"}
        if not teacher:
            return {}
        if (self._found.teacher_parameters or 0) > LARGE:
            self._warn(NOT_BESIDE)
            return {}
        files: dict[str, Path] = self._edge.architecture_files(
            teacher, self._found.facts, self._config.task, home=self._home, should_stop=self._should_stop
        )
        return files

    def _attempt(
        self,
        what: str,
        size: tuple[int, str],
        failure: str,
        work: Callable[[], T],
        if_stopped: str | None,
        if_failed: Callable[[str], None] = lambda _sentence: None,
    ) -> T | None:
        """Says that something begins and ends; its failure becomes a warning, told to `if_failed` too, and gives None.

        A stop becomes the warning `if_stopped`; None says nothing, for a run that stops half-way is exported when it
        has been resumed, and the warning would stay with it.
        """
        total, unit = size
        self._say(Preparing(what, 0, total, unit))
        try:
            return work()
        except Exception as error:
            sentence = if_stopped if self._control.stopping else f"{failure}: {sentence_of(error)}"
            if not self._control.stopping:
                logging.getLogger(__name__).info("%s", failure, exc_info=True)
            if sentence is not None:
                self._warn(sentence)
                if_failed(sentence)
            return None
        finally:
            self._say(Preparing(what, total, total, unit))

    def _warn_all(self, response: dict[str, Any]) -> None:
        for warning in response.get("warnings", ()):
            self._warn(warning)

    def _should_stop(self) -> bool:
        return self._control.stopping
