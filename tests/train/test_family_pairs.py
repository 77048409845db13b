"""Every pair of families learns by the layer map suggested for it: a few real steps in the engine's own workshop."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from distill_core import DistillConfig
from distill_core.cards import ModelCard, write_model
from distill_core.errors import ConfigError
from distill_core.home import default_home
from distill_core.mapping.pairs import Form
from distill_core.task import Data, DataFacts, Split, no_matter, no_progress
from distill_core.train.control import RunControl
from distill_core.train.lessons import lesson_of
from distill_core.train.setup import Workshop
from distill_core.train.terms import weighted_sum
from distill_core.train.trainer import Trainer
from distill_core.vision.datasets import load
from distill_core.vision.models import FAMILIES, OWN, TORCHVISION, build
from distill_core.vision.task import VisionTask

SIDE, BATCH, STEPS = 16, 8, 4
OF_ONES_OWN = f"{__name__}:of_ones_own"
OF_TORCHVISION = "torchvision/shufflenet_v2_x0_5"
STAND_INS = {OWN: OF_ONES_OWN, TORCHVISION: OF_TORCHVISION}
"""For a family that lists no example, or none that is built quickly."""
SMALLEST = [STAND_INS.get(family.title) or family.examples[0] for family in FAMILIES]
ONE_OF_A_KIND = ("resnet8-w2", "cnn-w8", "mlp-64x2", "vit-micro", OF_ONES_OWN)

FORMS: dict[str, Form] = {"mlp-64x2": "vector", "vit-micro": "tokens", "deit-micro": "tokens"}
LOSSES: dict[Form, dict[str, float]] = {
    "map": {"hint": 1.0, "spatial": 1.0, "at": 10.0},
    "tokens": {"hint": 1.0, "spatial": 1.0},
    "vector": {"hint": 1.0, "rkd": 0.1, "sp": 10.0},
}
"""What the layers of a pair admit, with weights that bring the losses to like size."""
PLAIN = (1, SIDE, SIDE)


def of_ones_own(channels: int, classes: int) -> nn.Module:
    """A model as users write them, its layers numbered."""
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(channels, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True)),
        nn.Sequential(nn.Conv2d(6, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU(inplace=True)),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, classes),
    )


class FewClothes(VisionTask):
    """The middle of the first images of Fashion-MNIST."""

    def load_data(
        self,
        config: DistillConfig,
        home: Path,
        between: Callable[[], None] = no_matter,
        progress: Callable[[int, int], None] = no_progress,
    ) -> Data:
        return few_clothes()


@cache
def few_clothes() -> Data:
    whole = load(DistillConfig(dataset="fashion-mnist-mini"), default_home())
    facts = DataFacts("few clothes", whole.facts.classes, PLAIN, whole.facts.mean, whole.facts.std, "sha")
    images, edge = whole.train.inputs[:32], (28 - SIDE) // 2
    few = Split(images[:, :, edge : edge + SIDE, edge : edge + SIDE].contiguous(), whole.train.labels[:32])
    return Data(facts, few, few, few)


Teachers = Callable[[str, tuple[int, int, int]], str]


@pytest.fixture(scope="module")
def teachers(tmp_path_factory: pytest.TempPathFactory) -> Teachers:
    """Makes the folder of an untrained teacher that takes images of a shape, normalised as it likes."""
    home = tmp_path_factory.mktemp("teachers")

    @cache
    def folder_of(architecture: str, shape: tuple[int, int, int]) -> str:
        facts = few_clothes().facts
        channels, *size = shape
        card = ModelCard(
            task="vision",
            architecture=architecture,
            classes=facts.classes,
            input_shape=shape,
            mean=facts.mean if shape == PLAIN else (0.4,) * channels,
            std=facts.std if shape == PLAIN else (0.3,) * channels,
            dataset=facts.name,
            parameters=0,
        )
        folder = home / str(len(list(home.iterdir())))
        write_model(folder, card, build(architecture, channels, 10, 1, (size[0], size[1])).state_dict())
        return str(folder)

    return folder_of


def losses_of(student: str, teacher: str) -> dict[str, float]:
    """The losses of the pair: a vector on either side leaves those of vectors, tokens those of tokens."""
    forms = {FORMS.get(name, "map") for name in (student, teacher)}
    return LOSSES["vector" if "vector" in forms else "tokens" if "tokens" in forms else "map"]


def trainer_of(student: str, teacher: str, losses: dict[str, float]) -> Trainer:
    """A run with the suggested map and these losses alone."""
    config = DistillConfig.parse(
        {
            "student": student,
            "teacher": teacher,
            "terms": {**losses, "kd": 0, "ce": 0},
            "phases": [{"name": "distil", "share": 1}],
            "training": {"batch_size": BATCH},
            "optimiser": {"optimiser": "adamw", "learning_rate": 0.001},
            "augmentation": {"crop_padding": 0, "flip": False},
            "hardware": {"threads": 1},
        }
    )
    assert all(term.layers == "auto" for term in config.terms)
    return Trainer(config, FewClothes(), lambda _event: None, RunControl())


def learns(student: str, teacher: str, losses: dict[str, float]) -> Workshop:
    """Takes real steps on one batch: the loss is finite and falls, its gradient is where it should be."""
    trainer = trainer_of(student, teacher, losses)
    shop, values = trainer.shop, []
    first = next(layer for layer in shop.student.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    for step in range(STEPS):
        lesson = lesson_of(
            trainer.shop, trainer._shown(torch.arange(BATCH), torch.zeros(BATCH, dtype=torch.long), "layers"), 4.0
        )
        terms = shop.terms.raw(losses, lesson)
        loss = weighted_sum(losses, terms)
        shop.optimiser.zero_grad()
        if step == 0:
            for name, value in terms.items():
                assert value >= 0, f"{name} is {value:g}"
                each_loss_reaches_the_first_layer(name, value, first.weight, shop.terms[name])
        shop.fabric.backward(loss)
        if step == 0:
            all_that_learns_has_a_gradient_and_the_teacher_none(shop, first)
        shop.optimiser.step()
        values.append(loss.item())
    assert torch.tensor(values).isfinite().all(), values
    assert values[-1] < 0.99 * values[0], values
    return shop


def each_loss_reaches_the_first_layer(name: str, value: Tensor, first: Tensor, term: nn.Module) -> None:
    """By itself, and all that it learns: a loss that is cut off is not hidden by those beside it."""
    wanted = {"the student's first layer": first, **dict(term.named_parameters())}
    gradients = torch.autograd.grad(value, list(wanted.values()), retain_graph=True, allow_unused=True)
    for what, gradient in zip(wanted, gradients, strict=True):
        assert gradient is not None, f"{name} does not reach {what}"
        assert gradient.isfinite().all(), f"{name} has no finite gradient for {what}"
        assert gradient.any(), f"{name} has a gradient of zero for {what}"


def all_that_learns_has_a_gradient_and_the_teacher_none(shop: Workshop, first: nn.Module) -> None:
    learnt = {id(parameter) for group in shop.optimiser.param_groups for parameter in group["params"]}
    for parameter in (*first.parameters(), *shop.terms.parameters()):
        assert id(parameter) in learnt
        assert parameter.grad is not None
    assert shop.teacher is not None
    assert shop.live is not None
    for parameter in (*shop.teacher.model.parameters(), *shop.live.model.parameters()):
        assert id(parameter) not in learnt
        assert not parameter.requires_grad
        assert parameter.grad is None


def pairs() -> list[object]:
    """All; quick are those of one family of a kind, and each family with the one before it."""
    quick = {*itertools.product(ONE_OF_A_KIND, ONE_OF_A_KIND), *zip(SMALLEST, SMALLEST[-1:] + SMALLEST, strict=False)}
    every = itertools.product(SMALLEST, SMALLEST)
    return [pytest.param(*pair, marks=[] if pair in quick else pytest.mark.slow) for pair in every]


@pytest.mark.parametrize(("student", "teacher"), pairs())
def test_every_pair_of_families_learns_by_the_suggested_map(student: str, teacher: str, teachers: Teachers) -> None:
    learns(student, teachers(teacher, PLAIN), losses_of(student, teacher))


@pytest.mark.parametrize(
    ("student", "teacher", "shape"),
    [
        ("resnet8-w2", "vgg8-w48", (3, 24, 24)),
        ("resnet8-w2", "vit-micro", (1, 28, 28)),
        ("vit-micro", "resnet8-w2", (3, 32, 32)),
        ("vit-micro", "deit-micro", (1, 32, 32)),
        ("mlp-64x2", "cnn-w8", (1, 24, 24)),
        ("cnn-w8", "mlp-64x2", (1, 8, 8)),
        ("vgg8-w48", "cnn-w8", (1, 8, 8)),
        ("deit-micro", "vit-micro", (1, 8, 8)),
        ("vit-micro", "wrn10-1", (1, 8, 8)),
        (OF_ONES_OWN, OF_TORCHVISION, (3, 32, 32)),
        (OF_TORCHVISION, "mobilenetv2-w25", (1, 32, 32)),
    ],
)
def test_teacher_and_student_may_take_images_of_other_sizes(
    student: str, teacher: str, shape: tuple[int, int, int], teachers: Teachers
) -> None:
    shop = learns(student, teachers(teacher, shape), losses_of(student, teacher))
    assert shop.teacher is not None
    seen = [feed.plain(torch.arange(2)).shape[1:] for feed in (shop.feed, shop.teacher.feed)]
    assert seen == [PLAIN, shape]


@pytest.mark.parametrize("loss", ["hint", "spatial", "rkd"])
def test_a_pair_without_layers_to_meet_is_refused_with_the_reason_and_a_way_out(loss: str, teachers: Teachers) -> None:
    """A student that forgets places, and a teacher that names no layer between its last four and its answers."""
    reason = r"the student's layer2 is a vector of 64 and the teacher names no layer between .*, and its answers"
    with pytest.raises(ConfigError, match=f"{reason}; use losses on soft labels for this pair"):
        trainer_of("mlp-64x2", teachers(OF_TORCHVISION, (3, 64, 64)), {loss: 1.0})
