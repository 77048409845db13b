"""What each choice of a teacher's layers is worth before training, as tables and a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from distill_core.insight.measures import ACCURACY, Measure, in_words, measures_among
from distill_core.insight.words import listed
from distill_core.train.damage import LISTED, RANDOM, WHOLE, Damage, Worth

CHOICES = {
    WHOLE: "whole teacher",
    "influence": "most influential",
    "uniform": "evenly spread",
    "first-last": "first and last",
    LISTED: "by number",
    RANDOM: "random weights",
}
INFLUENCE_HELP = (
    "Influence is 1 − the cosine between the tokens before a block and after it, averaged over a few training prompts: "
    "0 for a block that changes nothing (Men et al. 2024)."
)


def numbers(blocks: Sequence[int]) -> str:
    """``1, 4``; a long row of neighbours is ``1 to 30``."""
    if len(blocks) > 4 and list(blocks) == list(range(blocks[0], blocks[-1] + 1)):
        return f"{blocks[0]} to {blocks[-1]}"
    return ", ".join(map(str, blocks)) or "–"


def of_blocks(blocks: Sequence[int]) -> str:
    """``block 1``, ``blocks 1, 4``; nothing for none."""
    return f"block{'' if len(blocks) == 1 else 's'} {numbers(blocks)}" if blocks else ""


def headings(found: Damage) -> list[str]:
    """Of the table of damage."""
    measures = [measure.title for measure in _measures(found)]
    return ["Begins with", "Blocks", "KL", *measures, *(["Loss"] if _shows_loss(found) else [])]


def rows(found: Damage) -> list[list[str]]:
    """The cells of the table of damage, as a reader sees them."""
    return [_cells(found, row) for row in found.rows]


def _cells(found: Damage, row: Worth) -> list[str]:
    shown = [in_words(measure.name, row.metrics.get(measure.name)) for measure in _measures(found)]
    loss = [f"{row.loss:.3f}"] if _shows_loss(found) else []
    kl = "–" if row.kl is None else "0" if row.choice == WHOLE else f"{row.kl:.3f}"
    return [CHOICES[row.choice], numbers(row.blocks), kl, *shown, *loss]


def _measures(found: Damage) -> list[Measure]:
    return [measure for measure in measures_among(found.rows[0].metrics) if measure.name != ACCURACY]


def _shows_loss(found: Damage) -> bool:
    """A perplexity is the loss already."""
    return "perplexity" not in found.rows[0].metrics


def influence_rows(found: Damage) -> list[list[str]]:
    """A block's name, its influence, and which choices take it."""
    taken = [row for row in found.rows if row.choice not in (WHOLE, RANDOM)]
    return [
        [
            f"block{number}",
            f"{value:.3f}",
            ", ".join(CHOICES[row.choice] for row in taken if number in row.blocks) or "–",
        ]
        for number, value in enumerate(found.influence, start=1)
    ]


def nearest(found: Damage) -> Worth | None:
    """The choice of layers that is nearest to the teacher; the first of equal ones."""
    chosen = [row for row in found.rows if row.choice not in (WHOLE, RANDOM) and row.kl is not None]
    return min(chosen, key=lambda row: row.kl or 0.0, default=None)


def meaning(found: Damage) -> str:
    """What was measured, and which choice loses least."""
    measured = (
        f"Before any training, on the {found.inputs:,} validation texts of {found.dataset}. KL is the distance to the "
        "teacher in nats a token."
    )
    best = nearest(found)
    if best is None:
        return measured
    same = [
        CHOICES[row.choice] for row in found.rows if row.blocks == best.blocks and row.choice not in (WHOLE, RANDOM)
    ]
    return f"{measured} Nearest: {listed(same)} ({of_blocks(best.blocks)})."
