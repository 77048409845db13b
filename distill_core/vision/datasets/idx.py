"""The IDX format of MNIST and Fashion-MNIST: a magic number, the sizes, then bytes (LeCun, Cortes and Burges 1998)."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from distill_core.errors import DataUnavailable
from distill_core.vision.datasets.splitting import Bytes


def read_idx(path: Path) -> Bytes:
    """The array in an IDX file of unsigned bytes, gzipped (`.gz`) or not.

    Raises:
        DataUnavailable: if the file cannot be read, is damaged, or is something else.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        zeros, kind, dimensions = struct.unpack_from(">HBB", content)
        shape = struct.unpack_from(f">{dimensions}I", content, 4)
    except (OSError, EOFError, zlib.error, struct.error) as error:
        raise DataUnavailable(f"Cannot read {path} ({error}). Delete it and fetch it again.") from None
    start = 4 + 4 * dimensions
    if zeros != 0 or kind != 8 or len(content) - start != math.prod(shape):
        raise DataUnavailable(
            f"{path} is not a whole IDX file of bytes: it announces {' x '.join(map(str, shape)) or 'nothing'} "
            f"and holds {max(len(content) - start, 0):,} bytes. Delete it and fetch it again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
