"""The distillation workbench's engine: one description of a run, one loop, one stream of events.

    from distill_core import DistillConfig, distill
    result = distill(DistillConfig(student="resnet8-w8", label_budget=400))

`distill` trains; `run` does the whole job: the baseline, measuring and exporting too, in a run that is kept. Both, and
everything that needs torch, are imported on first use, so that a page or a command that only lists names starts at
once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from distill_core.config import DistillConfig
from distill_core.errors import DistillError

if TYPE_CHECKING:
    from distill_core.train.trainer import RunResult, distill

__version__ = "0.1.0"
__all__ = ["DistillConfig", "DistillError", "RunResult", "__version__", "distill", "run"]


def __getattr__(name: str) -> Any:
    if name in ("distill", "RunResult"):
        from distill_core.train import trainer

        return getattr(trainer, name)
    if name == "run":
        # By name, since the layers below import this package for its version.
        return importlib.import_module("distill_core.runs.whole").run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
