"""The training loop: one configuration in, one stream of events out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from distill_core.cards import parted, replace_file
from distill_core.config import DistillConfig
from distill_core.errors import ConfigError, DivergedError
from distill_core.events import (
    Checkpointed,
    Evaluated,
    Event,
    Finished,
    Paused,
    PhaseStarted,
    Preparing,
    Resumed,
    StepLogged,
    Stopped,
    Warned,
)
from distill_core.home import writable_folder
from distill_core.scoring import AGREEMENT, Closeness, answers_of, same_answers
from distill_core.task import Feed, Score, Split, Task, task_named
from distill_core.train.checkpoint import FILE as CHECKPOINT
from distill_core.train.control import RunControl
from distill_core.train.divergence import what_to_do
from distill_core.train.lessons import Batch, lesson_of, on_policy_batch, ordinary_batch
from distill_core.train.likeliest import LikeliestAnswers
from distill_core.train.likened import likened, to_origin, with_metrics
from distill_core.train.logbook import POINTS_A_GRADIENT, steps_between_points
from distill_core.train.moment import Moment, levels_of, moment_of
from distill_core.train.outcome import not_begun, result_of, started, write_weights
from distill_core.train.pieces import Piece, Sums, pieces_of
from distill_core.train.pools import Answers, pool_of
from distill_core.train.progress import Progress, weights_of
from distill_core.train.result import RunResult
from distill_core.train.sampler import Sampler
from distill_core.train.schedule import Span, Stretch, learning_rate, stretches_of
from distill_core.train.setup import furnish
from distill_core.train.terms import Asks
from distill_core.train.watching import watcher_of
from distill_core.train.worth import of_little_use

__all__ = ["RunResult", "Trainer", "distill"]

Listener = Callable[[Event], None]
_FRESH_DRAWS_A_POOL = 1_000_000


def distill(
    config: DistillConfig,
    *,
    on_event: Listener | None = None,
    control: RunControl | None = None,
    folder: Path | str | None = None,
    resume: bool = False,
    home: Path | str | None = None,
) -> RunResult:
    """Trains a student from a configuration, with a teacher or on labels alone, and tests it once at the end.

    It prints nothing and changes no argument. The same configuration gives the same numbers on the same machine and
    thread count; torch's generators belong to the process, so train one run at a time in a process.

    Args:
        config: everything that affects the numbers.
        on_event: called in this thread with each event, in order; its time is not counted as training.
        control: pause, go on or stop from another thread.
        folder: where checkpoints and weights go; None writes nothing.
        resume: go on from the folder's checkpoint; the result equals that of a run never stopped. Needs a folder.
        home: for downloads and the teacher's kept answers; None keeps no answers.

    Returns:
        The figures of student and teacher. The trained weights are in ``folder/best`` and ``folder/last``.

    Raises:
        DistillError: with a sentence that says what to do.

    Example:
        >>> result = distill(DistillConfig(label_budget=400), folder="my-run")  # doctest: +SKIP
        >>> result.student.accuracy  # doctest: +SKIP
        0.85
    """
    threads = torch.get_num_threads()
    tell = on_event or (lambda _event: None)
    try:
        trainer = Trainer(
            config,
            task_named(config.task),
            on_event=tell,
            control=control or RunControl(),
            folder=Path(folder) if folder is not None else None,
            home=Path(home) if home is not None else None,
        )
        return trainer.run(resume=resume)
    except _StopAsked:  # before there was anything to train; what the teacher wrote by then is kept
        tell(Stopped(0))
        return not_begun(config)
    finally:
        torch.set_num_threads(threads)


class _StopAsked(Exception):
    """Carries a stop from deep inside a preparation up to `run`."""


class Trainer:
    """A run in progress. `distill` is the way to use it."""

    def __init__(
        self,
        config: DistillConfig,
        task: Task,
        on_event: Listener,
        control: RunControl,
        folder: Path | None = None,
        home: Path | None = None,
    ) -> None:
        self.config = config
        self._tell = on_event
        self._control = control
        self._folder = writable_folder(folder) if folder else None
        self.shop = furnish(
            config,
            task,
            home,
            warn=lambda message: on_event(Warned(message)),
            progress_of=lambda what: self._progress_of(what, task.noun),
        )
        self.progress = Progress()
        self._begun_at = (0, 0.0)
        self._said_what_is_kept = False
        self._teacher_on_validation: Score | None = None
        self._watcher = watcher_of(self.shop)

    def run(self, resume: bool = False) -> RunResult:
        """Trains to the end, or until told to stop."""
        if resume:
            self.progress = Progress.restore(_folder_to_resume(self._folder), self.shop)
        elif self._folder:
            replace_file(self._folder / "config.json", (self.config.to_json() + "\n").encode())
        self.progress.writing_seconds += self.shop.writing_seconds
        self._begun_at = (self.progress.step, self.progress.training.seconds)
        self._tell(started(self.shop, self.progress.step))
        if resume:
            self._tell(Resumed(self.progress.step))
        try:
            self._meet_teacher()
            self._begin_to_watch()
            self._score_untrained()
            self._score_saved_weights()
            if self._epoch_is_unjudged():
                self._end_epoch()
            for span in self.shop.spans:
                if self.progress.step < span.stop:
                    self._train(span)
            return self._finish()
        except _StopAsked:
            return self._stopped()

    def _train(self, span: Span) -> None:
        """One phase, from wherever in it the run stands to its last step."""
        shop, progress = self.shop, self.progress
        answers = Answers(self._plain_answers, self._student_answers) if shop.answers else None
        if progress.step == span.start:
            progress.student_says = None
        begun = False
        for stretch in stretches_of(span):
            if progress.step >= stretch.stop:
                continue
            pool = self._pool(span, stretch, answers)
            if not begun:
                self._tell(PhaseStarted(span.phase.name, span.index, progress.step, len(pool)))
                begun = True
            self._train_on(pool, span, stretch)

    def _pool(self, span: Span, stretch: Stretch, answers: Answers | None) -> Tensor:
        train = self.shop.data.train
        return pool_of(span.phase, train.groups, self.shop.visible, answers, stretch.share, train.hardness)

    def _train_on(self, pool: Tensor, span: Span, stretch: Stretch) -> None:
        """The steps of a phase that draw from one pool."""
        shop, progress = self.shop, self.progress
        batches = Sampler(pool, self.config.training.batch_size, self.config.seed, stream=stretch.stream)
        asks = shop.terms.asks(levels_of(self.config, span.phase))
        if asks == "logits" and self.config.augmentation.mixes:
            asks = "layers"
        points = steps_between_points(shop.steps)
        answered: set[int] = set()
        while progress.step < stretch.stop:
            self._obey()
            kept = asks == "logits" and not self._student_writes(progress.step)
            indices, draws = self._batch(batches, stretch, answered, prepare=kept)
            with progress.training.counting():
                shows_gradients = self._is_point(progress.step + 1, points * POINTS_A_GRADIENT)
                self._learn(span, indices, draws, asks, shows_gradients)
            progress.step += 1
            if self._is_point(progress.step, points):
                self._log(span)
            if self._epoch_is_unjudged():
                self._end_epoch()

    def _is_point(self, steps: int, points: int) -> bool:
        return steps % points == 0 or steps == self.shop.steps

    def _batch(self, batches: Sampler, stretch: Stretch, answered: set[int], prepare: bool) -> tuple[Tensor, Tensor]:
        """Image indices `[B]` and draws `[B]` of the coming step; asked to prepare, the teacher has answered them."""
        answers, kept = self.shop.answers, self._versions()
        indices, passes = batches.batch(self.progress.step - stretch.start)
        if answers is None or kept == 0:
            return indices, passes + stretch.stream * _FRESH_DRAWS_A_POOL
        touched = range(int(passes[0]), int(passes[-1]) + 1) if prepare else ()
        for number in sorted(set(touched) - answered):
            own = [step - stretch.start for step in range(stretch.start, stretch.stop) if self._student_writes(step)]
            images = batches.images_of(number, stretch.stop - stretch.start, without=own)
            told = self._progress_of("The teacher answers {noun}", self.shop.task.noun)
            answers.prepare((number + stretch.shift) % kept, images, told, self._obey)
            answered.add(number)
            self._say_what_is_kept()
        return indices, (passes + stretch.shift) % kept

    def _versions(self) -> int:
        """Of how many versions of an input the teacher's answers are kept; of a text there is one."""
        draws = self.config.augmentation.draws
        return draws if self.shop.data.train.labels.ndim == 1 else min(draws, 1)

    def _learn(self, span: Span, indices: Tensor, draws: Tensor, asks: Asks, shows_gradients: bool) -> None:
        """One step of gradient descent; its terms go into the means."""
        shop, config, progress = self.shop, self.config, self.progress
        moment = moment_of(config, span, progress.step, shop.steps)
        watched = shop.student.parameters() if shows_gradients and config.training.gradient_shares else ()
        sums = Sums(moment.weights, [parameter for parameter in watched if parameter.requires_grad])
        shop.optimiser.zero_grad(set_to_none=True)
        for piece in pieces_of(self._shown(indices, draws, asks), config.training):
            self._study(piece, moment, sums)
        if not torch.isfinite(sums.loss):
            raise DivergedError(self._divergence(span, sums.terms, moment.weights))
        rate = learning_rate(progress.step, shop.steps, config.optimiser, span.phase)
        for group in shop.optimiser.param_groups:
            group["lr"] = rate
        if config.optimiser.clip_norm is not None:
            shop.fabric.clip_gradients(shop.model, shop.optimiser, max_norm=config.optimiser.clip_norm)
        shop.optimiser.step()
        progress.temperature = moment.temperature
        progress.means.add(sums.terms, moment.weights)
        progress.gradients = sums.gradient_norms or None

    def _study(self, piece: Piece, moment: Moment, sums: Sums) -> None:
        """Adds a piece's part of the step's gradient to what the parameters have."""
        lesson = lesson_of(self.shop, piece.batch, moment.temperature)
        terms = self.shop.terms.raw(moment.weights, lesson)
        self.shop.fabric.backward(sums.add(piece, terms))
        if self.progress.positions is not None:
            self.progress.positions += len(lesson.logits)
        self.progress.train_accuracy.add(lesson.logits, lesson.labels, lesson.labelled)

    def _shown(self, indices: Tensor, draws: Tensor, asks: Asks) -> Batch:
        """What the step shows to both models; one whose terms ask no teacher is never for the student's texts."""
        shop, step = self.shop, self.progress.step
        if asks != "nothing" and self._student_writes(step):
            return on_policy_batch(shop, step, indices, draws, self._raise_if_stopping)
        return ordinary_batch(shop, step, indices, draws, asks)

    def _student_writes(self, step: int) -> bool:
        return self.shop.on_policy is not None and self.shop.on_policy.writes(step)

    def _log(self, span: Span) -> None:
        progress, shop = self.progress, self.shop
        means, weighted = progress.means.take()
        first_step, first_seconds = self._begun_at
        seconds_here = progress.training.seconds - first_seconds
        self._tell(
            StepLogged(
                step=progress.step,
                phase=span.phase.name,
                terms=means,
                weighted=weighted,
                loss=sum(weighted.values()),
                learning_rate=shop.optimiser.param_groups[0]["lr"],
                images_per_second=progress.step * self.config.training.batch_size / progress.training.seconds,
                seconds=progress.training.seconds,
                seconds_left=seconds_here / (progress.step - first_step) * (shop.steps - progress.step),
                cache_hit_rate=shop.answers.hit_rate if shop.answers else None,
                temperature=progress.temperature if shop.teacher else None,
                gradients=progress.gradients,
            )
        )

    def _epoch_is_unjudged(self) -> bool:
        """True after an epoch's last step, and on resuming there if the stop came before the validation."""
        whole, steps_over = divmod(self.progress.step, self.shop.steps_per_epoch)
        return steps_over == 0 and whole > self.progress.epochs_judged

    def _end_epoch(self) -> None:
        progress, shop = self.progress, self.shop
        epoch = progress.step // shop.steps_per_epoch
        score = self._score(shop.model, shop.validation, shop.data.validation)
        if self._teacher_on_validation is not None:
            same = same_answers(score, self._teacher_on_validation, shop.data.validation)
            score = with_metrics(score, {AGREEMENT: same})
        best = progress.judge(score.accuracy, epoch, shop)
        train = progress.train_accuracy.take()
        self._tell_score(score, epoch, "validation", "student", train, best)
        if self._watcher and self._watcher.is_due(epoch):
            self._tell(self._watcher.student_looks(progress.step, epoch))
        self._save()

    def _meet_teacher(self) -> None:
        """Scores the teacher on validation, where the student will be scored too."""
        shop = self.shop
        if shop.teacher:
            score = self._score(shop.teacher.model, shop.teacher.validation, shop.data.validation)
            self._teacher_on_validation = score
            self._tell_score(score, 0, "validation", "teacher")
            if doubt := of_little_use(score, shop.data.validation.labels, shop.data.facts.outputs):
                self._tell(Warned(doubt))

    def _begin_to_watch(self) -> None:
        """Shows one image to both models, where that can be drawn; the student sees it again after epochs."""
        if self._watcher:
            self._tell(self._watcher.introduction())
            self._tell(self._watcher.teacher_looks())
            if self.progress.step == 0:
                self._tell(self._watcher.student_looks(0, 0))

    def _score_untrained(self) -> None:
        """Tests a student that begins with layers of its teacher before it learns anything: what it starts from."""
        shop, progress = self.shop, self.progress
        if shop.teacher is None or shop.beginning is None or progress.step or progress.untrained is not None:
            return
        score = self._score(shop.model, shop.test, shop.data.test)
        near = likened(shop, ~shop.data.test.beyond, self._raise_if_stopping)
        score = with_metrics(score, to_origin(shop, near))
        progress.untrained = {"accuracy": score.accuracy, "loss": score.loss, "metrics": dict(score.metrics)}

    def _score_saved_weights(self) -> None:
        """Scores a student that begins with a file of weights on validation: its curve begins where they were."""
        shop = self.shop
        if self.progress.step == 0 and parted(self.config.student)[0]:
            score = self._score(shop.model, shop.validation, shop.data.validation)
            self._tell_score(score, 0, "validation", "student")

    def _plain_answers(self) -> Tensor:
        """What the teacher says of the unaugmented images, `[N, C]`."""
        assert self.shop.answers is not None
        told = self._progress_of("The teacher ranks the {noun} by ease", self.shop.task.noun)
        return self.shop.answers.plain(told, self._obey)

    def _say_what_is_kept(self) -> None:
        """Once, when the first answers are there; the result says it of all of them."""
        answers = self.shop.answers
        if not self._said_what_is_kept and isinstance(answers, LikeliestAnswers) and answers.summary:
            self._said_what_is_kept = True
            self._tell(answers.summary)
            if doubt := answers.doubt(answers.summary):
                self._tell(Warned(doubt))

    def _student_answers(self) -> Tensor:
        """What the student says of the unaugmented images, `[N, C]`, when a phase begins."""
        progress, shop = self.progress, self.shop
        if progress.student_says is None:
            progress.student_says = answers_of(shop.model, shop.feed, len(shop.data.train), self._raise_if_stopping)
        return progress.student_says

    def _finish(self) -> RunResult:
        """Tests the weights that validation chose, and the teacher, once."""
        shop, progress, test = self.shop, self.progress, self.shop.data.test
        last = weights_of(shop.student)
        shop.student.load_state_dict(progress.best)
        epochs = self.config.training.epochs
        teacher: Score | None = None
        near: Closeness | None = None
        far: Closeness | None = None
        try:
            student = self._score(shop.model, shop.test, test)
            near = likened(shop, ~test.beyond, self._raise_if_stopping)
            student = with_metrics(student, to_origin(shop, near))
            self._tell_score(student, epochs, "test", "student")
            if shop.teacher:
                teacher = self._score(shop.teacher.model, shop.teacher.test, test)
                self._tell_score(teacher, epochs, "test", "teacher")
                far = likened(shop, test.beyond, self._raise_if_stopping)
        except _StopAsked:
            shop.student.load_state_dict(last)
            raise
        result = result_of(shop, progress, student, teacher, near if shop.teacher else None, far)
        if self._folder:
            write_weights(self._folder, shop, result, progress.best, last)
        self._tell(Finished(result.to_dict()))
        return result

    def _stopped(self) -> RunResult:
        self._save()
        self._tell(Stopped(self.progress.step))
        return result_of(self.shop, self.progress, None, None)

    def _obey(self) -> None:
        """Does what the control says: goes on, waits, or raises to stop."""
        if self._control.decision == "pause":
            self._save()
            self._tell(Paused(self.progress.step))
            if self._control.wait_while_paused() == "go":
                self._tell(Resumed(self.progress.step))
        self._raise_if_stopping()

    def _raise_if_stopping(self) -> None:
        if self._control.stopping:
            raise _StopAsked

    def _save(self) -> None:
        if self._folder:
            path = self.progress.save(self._folder, self.shop)
            self._tell(Checkpointed(self.progress.step, str(path)))

    def _score(self, model: nn.Module, feed: Feed, split: Split) -> Score:
        return self.shop.task.score(model, feed, split, self._raise_if_stopping)

    def _tell_score(
        self,
        score: Score,
        epoch: int,
        split: Literal["validation", "test"],
        who: Literal["student", "teacher"],
        train: float | None = None,
        best: bool = False,
    ) -> None:
        self._tell(
            Evaluated(
                step=self.progress.step,
                epoch=epoch,
                split=split,
                who=who,
                accuracy=score.accuracy,
                loss=score.loss,
                train_accuracy=train,
                best=best,
                metrics=dict(score.metrics),
                by_class=score.by_class,
            )
        )

    def _progress_of(self, what: str, noun: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            self._tell(Preparing(what.format(noun=noun), done, total, noun))
            self._raise_if_stopping()

        return tell

    def _divergence(self, span: Span, terms: dict[str, Tensor], weights: dict[str, float]) -> str:
        values = {term: value.item() for term, value in terms.items()}
        said = ", ".join(f"{term} {value:g}" for term, value in values.items())
        advice = what_to_do(values, weights, self.progress.means.last, self.config.optimiser.learning_rate)
        kept = ""
        if self._folder:
            what = "checkpoint and the settings" if (self._folder / CHECKPOINT).exists() else "settings"
            kept = f" The {what} are kept in {self._folder}."
        return (
            f"The loss is no longer a number at step {self.progress.step} (phase {span.phase.name!r}; {said}). "
            f"{advice}{kept}"
        )


def _folder_to_resume(folder: Path | None) -> Path:
    if folder is None:
        raise ConfigError(
            "resume: there is no folder to find a checkpoint in; name the run's folder, or set it to False"
        )
    return folder
