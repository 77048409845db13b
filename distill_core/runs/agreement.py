"""How often finished runs that were scored on the same test split answer it alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from distill_core.cards import read_card
from distill_core.edge.jobs import ShouldStop, ask_models, never
from distill_core.edge.kept_answers import kept_answers
from distill_core.errors import DistillError
from distill_core.insight.agreement import Answers, table_of
from distill_core.runs.records import RunRecord
from distill_core.runs.trio import can_be_tried


@dataclass(frozen=True)
class Agreement:
    """The share of answers that two runs give alike: `shares` `[runs][runs]`, 0..1, over so many `inputs`."""

    shares: list[list[float]]
    inputs: int


def that_can_answer(records: Sequence[RunRecord]) -> list[RunRecord]:
    """Those whose students' weights are still there."""
    return [record for record in records if can_be_tried(record)]


def known_agreement(records: Sequence[RunRecord], home: Path) -> Agreement | None:
    """From answers that are kept; None where those of a run are not, or they are of other data."""
    answers: dict[str, Answers] = {}
    for record in records:
        try:
            card = read_card(record.folder / "best")
        except DistillError:
            return None
        found = kept_answers(card.weights_sha256, data_of(record), home)
        if found is None:
            return None
        answers[record.id] = found
    if len({len(each) for each in answers.values()}) != 1:
        return None
    return Agreement(table_of(answers), len(next(iter(answers.values()))))


def ask(records: Sequence[RunRecord], home: Path, should_stop: ShouldStop = never) -> None:
    """Asks the runs' students about the whole test split, in a process of its own, and keeps the answers.

    Raises:
        JobStopped: if `should_stop` said so.
        DistillError: if a student or the data cannot be had; says why.
    """
    folders = [record.folder / "best" for record in records]
    ask_models(folders, records[0].config, data_of(records[0]), home=home, should_stop=should_stop)


def data_of(record: RunRecord) -> str:
    """The hash of the data a run was scored on; "" of one that does not say."""
    return str((record.summary or {}).get("data_sha256") or "")
