"""The training loop: one configuration in, one stream of events out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from distill_core.cards import replace_file
from distill_core.config import DistillConfig
from distill_core.errors import DivergedError
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
from distill_core.task import Feed, Task, task_named
from distill_core.train.control import RunControl
from distill_core.train.evaluate import Score, evaluate
from distill_core.train.logbook import steps_between_points
from distill_core.train.objective import StepInputs, raw_terms, term_weights, weighted_sum
from distill_core.train.outcome import result_of, started, write_weights
from distill_core.train.pools import pool_of
from distill_core.train.progress import Progress, weights_of
from distill_core.train.result import RunResult
from distill_core.train.sampler import Sampler
from distill_core.train.schedule import Span, learning_rate
from distill_core.train.setup import furnish

__all__ = ["RunResult", "Trainer", "distill"]

Listener = Callable[[Event], None]
_FRESH_DRAWS_A_PHASE = 1_000_000


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
        resume: go on from the folder's checkpoint; the result equals that of a run never stopped.
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
    trainer = Trainer(
        config,
        task_named(config.task),
        on_event=on_event or (lambda _event: None),
        control=control or RunControl(),
        folder=Path(folder) if folder is not None else None,
        home=Path(home) if home is not None else None,
    )
    try:
        return trainer.run(resume=resume)
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
        self.shop = furnish(config, task, home, warn=lambda message: on_event(Warned(message)))
        self.progress = Progress()
        self._begun_at = (0, 0.0)

    def run(self, resume: bool = False) -> RunResult:
        """Trains to the end, or until told to stop."""
        if resume:
            assert self._folder is not None
            self.progress = Progress.restore(self._folder, self.shop)
        elif self._folder:
            replace_file(self._folder / "config.json", (self.config.to_json() + "\n").encode())
        self._begun_at = (self.progress.step, self.progress.training.seconds)
        self._tell(started(self.shop, self.progress.step))
        if resume:
            self._tell(Resumed(self.progress.step))
        try:
            self._meet_teacher()
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
        pool = pool_of(span.phase, shop.data.train.labels, shop.visible, self._plain_answers if shop.answers else None)
        sampler = Sampler(pool, self.config.training.batch_size, self.config.seed, stream=span.index)
        weights = term_weights(self.config, span.phase)
        points = steps_between_points(shop.steps)
        answered: set[int] = set()
        self._tell(PhaseStarted(span.phase.name, span.index, progress.step, len(pool)))
        while progress.step < span.stop:
            self._obey()
            indices, draws = self._batch(span, sampler, answered, asks_teacher="kd" in weights)
            with progress.training.counting():
                terms = self._learn(span, weights, indices, draws)
            progress.step += 1
            progress.means.add(terms)
            if progress.step % points == 0 or progress.step == shop.steps:
                self._log(span, weights)
            if self._epoch_is_unjudged():
                self._end_epoch()

    def _batch(self, span: Span, sampler: Sampler, answered: set[int], asks_teacher: bool) -> tuple[Tensor, Tensor]:
        """Image indices `[B]` and draws `[B]` of the coming step; the teacher has answered them when it returns."""
        answers, kept = self.shop.answers, self.config.augmentation.draws
        indices, passes = sampler.batch(self.progress.step - span.start)
        if answers is None or kept == 0:
            return indices, passes + span.index * _FRESH_DRAWS_A_PHASE
        touched = range(int(passes[0]), int(passes[-1]) + 1) if asks_teacher else ()
        for number in sorted(set(touched) - answered):
            images = sampler.images_of(number, span.stop - span.start)
            answers.prepare(number % kept, images, self._progress_of("The teacher answers images"))
            answered.add(number)
        return indices, passes % kept

    def _learn(self, span: Span, weights: dict[str, float], indices: Tensor, draws: Tensor) -> dict[str, Tensor]:
        """One step of gradient descent; returns the raw terms."""
        shop, config = self.shop, self.config
        device = shop.fabric.device
        teacher_logits = shop.answers.at(indices, draws).to(device) if shop.answers and "kd" in weights else None
        logits = shop.model(shop.feed.augmented(indices, draws))
        labels, labelled = shop.data.train.labels[indices].to(device), shop.visible[indices].to(device)
        terms = raw_terms(weights, StepInputs(logits, labels, labelled, teacher_logits), config.objective.temperature)
        loss = weighted_sum(weights, terms)
        if not torch.isfinite(loss):
            raise DivergedError(self._divergence(span, terms))
        rate = learning_rate(self.progress.step, shop.steps, config.optimiser, span.phase)
        for group in shop.optimiser.param_groups:
            group["lr"] = rate
        shop.optimiser.zero_grad(set_to_none=True)
        shop.fabric.backward(loss)
        if config.optimiser.clip_norm is not None:
            shop.fabric.clip_gradients(shop.model, shop.optimiser, max_norm=config.optimiser.clip_norm)
        shop.optimiser.step()
        self.progress.train_accuracy.add(logits, labels, labelled)
        return {term: value.detach() for term, value in terms.items()}

    def _log(self, span: Span, weights: dict[str, float]) -> None:
        progress, shop = self.progress, self.shop
        means = progress.means.take()
        weighted = {term: weights[term] * value for term, value in means.items() if term in weights}
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
            )
        )

    def _epoch_is_unjudged(self) -> bool:
        """True after an epoch's last step, and on resuming there if the stop came before the validation."""
        whole, steps_over = divmod(self.progress.step, self.shop.steps_per_epoch)
        return steps_over == 0 and whole > self.progress.epochs_judged

    def _end_epoch(self) -> None:
        progress, shop = self.progress, self.shop
        epoch = progress.step // shop.steps_per_epoch
        score = self._score(shop.model, shop.validation, shop.data.validation.labels)
        best = progress.judge(score.accuracy, epoch, shop)
        train = progress.train_accuracy.take()
        self._tell(Evaluated(progress.step, epoch, "validation", "student", score.accuracy, score.loss, train, best))
        self._save()

    def _meet_teacher(self) -> None:
        """Scores the teacher on validation, where the student will be scored too."""
        shop = self.shop
        if shop.teacher is not None and shop.teacher_validation is not None:
            score = self._score(shop.teacher, shop.teacher_validation, shop.data.validation.labels)
            self._tell(Evaluated(self.progress.step, 0, "validation", "teacher", score.accuracy, score.loss))

    def _plain_answers(self) -> Tensor:
        """What the teacher says of the unaugmented images, `[N, C]`."""
        assert self.shop.answers is not None
        return self.shop.answers.plain(self._progress_of("The teacher ranks the images by ease"))

    def _finish(self) -> RunResult:
        """Tests the weights that validation chose, and the teacher, once."""
        shop, progress, labels = self.shop, self.progress, self.shop.data.test.labels
        last = weights_of(shop.student)
        shop.student.load_state_dict(progress.best)
        epochs = self.config.training.epochs
        teacher: Score | None = None
        try:
            student = self._score(shop.model, shop.test, labels)
            self._tell(Evaluated(progress.step, epochs, "test", "student", student.accuracy, student.loss))
            if shop.teacher is not None and shop.teacher_test is not None:
                teacher = self._score(shop.teacher, shop.teacher_test, labels)
                self._tell(Evaluated(progress.step, epochs, "test", "teacher", teacher.accuracy, teacher.loss))
        except _StopAsked:
            shop.student.load_state_dict(last)
            raise
        result = result_of(shop, progress, student, teacher)
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

    def _score(self, model: nn.Module, feed: Feed, labels: Tensor) -> Score:
        return evaluate(model, feed, labels, between=self._raise_if_stopping)

    def _progress_of(self, what: str) -> Callable[[int, int], None]:
        def tell(done: int, total: int) -> None:
            self._tell(Preparing(what, done, total))
            self._raise_if_stopping()

        return tell

    def _divergence(self, span: Span, terms: dict[str, Tensor]) -> str:
        values = ", ".join(f"{term} {value.item():g}" for term, value in terms.items())
        kept = f" The checkpoint and the settings are kept in {self._folder}." if self._folder else ""
        return (
            f"The loss is no longer a number at step {self.progress.step} (phase {span.phase.name!r}; {values}). "
            f"The learning rate {self.config.optimiser.learning_rate:g} is the usual cause: try a tenth of it, "
            f"or set clip_norm to 1.{kept}"
        )
