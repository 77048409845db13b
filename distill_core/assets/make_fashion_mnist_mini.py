"""Makes the embedded data set: `python -m distill_core.assets.make_fashion_mnist_mini --source FOLDER`.

FOLDER holds Fashion-MNIST's four `.gz` files, as Debian's package `dataset-fashion-mnist` installs them. The same
source gives the same arrays for ever and, with the same zlib, the same file byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zlib
from pathlib import Path

import numpy as np

from distill_core.vision.datasets.fashion_mnist_mini import FILE
from distill_core.vision.datasets.idx import read_idx
from distill_core.vision.datasets.splitting import Bytes, choose_per_class

SEED = 2017
PER_CLASS = {"train": 800, "validation": 200, "test": 400}
SOURCES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def choose(source: Path) -> dict[str, Bytes]:
    """The arrays of the mini set: images, labels and indices of its three splits.

    Raises:
        DataUnavailable: if a file of the source is missing or damaged.
    """
    train_images, train_labels, test_images, test_labels = (read_idx(source / name) for name in SOURCES)
    both = choose_per_class(train_labels, PER_CLASS["train"] + PER_CLASS["validation"], SEED)
    validation = choose_per_class(train_labels, PER_CLASS["validation"], SEED + 1, among=both)
    test = choose_per_class(test_labels, PER_CLASS["test"], SEED + 2)
    arrays: dict[str, Bytes] = {}
    for name, images, labels, indices in (
        ("train", train_images, train_labels, np.setdiff1d(both, validation)),
        ("validation", train_images, train_labels, validation),
        ("test", test_images, test_labels, test),
    ):
        arrays |= {
            f"{name}_images": images[indices],
            f"{name}_labels": labels[indices],
            f"{name}_indices": indices.astype("<u2"),
        }
    return arrays


def write(arrays: dict[str, Bytes], path: Path) -> None:
    """Writes a compressed `.npz`; numpy stamps every entry with 1980, so nothing in it depends on the clock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def provenance(source: Path, arrays: dict[str, Bytes], result: Path) -> dict[str, object]:
    """What the file was made from, how, and how to check it."""
    return {
        "what": "a balanced part of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747)",
        "licence": "MIT, copyright (c) 2017 Zalando SE; see LICENSE",
        "home": "https://github.com/zalandoresearch/fashion-mnist",
        "source": "Debian package dataset-fashion-mnist",
        "source_sha256": {name: _sha256((source / name).read_bytes()) for name in SOURCES},
        "command": "python -m distill_core.assets.make_fashion_mnist_mini --source /usr/share/datasets/fashion-mnist",
        "seed": SEED,
        "per_class": PER_CLASS,
        "counts": {name: 10 * count for name, count in PER_CLASS.items()},
        "sha256": {result.name: _sha256(result.read_bytes())},
        "arrays_sha256": {name: _sha256(array.tobytes()) for name, array in arrays.items()},
        "versions": {"numpy": np.__version__, "zlib": zlib.ZLIB_RUNTIME_VERSION},
    }


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main() -> None:
    """Writes `images.npz` and `provenance.json`."""
    parser = argparse.ArgumentParser(description="Make the embedded part of Fashion-MNIST.")
    parser.add_argument("--source", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--result", type=Path, default=FILE)
    arguments = parser.parse_args()
    arrays = choose(arguments.source)
    write(arrays, arguments.result)
    facts = provenance(arguments.source, arrays, arguments.result)
    (arguments.result.parent / "provenance.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
