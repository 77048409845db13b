"""Files of a run in one zip file, made when it is asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from typing import BinaryIO, cast

from distill_core.runs.parcel import pack
from distill_core.runs.take_away import TakeAway


def packed(run_id: str, files: Iterable[TakeAway]) -> BinaryIO:
    """The zip file, in a file without a name that goes when it is closed; raises as `pack`."""
    parcel = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115
    pack(run_id, files, parcel)
    parcel.seek(0)
    return parcel
