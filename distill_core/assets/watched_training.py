"""A training that is watched epoch by epoch: what the student says of images, beside what the run says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from distill_core.config import DistillConfig
from distill_core.events import Event, PhaseStarted, Started
from distill_core.losses.attention import attention_map
from distill_core.mapping.taps import Taps
from distill_core.scoring import EVALUATION_BATCH, answers_of
from distill_core.task import Feed, task_named
from distill_core.train.control import RunControl
from distill_core.train.result import RunResult
from distill_core.train.sampler import Sampler
from distill_core.train.trainer import Trainer


@dataclass(frozen=True)
class Watched:
    """A finished training.

    Attributes:
        trainer: with its data, teacher and student; the student has the weights that validation chose.
        result: of the run.
        started: what the run said when it began.
        validation: accuracy after each epoch.
        teacher_validation: the teacher's, if there is one.
        pools: number of images each phase draws from, by the phase's name.
        test_answers: logits `[E + 1, N, C]` on the test images, before training and after each epoch.
        batch: numbers `[B]` of the training images of one batch.
        batch_answers: logits `[E + 1, B, C]` on these.
    """

    trainer: Trainer
    result: RunResult
    started: Started
    validation: list[float]
    teacher_validation: float | None
    pools: dict[str, int]
    test_answers: Tensor
    batch: Tensor
    batch_answers: Tensor


def watch(config: DistillConfig) -> Watched:
    """Trains a student and looks at it before the first step and after every epoch.

    Looking changes nothing: models answer in evaluation mode. The batch is the first of the run's phase `distil`, or of
    a phase like it, without augmentation.
    """
    seen: list[Event] = []
    on_test: list[Tensor] = []
    on_batch: list[Tensor] = []

    def look(event: Event) -> None:
        seen.append(event)
        said: Any = event
        if event.kind == "Started" or (
            event.kind == "Evaluated" and (said.who, said.split) == ("student", "validation")
        ):
            shop = trainer.shop
            on_test.append(answers_of(shop.model, shop.test, len(shop.data.test)))
            on_batch.append(_answers_to(shop.model, shop.feed, batch))

    trainer = Trainer(config, task_named(config.task), on_event=look, control=RunControl())
    every = torch.arange(len(trainer.shop.data.train))
    batch, _ = Sampler(every, config.training.batch_size, config.seed, stream=1).batch(0)
    result = trainer.run()
    said: list[Any] = seen
    return Watched(
        trainer=trainer,
        result=result,
        started=next(event for event in seen if isinstance(event, Started)),
        validation=[event.accuracy for event in said if _is_validation(event, "student")],
        teacher_validation=next((event.accuracy for event in said if _is_validation(event, "teacher")), None),
        pools={event.name: event.pool_size for event in seen if isinstance(event, PhaseStarted)},
        test_answers=torch.stack(on_test),
        batch=batch,
        batch_answers=torch.stack(on_batch),
    )


def _is_validation(event: Any, who: str) -> bool:
    return event.kind == "Evaluated" and (event.who, event.split) == (who, "validation")


def _answers_to(model: nn.Module, feed: Feed, images: Tensor) -> Tensor:
    """Logits `[B, C]` on some unaugmented images; the model is left in the mode it was in."""
    mode = model.training
    model.eval()
    with torch.no_grad():
        answers: Tensor = model(feed.plain(images)).float().cpu()
    model.train(mode)
    return answers


def teacher_answers(watched: Watched) -> tuple[Tensor, Tensor]:
    """The teacher's logits on the test images `[N, C]` and on the batch `[B, C]`."""
    shop = watched.trainer.shop
    assert shop.teacher is not None
    on_test = answers_of(shop.teacher.model, shop.teacher.test, len(shop.data.test))
    return on_test, _answers_to(shop.teacher.model, shop.teacher.feed, watched.batch)


def attention_of(model: nn.Module, feed: Feed, layers: list[str], count: int) -> dict[str, Tensor]:
    """Attention maps `[count, H, W]` of some layers for the first `count` images of a feed, each of L2 norm 1.

    The sum of squares over channels (Zagoruyko & Komodakis 2017), as the loss `at` compares it.
    """
    found: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    mode = model.training
    model.eval()
    with torch.no_grad(), Taps(model, layers) as taps:
        for images in torch.arange(count).split(EVALUATION_BATCH):
            model(feed.plain(images))
            for layer, features in taps.take().items():
                found[layer].append(attention_map(features).squeeze(1).float().cpu())
    model.train(mode)
    maps = {layer: torch.cat(parts) for layer, parts in found.items()}
    return {layer: functional.normalize(each.flatten(1)).view_as(each) for layer, each in maps.items()}
