"""What is left of a training: its figures and its weights with a card."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from distill_core import footprint
from distill_core.cards import ModelCard, is_path, spoken, write_model
from distill_core.config import DistillConfig
from distill_core.events import ModelFacts, PhaseSpan, Started, TermFacts
from distill_core.scoring import Closeness, same_answers
from distill_core.task import Score
from distill_core.train.likeliest import LikeliestAnswers
from distill_core.train.progress import Progress
from distill_core.train.result import ModelScore, RunResult
from distill_core.train.setup import Teacher, Workshop


def started(shop: Workshop, step: int) -> Started:
    """The facts of a run, before it learns anything."""
    example = shop.task.example(shop.data.facts, batch=1).to(shop.fabric.device)
    teacher = shop.teacher
    return Started(
        student=_facts(shop.config.student, shop.student, example),
        teacher=_facts(_teacher_name(shop), teacher.model, _example_of(teacher, shop)) if teacher else None,
        dataset=shop.data.facts.name,
        classes=shop.data.facts.classes,
        images=len(shop.data.train),
        labels=int(shop.visible.sum()),
        steps=shop.steps,
        steps_per_epoch=shop.steps_per_epoch,
        phases=tuple(PhaseSpan(span.phase.name, span.start, span.stop, span.phase.pool) for span in shop.spans),
        device=str(shop.fabric.device),
        precision=shop.config.hardware.precision,
        threads=torch.get_num_threads(),
        memory_format="channels_last" if shop.channels_last else "contiguous",
        step=step,
        terms=tuple(
            TermFacts(
                name=name,
                parameters=footprint.parameters(term),
                pairs=tuple((pair.student, pair.teacher, pair.reason) for pair in term.site.pairs),
            )
            for name, term in shop.terms.named()
        ),
        beginning=shop.beginning,
    )


def result_of(
    shop: Workshop,
    progress: Progress,
    student: Score | None,
    teacher: Score | None,
    near: Closeness | None = None,
    far: Closeness | None = None,
) -> RunResult:
    """The figures of a run; a stopped run has no scores.

    Args:
        shop: of the run.
        progress: how far it came.
        student: its score on the test split.
        teacher: the teacher's.
        near: how near the student comes to the teacher on inputs of the kinds it was trained on.
        far: the same on inputs of other kinds.
    """
    answers = shop.answers
    kept = answers.summary if isinstance(answers, LikeliestAnswers) else None
    seconds = progress.training.seconds
    images = progress.step * shop.config.training.batch_size
    return RunResult(
        status="finished" if student else "stopped",
        student=_student_score(shop, progress, student) if student else None,
        teacher=_teacher_score(shop, teacher) if teacher else None,
        agreement=same_answers(student, teacher, shop.data.test) if student and teacher else None,
        guessing=_guessing(shop.data.test.labels),
        kl=near.kl if near else None,
        token_agreement=near.agreement if near else None,
        kl_beyond=far.kl if far else None,
        token_agreement_beyond=far.agreement if far else None,
        test_inputs=(student.counted if student else None) or len(shop.data.test),
        labels=int(shop.visible.sum()),
        steps=progress.step,
        seconds=seconds,
        images_per_second=images / seconds if seconds else 0.0,
        cache_hit_rate=answers.hit_rate if answers else None,
        answers_kept=dataclasses.asdict(kept) if kept else None,
        teacher_forwards=answers.forwards if answers else 0,
        fingerprint=shop.config.fingerprint(),
        data_sha256=shop.data.facts.sha256,
        threads=torch.get_num_threads(),
        memory_format="channels_last" if shop.channels_last else "contiguous",
        versions=_versions(),
        beginning=dataclasses.asdict(shop.beginning) if shop.beginning else None,
        untrained=_untrained(shop, progress),
        writing_seconds=progress.writing_seconds,
    )


def not_begun(config: DistillConfig) -> RunResult:
    """Of a run that was stopped before its models were ready."""
    return RunResult(
        status="stopped",
        student=None,
        teacher=None,
        agreement=None,
        guessing=None,
        kl=None,
        token_agreement=None,
        kl_beyond=None,
        token_agreement_beyond=None,
        test_inputs=0,
        labels=0,
        steps=0,
        seconds=0.0,
        images_per_second=0.0,
        cache_hit_rate=None,
        answers_kept=None,
        teacher_forwards=0,
        fingerprint=config.fingerprint(),
        data_sha256="",
        threads=torch.get_num_threads(),
        memory_format="contiguous",
        versions=_versions(),
    )


def write_weights(
    folder: Path, shop: Workshop, result: RunResult, best: Mapping[str, Tensor], last: Mapping[str, Tensor]
) -> None:
    """Writes ``best`` and ``last`` as model folders; only the tested weights carry an accuracy.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    facts = shop.data.facts
    card = ModelCard(
        task=shop.task.name,
        architecture=shop.architecture,
        classes=facts.classes,
        input_shape=facts.input_shape,
        mean=facts.mean,
        std=facts.std,
        dataset=facts.name,
        parameters=footprint.parameters(shop.student),
        labels_seen=result.labels,
        vocabulary=facts.vocabulary,
        provenance={
            "config": shop.config.model_dump(mode="json"),
            "seed": shop.config.seed,
            "teacher_sha256": shop.teacher.card.weights_sha256 if shop.teacher else None,
            "data_sha256": facts.sha256,
            "threads": result.threads,
            "versions": result.versions,
            **({"beginning": result.beginning} if result.beginning else {}),
        },
    )
    assert result.student is not None
    tested = {
        "accuracy": result.student.accuracy,
        "accuracy_on": f"{result.test_inputs:,} test {shop.task.scored(facts.name)} of {facts.name}",
    }
    write_model(folder / "best", card.model_copy(update=tested), dict(best))
    write_model(folder / "last", card, dict(last))


