"""What forks begin with, in the home's ``forks``: kept as long as a run or a study is there that names it."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from distill_core.cards import FORKS, forked_from, parted
from distill_core.config import DistillConfig


def needed_by(config: DistillConfig, home: Path) -> list[Path]:
    """The files and folders in the home's ``forks`` that a run begins with."""
    inside = (home / FORKS).absolute()
    named = [
        Path(parted(each)[0] or each) for each in (config.student, config.begin_from) if each and forked_from(each)
    ]
    return [path for path in named if path.parent.parent == inside]


def remove_unneeded(paths: Iterable[Path], home: Path, still: Iterable[str]) -> None:
    """Removes those that nothing names any more, and what folders they leave empty; one that cannot go stays.

    Args:
        paths: of `needed_by`, of a run that is gone.
        home: the workbench's folder.
        still: the configurations of all other runs, as JSON.
    """
    texts = [*still, *_studies(home)]
    for path in paths:
        name = json.dumps(str(path))[1:-1]
        ends = (f'{name}"', f"{name}@")  # not …-step-400-2 for …-step-400
        if any(end in text for text in texts for end in ends):
            continue
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            path.parent.rmdir()  # refused while others are there


def _studies(home: Path) -> Iterator[str]:
    """The plans of studies as they are kept; one that cannot be read names nothing."""
    for path in (home / "studies").glob("*.json"):
        with contextlib.suppress(OSError):
            yield path.read_text("utf-8", errors="replace")
