"""What is said of a data set before it is loaded is what loading finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from distill_core.config import DistillConfig
from distill_core.task import Foreseen, task_named

HERE = ("fashion-mnist-mini", "digits")
DEBIAN = ("fashion-mnist", "fashion-mnist-rest")


def pets(root: Path, each: int = 8, size: int = 8) -> Path:
    from PIL import Image

    for kind in ("cat", "dog"):
        (root / kind).mkdir(parents=True)
        for number in range(each):
            Image.new("RGB", (size, size)).save(root / kind / f"{number}.png")
    return root


def as_loaded(config: DistillConfig, home: Path) -> Foreseen:
    data = task_named("vision").load_data(config, home)
    return Foreseen(data.facts.classes, data.facts.input_shape, len(data.train))


@pytest.mark.parametrize("dataset", HERE + DEBIAN)
def test_what_is_known_of_a_data_set_is_what_loading_finds(dataset: str, tmp_path: Path) -> None:
    if dataset in DEBIAN and not Path("/usr/share/datasets/fashion-mnist").is_dir():
        pytest.skip("Fashion-MNIST is not installed here (Debian: apt-get install dataset-fashion-mnist)")
    config = DistillConfig(dataset=dataset)
    assert task_named("vision").foreseen(config) == as_loaded(config, tmp_path)


def test_every_listed_data_set_is_known_or_a_folder() -> None:
    for dataset in task_named("vision").datasets():
        if dataset != "folder":
            assert task_named("vision").foreseen(DistillConfig(dataset=dataset)).inputs > 0


def test_a_folder_is_known_by_listing_it(tmp_path: Path) -> None:
    config = DistillConfig(dataset="folder", data_folder=str(pets(tmp_path / "pets")), image_size=16)
    assert task_named("vision").foreseen(config) == as_loaded(config, tmp_path)
