from __future__ import annotations

from pathlib import Path

import pytest

from distill_core import DistillConfig, distill
from distill_core.errors import ConfigError
from distill_core.task import task_named
from distill_core.train.labels import data_and_labels, read_labels

CLASSES = 10


def written(path: Path, *lines: str) -> str:
    path.write_text("\n".join(["image,label", *lines]) + "\n")
    return str(path)


def test_ones_own_labels_take_the_place_of_the_data_sets_and_only_they_are_seen(
    tiny_config: DistillConfig, tmp_path: Path
) -> None:
    plain, _ = data_and_labels(tiny_config, task_named("vision"), tmp_path)
    other = (int(plain.train.labels[3]) + 1) % CLASSES
    config = tiny_config.changed({"labels_file": written(tmp_path / "l.csv", f"3,{other}", "7,2")})
    data, seen = data_and_labels(config, task_named("vision"), tmp_path)
    assert seen.nonzero().flatten().tolist() == [3, 7]
    assert data.train.labels[[3, 7]].tolist() == [other, 2]
    assert data.facts.sha256 != plain.facts.sha256
    assert data.validation.labels.equal(plain.validation.labels)


def test_a_run_learns_from_ones_own_labels(tiny_config: DistillConfig, tmp_path: Path) -> None:
    # All images are said to be of class 4: a student that believes it answers 4.
    data, _ = data_and_labels(tiny_config, task_named("vision"), tmp_path)
    lines = [f"{image},4" for image in range(len(data.train))]
    result = distill(tiny_config.changed({"labels_file": written(tmp_path / "l.csv", *lines)}))
    assert result.student is not None
    assert result.student.accuracy == pytest.approx((data.test.labels == 4).float().mean().item())


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["5000,1"], "line 2: got image '5000'"),
        (["0,1", "x,1"], "line 3: got image 'x'"),
        (["0,eleven"], "got label 'eleven'; the classes are 0"),
        (["0,1", "0,2"], "line 3: image 0 has a label already"),
        ([], "has no labels"),
    ],
)
def test_a_wrong_line_is_named(tiny_config: DistillConfig, tmp_path: Path, lines: list[str], message: str) -> None:
    config = tiny_config.changed({"labels_file": written(tmp_path / "l.csv", *lines)})
    with pytest.raises(ConfigError, match=message):
        data_and_labels(config, task_named("vision"), tmp_path)


def test_a_class_called_by_a_number_is_meant_by_its_name(tmp_path: Path) -> None:
    path = Path(written(tmp_path / "l.csv", "0,1", "1,0"))
    # Classes "1" and "2": the label 1 is the class of that name, and 0 can only be a number.
    assert list(read_labels(path, ("1", "2"), images=5)) == [(0, 0), (1, 0)]


def test_a_file_that_a_spreadsheet_saved_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes("\ufeffimage,label\r\n3,a\r\n".encode())
    assert list(read_labels(path, ("a", "b"), images=5)) == [(3, 0)]


def test_a_file_without_the_columns_a_missing_file_and_a_budget_beside_are_refused(
    tiny_config: DistillConfig, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    for settings, message in (
        ({"labels_file": str(tmp_path / "bad.csv")}, "must name the columns image,label"),
        (
            {"labels_file": str(tmp_path / "none.csv")},
            r"none.csv cannot be read \(No such file or directory\); name a CSV",
        ),
        ({"labels_file": written(tmp_path / "l.csv", "0,1"), "label_budget": 50}, "together with labels_file"),
    ):
        with pytest.raises(ConfigError, match=message):
            data_and_labels(tiny_config.changed(settings), task_named("vision"), tmp_path)