def _guessing(labels: Tensor) -> float | None:
    """What always giving the commonest label `[N]` of the test split would reach; None for texts `[N, L]`."""
    return int(labels.bincount().max()) / len(labels) if labels.ndim == 1 else None


def _student_score(shop: Workshop, progress: Progress, score: Score) -> ModelScore:
    return ModelScore(
        name=spoken(shop.config.student),
        parameters=footprint.parameters(shop.student),
        accuracy=score.accuracy,
        loss=score.loss,
        validation_accuracy=progress.best_accuracy,
        best_epoch=progress.best_epoch,
        last_accuracy=progress.last_accuracy,
        metrics=dict(score.metrics),
        counts=dict(score.counts),
        by_class=list(score.by_class),
        learned_from=progress.positions,
    )


def _untrained(shop: Workshop, progress: Progress) -> ModelScore | None:
    found = progress.untrained
    return ModelScore(spoken(shop.config.student), footprint.parameters(shop.student), **found) if found else None


def _teacher_score(shop: Workshop, score: Score) -> ModelScore:
    assert shop.teacher is not None
    return ModelScore(
        name=_teacher_name(shop),
        parameters=footprint.parameters(shop.teacher.model),
        accuracy=score.accuracy,
        loss=score.loss,
        metrics=dict(score.metrics),
        counts=dict(score.counts),
        by_class=list(score.by_class),
    )


def _example_of(teacher: Teacher, shop: Workshop) -> Tensor:
    return shop.task.example(teacher.card, batch=1).to(shop.fabric.device)


def _teacher_name(shop: Workshop) -> str:
    """An embedded teacher's name; for a folder, its architecture and the folder's name."""
    reference = shop.config.teacher or ""
    is_folder = is_path(reference)
    return f"{shop.teacher.card.architecture} ({Path(reference).name})" if is_folder and shop.teacher else reference


def _facts(name: str, model: torch.nn.Module, example: Tensor) -> ModelFacts:
    return ModelFacts(name, footprint.parameters(model), footprint.macs(model, example), footprint.bytes_fp32(model))


def _versions() -> dict[str, str]:
    from importlib.metadata import version

    import distill_core

    return {
        "distill_core": distill_core.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": version("torchvision"),
        "lightning-fabric": version("lightning-fabric"),
    }
