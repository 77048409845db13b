"""What a finished run shows, in one sentence, and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from distill_core.cards import parted
from distill_core.config import DistillConfig
from distill_core.insight.baseline import rival
from distill_core.insight.choices import family
from distill_core.insight.doubts import learns_from_labels
from distill_core.insight.names import data_name, student_name
from distill_core.insight.outcome import difference_interval
from distill_core.insight.words import difference, percent
from distill_core.task import task_named

# Two of the quickstart's baselines that differ in the seed alone are up to 2.5 points apart; see README.
SEED_NOISE = 0.025


def one_seed(config: DistillConfig) -> str:
    """That a single seed is no proof; how much may be chance is only known of the images that ship with the project."""
    first = "This is one seed. Repeat the run with others before you trust"
    if family(config.dataset) == "fashion-mnist":
        return f"{first} a difference of less than about {100 * SEED_NOISE:.1f} points."
    return f"{first} a difference: how far seeds lie apart on {data_name(config)} is not known before."


Kind = Literal["gain", "unclear", "loss", "plain"]


@dataclass(frozen=True)
class Verdict:
    """`headline` is one sentence; `caution` a second one where the numbers alone would mislead, else empty."""

    kind: Kind
    headline: str
    caution: str = ""


def may_be_chance(student: float, baseline: float, test_inputs: int | None) -> bool:
    """Whether a difference lies within a seed's noise, or within what the size of the test set leaves open."""
    low, high = difference_interval(student, baseline, test_inputs) if test_inputs else (student - baseline,) * 2
    return low <= 0 <= high or abs(student - baseline) <= SEED_NOISE


def _behind(student: float, teacher: float) -> str:
    behind = -(difference(student, teacher) or 0.0)
    return f", {100 * behind:.1f} points behind it" if behind > 0 else ""


def _only_guesses(student: float, summary: dict[str, Any]) -> bool:
    """Whether an accuracy is not clearly above what always giving the commonest answer would reach."""
    guessing, inputs = summary.get("guessing"), summary.get("test_inputs")
    if not guessing or not inputs:
        return False
    return difference_interval(student, guessing, inputs)[0] <= 0


def _rival(config: DistillConfig) -> str:
    """The baseline in words; one that did not begin with random weights has learned before, as its student has."""
    if parted(config.student)[0] or config.begins_from:
        return f"{rival(config)}, begun with the same weights, trained on labels alone"
    return f"{rival(config)} trained on labels alone"


def _seen(summary: dict[str, Any], config: DistillConfig) -> str:
    """Under how many labels the student learned; its baseline may have had some where it had none."""
    labels = summary.get("labels") or config.label_budget
    if not learns_from_labels(config):
        return "Without labels"
    return f"With {labels:,} labels" if labels else "With all labels"


def verdict(summary: dict[str, Any], config: DistillConfig) -> Verdict:
    """The result of a finished run in words.

    Args:
        summary: of the run, as the store keeps it.
        config: the run's own, frozen one.
    """
    student = (summary.get("student") or {}).get("accuracy")
    teacher = (summary.get("teacher") or {}).get("accuracy")
    baseline = (summary.get("baseline") or {}).get("accuracy")
    seen = _seen(summary, config)
    noun = task_named(config.task).scored(config.dataset)
    if student is None:
        return Verdict("plain", "This run ended without a test result.")
    if _only_guesses(student, summary):
        weights = " or lower weights for its losses" if config.teacher else ""
        return Verdict(
            "loss",
            f"{seen}, the student reaches {percent(student)} on the test {noun}: no better than always giving the "
            "same answer.",
            f"Train anew with a lower learning rate (it was {config.optimiser.learning_rate:g}){weights}, "
            "or train longer.",
        )
    if config.teacher is None:
        return Verdict(
            "plain",
            f"{seen} and no teacher, {student_name(config.student)} reaches {percent(student)} on the test {noun}.",
        )
    share = f"{percent(student / teacher, 0)} of the teacher's accuracy{_behind(student, teacher)}" if teacher else ""
    if baseline is None:
        also = f", {share}" if share else ""
        return Verdict(
            "plain",
            f"{seen}, the student reaches {percent(student)} on the test {noun}{also}.",
            "Without a baseline nobody can say what the teacher added. Train one to compare.",
        )
    gain = difference(student, baseline) or 0.0
    size = f"{abs(100 * gain):.1f} points {'above' if gain > 0 else 'below'}" if gain else "level with"
    also = f", and {share}" if share else ""
    if may_be_chance(student, baseline, summary.get("test_inputs")):
        return Verdict(
            "unclear",
            f"{seen}, the student reaches {percent(student)}: {size} {_rival(config)}{also}.",
            "So small a difference can be chance. Repeat with other seeds before you rely on it, "
            "or try fewer labels: a teacher helps most where labels are few.",
        )
    if gain < 0:
        advice = (
            "With this many labels the student does better without this teacher, or it wants another temperature, "
            f"another alpha{', lower weights for its further losses' if config.terms else ''} or a longer training."
        )
        if teacher is not None and teacher <= baseline:
            advice = (
                f"The teacher reaches {percent(teacher)} itself, no more than labels alone: it has nothing to teach "
                "here. Train on the labels, or take a better teacher."
            )
        return Verdict(
            "loss",
            f"{seen}, the student reaches {percent(student)}: {abs(100 * gain):.1f} points BELOW {_rival(config)}.",
            f"Here distillation did harm. {advice}",
        )
    return Verdict(
        "gain",
        f"{seen}, the student reaches {percent(student)}: {size} {_rival(config)}{also}.",
    )


def nearness(summary: dict[str, Any]) -> list[str]:
    """How near the student of texts comes to its teacher token by token, in a sentence; none of images."""
    if summary.get("kl") is None:
        return []
    same, kl = percent(summary["token_agreement"]), summary["kl"]
    apart = summary.get("kl_beyond") is not None
    of = "the test's prompts of the kinds trained on" if apart else "what counts in the test"
    lines = [
        f"Token by token the student's first choice is the teacher's on {same} of {of}; KL(teacher || student) is "
        f"{kl:.3f} nats a token."
    ]
    if apart:
        same = percent(summary["token_agreement_beyond"])
        lines.append(
            f"On prompts beyond training, such as longer chains, it is on {same}, "
            f"with {summary['kl_beyond']:.3f} nats a token; these are not in the figures above."
        )
    return lines
