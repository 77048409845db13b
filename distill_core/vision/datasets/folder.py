"""Images of one's own: a folder with one sub-folder for each class, or `train/`, `val/` and `test/` of such."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from distill_core.errors import DataUnavailable
from distill_core.task import Split
from distill_core.vision.datasets.splitting import Bytes, as_data, as_split
from distill_core.vision.framing import framed

if TYPE_CHECKING:
    from distill_core.config import DistillConfig
    from distill_core.task import Data

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"})
PART_FOLDERS = {"train": ("train",), "validation": ("val", "valid", "validation"), "test": ("test",)}
HELD_OUT_SHARE = 0.15
MEMORY_SHARE = 0.5

ImagesByClass = dict[str, list[Path]]


def load_folder(config: DistillConfig, home: Path) -> Data:  # noqa: ARG001
    """Reads every image as RGB, its shorter side resized to `config.image_size` and the middle square cut out.

    Without split folders 70 % of every class trains, 15 % validates and 15 % tests. A hash of each file's path
    orders the files, so adding one moves at most a file or two from a split to the next.

    Raises:
        DataUnavailable: naming the folder or file that is wrong and what to do.
    """
    root = given_folder(config)
    try:
        parts = split_folders(root)
    except OSError as error:
        raise DataUnavailable(
            f"Cannot list {error.filename or root} ({error.strerror or error}). Allow reading it."
        ) from None
    classes = tuple(parts["train"])
    _check_memory(sum(len(paths) for part in parts.values() for paths in part.values()), config.image_size)
    train, validation, test = (_read(parts[part], config.image_size) for part in PART_FOLDERS)
    return as_data(f"folder:{root.resolve().name}", classes, train, validation, test)


def given_folder(config: DistillConfig) -> Path:
    """The folder that the configuration names.

    Raises:
        DataUnavailable: if it names none, or it is no folder.
    """
    if not config.data_folder:
        raise DataUnavailable(
            "The data set 'folder' needs data_folder: a folder with one sub-folder for each class, named after it, "
            "with that class's images inside."
        )
    root = Path(config.data_folder).expanduser()
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DataUnavailable(f"data_folder {config.data_folder!r} {what}. Name a folder with one sub-folder a class.")
    return root


def split_folders(root: Path) -> dict[str, ImagesByClass]:
    """The files of each split by class; a split without a folder of its own is held out of the training images."""
    folders = {
        part: next((root / name for name in names if (root / name).is_dir()), None)
        for part, names in PART_FOLDERS.items()
    }
    found = {part: folder for part, folder in folders.items() if folder is not None}
    if "train" not in found or len(found) == 1:
        found = {"train": root}
    parts = {part: _images_by_class(folder) for part, folder in found.items()}
    _check_same_classes(parts, found)
    missing = [part for part in ("test", "validation") if part not in parts]
    for name, paths in parts["train"].items():
        if len(paths) <= len(missing):
            raise DataUnavailable(
                f"Class {name!r} in {found['train']} has {len(paths)} image{'s' * (len(paths) != 1)}, but needs at "
                f"least {len(missing) + 1}: one for each of {', '.join(['train', *reversed(missing)])}. "
                "Add images or remove the class's folder."
            )
    if missing:
        parts |= _held_out(parts["train"], missing, found["train"])
    return parts


def _held_out(images: ImagesByClass, missing: list[str], root: Path) -> dict[str, ImagesByClass]:
    """Training images and, for each missing split, 15 % of every class, at least one image."""
    parts: dict[str, ImagesByClass] = {part: {} for part in ("train", *missing)}
    for name, paths in images.items():
        ordered = sorted(paths, key=lambda path: hashlib.sha256(path.relative_to(root).as_posix().encode()).digest())
        count = max(1, round(len(paths) * HELD_OUT_SHARE))
        for position, part in enumerate(missing):
            parts[part][name] = sorted(ordered[position * count : (position + 1) * count])
        parts["train"][name] = sorted(ordered[len(missing) * count :])
    return parts


def _images_by_class(folder: Path) -> ImagesByClass:
    """Image files under each sub-folder, in the order of their names; hidden files and other kinds are passed over."""
    subfolders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    images = {
        subfolder.name: sorted(
            path
            for path in subfolder.rglob("*")
            if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()
        )
        for subfolder in subfolders
    }
    if not any(images.values()):
        raise DataUnavailable(
            f"There are no images in the sub-folders of {folder}. Make one sub-folder for each class and put "
            f"its images inside; files ending in {', '.join(sorted(SUFFIXES))} are read."
        )
    if len(images) < 2:
        raise DataUnavailable(
            f"{folder} has one class only ({', '.join(images)}). Telling classes apart takes at least two: "
            "make one sub-folder for each."
        )
    return images


def _check_same_classes(parts: dict[str, ImagesByClass], folders: dict[str, Path]) -> None:
    expected = set(parts["train"])
    for part, images in parts.items():
        if set(images) != expected:
            differences = ", ".join(sorted(set(images) ^ expected))
            raise DataUnavailable(
                f"{folders['train']} and {folders[part]} do not have the same classes; they differ in: {differences}. "
                "Give every split the same sub-folders."
            )
        for name, paths in images.items():
            if part != "train" and not paths:
                raise DataUnavailable(
                    f"Class {name!r} has no images in {folders[part]}. Add some, or remove the class."
                )


def _check_memory(count: int, size: int) -> None:
    import psutil

    needed, available = count * 3 * size * size, psutil.virtual_memory().available
    if needed > available * MEMORY_SHARE:
        raise DataUnavailable(
            f"{count:,} images of {size} x {size} pixels take {needed / 1e9:.1f} GB of memory, "
            f"and {available / 1e9:.1f} GB are free. Set a smaller image_size or use fewer images."
        )


def _read(images: ImagesByClass, size: int) -> Split:
    """One split: images `[N, 3, size, size]`, class by class."""
    paths = [path for of_class in images.values() for path in of_class]
    labels = np.repeat(np.arange(len(images)), [len(of_class) for of_class in images.values()])
    pixels = np.empty((len(paths), 3, size, size), np.uint8)
    with ThreadPoolExecutor() as pool:
        for index, image in enumerate(pool.map(lambda path: _read_image(path, size), paths)):
            pixels[index] = image
    return as_split(pixels, labels)


def _read_image(path: Path, size: int) -> Bytes:
    """One image `[3, size, size]`, turned the way its camera says."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return framed(image, (3, size, size))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataUnavailable(
            f"Cannot read the image {path} ({error}). Replace it with a whole copy, or remove it from the folder."
        ) from None
