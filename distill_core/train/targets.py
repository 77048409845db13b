"""The frozen teacher and its answers, kept so that no image is ever answered twice.

Draw `d` of an image is answered just before the first pass that uses it, in index order and in batches of a fixed
size, and kept under a key made of data, teacher and augmentation: later passes and later runs have it free, and
there are never more teacher forwards than a live teacher would need.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from distill_core.cards import replace_file
from distill_core.errors import StorageError
from distill_core.losses.truncated import Kept
from distill_core.scoring import logits_where
from distill_core.task import Feed, no_matter, no_progress

FORWARD_BATCH = 64
_TOLD_EVERY = 4
"""Of the teacher's batches: how often progress is told."""
PLAIN = -1

Progress = Callable[[int, int], None]


class TeacherAnswers:
    """Logits of a frozen teacher, by image and draw.

    Args:
        teacher: frozen, and `folded` where that helps; called with batches of `feed`.
        feed: of the transfer set.
        count: N images.
        classes: C.
        folder: where answers are kept between runs; None keeps them for this run only.
        keep: False asks the teacher again every time (fresh augmentation on every pass needs that).
        warn: told once if answers cannot be written; the run goes on without.
        positions: L, where each input has as many answers: they are then `[N, L, C]`; None for one answer each.
    """

    def __init__(
        self,
        teacher: nn.Module,
        feed: Feed,
        count: int,
        classes: int,
        folder: Path | None,
        keep: bool = True,
        warn: Callable[[str], None] = lambda _: None,
        positions: int | None = None,
    ) -> None:
        self._teacher = teacher
        self._feed = feed
        self._shape = (count, classes) if positions is None else (count, positions, classes)
        self._folder = folder
        self._keep = keep
        self._warn = warn
        self._kept: dict[int, dict[str, Tensor]] = {}
        self.forwards = 0
        self.asked = 0

    @property
    def hit_rate(self) -> float | None:
        """Share of the answers asked for that needed no new forward; None before the first.

        Answers on unaugmented images, which choose a pool, count only where the teacher had to give them: a run that
        goes on from a checkpoint looks them up once more, and must not look better for it.
        """
        return 1 - min(self.forwards, self.asked) / self.asked if self.asked else None

    def plain(self, progress: Progress = no_progress, between: Callable[[], None] = no_matter) -> Tensor:
        """Answers `[N, C]` on the unaugmented images; see `prepare`."""
        before = self.forwards
        try:
            self.prepare(PLAIN, torch.arange(self._shape[0]), progress, between)
        finally:
            self.asked += self.forwards - before
        return self._kept[PLAIN]["logits"]

    def prepare(
        self,
        draw: int,
        indices: Tensor,
        progress: Progress = no_progress,
        between: Callable[[], None] = no_matter,
    ) -> None:
        """Answers what is missing of a draw; without `keep` there is nothing to prepare.

        Args:
            draw: which augmented version; `PLAIN` for none.
            indices: `[M]` images that the coming pass will use.
            progress: told how many of the missing are answered.
            between: called before each of the teacher's batches; may wait, or raise to end the filling. What is
                answered by then is kept.
        """
        if not self._keep and draw != PLAIN:
            return
        if draw not in self._kept:
            self._kept[draw] = self._read(draw)
        known = self._kept[draw]["known"]
        missing = indices[known[indices] == 0].sort().values
        if len(missing) == 0:
            return
        done = 0
        try:
            told = 0
            for batch in missing.split(self._at_once):
                between()
                self._answer(batch, draw)
                known[batch] = 1
                done += len(batch)
                if done - told >= _TOLD_EVERY * self._at_once or done == len(missing):
                    told = done
                    progress(done, len(missing))
        finally:
            if done:
                self._write(draw)

    def taught(self, indices: Tensor, draws: Tensor) -> Tensor | Kept:
        """What a student is taught about inputs `[B]` in their draws `[B]`: `at`, or what is kept of it."""
        return self.at(indices, draws)

    def at(self, indices: Tensor, draws: Tensor) -> Tensor:
        """Answers `[B, C]` for images `[B]` in their draws `[B]`, which `prepare` has seen."""
        self.asked += len(indices)
        if not self._keep:
            return self._forward(indices, draws)
        first = int(draws[0])
        answers = self._kept[first]["logits"][indices]
        if not bool((draws == first).all()):
            for draw in draws.unique().tolist():
                here = draws == draw
                answers[here] = self._kept[draw]["logits"][indices[here]]
        return answers

    @property
    def _at_once(self) -> int:
        """How many inputs the teacher answers before the answers are put away."""
        return FORWARD_BATCH

    def _empty(self, draw: int) -> dict[str, Tensor]:  # noqa: ARG002
        """What is kept of a draw before anything is known: tensors by name, `known` `[N]` uint8 among them."""
        return {"logits": torch.zeros(self._shape), "known": torch.zeros(self._shape[0], dtype=torch.uint8)}

    def _answer(self, batch: Tensor, draw: int) -> None:
        """Asks the teacher about these inputs and keeps what it says."""
        self._kept[draw]["logits"][batch] = self._forward(batch, torch.full_like(batch, draw))

    def _forward(self, indices: Tensor, draws: Tensor, where: Tensor | None = None) -> Tensor:
        """Asks the teacher, in batches small enough for the processor's cache: faster than large ones.

        With `where`, `[B, L]` bool of texts, only about these positions: `[P, C]`.
        """
        self.forwards += len(indices)
        answers = []
        with torch.no_grad():
            for start in range(0, len(indices), FORWARD_BATCH):
                these = slice(start, start + FORWARD_BATCH)
                plain = int(draws[start]) == PLAIN
                few = indices[these]
                inputs = self._feed.plain(few) if plain else self._feed.augmented(few, draws[these])
                said = self._teacher(inputs) if where is None else logits_where(self._teacher, inputs, where[these])
                answers.append(said.float().cpu())
        return torch.cat(answers)

    def _path(self, draw: int) -> Path | None:
        name = "plain" if draw == PLAIN else f"draw-{draw}"
        return self._folder / f"{name}.safetensors" if self._folder else None

    def _read(self, draw: int) -> dict[str, Tensor]:
        from safetensors import SafetensorError
        from safetensors.torch import load

        path, empty = self._path(draw), self._empty(draw)
        if path is not None and path.is_file():
            try:
                kept = load(path.read_bytes())
                if all(_alike(kept[name], part) for name, part in empty.items()):
                    return kept
            except (OSError, SafetensorError, KeyError):
                pass
            self._warn(f"The kept teacher's answers in {path} are damaged; the teacher answers these inputs again.")
        return empty

    def _write(self, draw: int) -> None:
        from safetensors.torch import save

        path = self._path(draw)
        if path is None:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, save(self._kept[draw]))
        except (OSError, StorageError) as error:
            self._folder = None
            self._warn(f"The teacher's answers are not kept for later runs: {error}")


def _alike(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and one.dtype == other.dtype


def answers_key(data_sha256: str, teacher_sha256: str, augmentation: str, precision: str) -> str:
    """The folder's name for answers: whatever could change one of them changes the name."""
    parts = (data_sha256, teacher_sha256, augmentation, precision, torch.__version__)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
