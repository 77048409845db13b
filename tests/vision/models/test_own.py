from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from distill_core.errors import ConfigError
from distill_core.vision import models

SOURCE = """
import torch
from torch import nn

def tiny(channels, classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(classes)) if channels == 0 else Net(channels, classes)

def sized(*, channels, classes, size):
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * size[0] * size[1], classes))

def anything(**facts):
    return sized(**facts)

def fixed():
    return nn.Sequential(nn.Flatten(), nn.Linear(28 * 28, 10))

def needy(channels, classes, path):
    return fixed()

def broken(classes):
    raise KeyError("weights")

def number():
    return 7

def pair(channels, classes):
    return Pair()

constant = 3

class Net(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).mean((2, 3)))

class Pair(nn.Module):
    def forward(self, x):
        return x, x
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = tmp_path / "work"
    (work / "lab").mkdir(parents=True)
    (work / "lab" / "own_nets.py").write_text(SOURCE, "utf-8")
    (work / "lab" / "own_bad.py").write_text("1 / 0", "utf-8")
    (work / "lab" / "own_hungry.py").write_text("import no_such_package_here", "utf-8")
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        monkeypatch.delitem(sys.modules, name)
    return work


@pytest.mark.parametrize("function", ["tiny", "sized", "anything", "fixed", "Net"])
def test_a_function_in_the_current_folder_builds_a_model_from_what_it_takes(function: str) -> None:
    before = list(sys.path)
    model = models.build(f"lab.own_nets:{function}", 1, 10, 0, (28, 28))
    assert model(torch.zeros(3, 1, 28, 28)).shape == (3, 10)
    assert model.training
    assert sys.path == before


def test_the_seed_decides_the_weights_and_the_trial_leaves_no_trace() -> None:
    first, again, other = (models.build("lab.own_nets:tiny", 3, 5, seed, (8, 8)).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv.weight"], other["conv.weight"])
    assert first["norm.num_batches_tracked"] == 0
    assert models.count_parameters("lab.own_nets:tiny", 3, 5) == 3 * 4 * 9 + 4 + 8 + 25


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lab.own_net:tiny", "needs a module 'lab.own_net', which is neither installed nor in"),
        ("nowhere.nets:tiny", "needs a module 'nowhere'"),
        ("lab.own_hungry:tiny", "needs 'no_such_package_here', which is not installed"),
        ("lab.own_bad:tiny", "cannot be imported .ZeroDivisionError"),
        ("lab.own_nets:tinny", "has no function 'tinny'. Did you mean 'tiny'"),
        ("lab.own_nets:constant", "has no function 'constant'"),
        ("lab.own_nets:needy", "needy.channels=1, classes=10. .*TypeError.*'path'.*needs a default"),
        ("lab.own_nets:broken", "failed .KeyError: 'weights'"),
        ("lab.own_nets:number", "returned int; let it return a torch.nn.Module"),
        ("lab.own_nets:pair", r"answers with tuple; let it return logits \[N, 10\]"),
    ],
)
def test_what_is_wrong_with_it_is_said_in_a_sentence(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        models.build(name, 1, 10, 0, (28, 28))


def test_a_model_for_other_classes_or_images_is_found_out_before_training() -> None:
    with pytest.raises(ConfigError, match=r"answers \[2, 10\] to \[2, 1, 28, 28\]; it must be logits \[2, 3\]"):
        models.build("lab.own_nets:fixed", 1, 3, 0, (28, 28))
    with pytest.raises(ConfigError, match=r"fails on images \[2, 3, 32, 32\] .RuntimeError"):
        models.build("lab.own_nets:fixed", 3, 10, 0, (32, 32))


def test_its_code_is_told_apart_by_the_file_as_it_was_loaded(folder: Path) -> None:
    before = models.code_sha256("lab.own_nets:tiny")
    assert before
    assert models.code_sha256("lab.own_nets:fixed") == before
    assert models.code_sha256("resnet8-w8") == ""
    path = folder / "lab" / "own_nets.py"
    path.write_text(path.read_text() + "\n# another line\n")
    assert models.code_sha256("lab.own_nets:tiny") == before, "Python has not loaded the new file"
    del sys.modules["lab.own_nets"]
    assert models.code_sha256("lab.own_nets:tiny") != before
