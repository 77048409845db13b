"""What the presets for students are, in words: for the Train page, the terminal and `docs/settings.md`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    """A preset in words.

    Attributes:
        title: as a button says it.
        says: what a student learns by and from whom, in a sentence.
        source: of the recipe, where it is somebody's.
    """

    title: str
    says: str
    source: str = ""


ABOUT: dict[str, About] = {
    "quickstart": About(
        "Soft labels: the demo",
        "A plain CNN copies how sure a VGG-8 is of every class; it sees 400 labels.",
        "Hinton et al. 2015 (1503.02531)",
    ),
    "features": About(
        "Soft labels, features and attention",
        "A ResNet-8 also copies the VGG-8's middle layer and where it looks.",
    ),
    "hint-first": About(
        "First a hint, then soft labels",
        "The student first learns the teacher's middle layer alone, then its answers: two stages, as in FitNets.",
        "Romero et al. 2015 (1412.6550), eq. 3",
    ),
    "attention": About(
        "Attention and labels, no soft labels",
        "The student sees all labels and learns where the teacher looks; its answers play no part.",
        "Zagoruyko & Komodakis 2017 (1612.03928), eq. 2",
    ),
    "classifier": About(
        "The teacher's classifier, reused",
        "The student learns to feed the teacher's own last layer; no label is looked at.",
        "Chen et al. 2022 (2203.14001)",
    ),
    "two-architectures": About(
        "From a transformer to a CNN",
        "A ResNet-8 learns from a vision transformer, whose layers have other shapes than its own.",
        "Hao et al. 2023 (2310.19444)",
    ),
    "language-quick": About(
        "Soft labels on texts: the demo",
        "A GPT of 0.4M copies how sure one of 1.25M is of every next token; it sees 500 answers.",
        "Hinton et al. 2015 (1503.02531)",
    ),
    "language-own-texts": About(
        "Texts by the student",
        "In half of the steps a small GPT writes the texts itself, and the teacher says of each token what it would.",
        "Agarwal et al. 2023 (2306.13649)",
    ),
    "smollm2-24": About(
        "Blocks cut from SmolLM2",
        "The student begins with 24 of the teacher's 30 blocks. It needs the model: see README.",
    ),
}
"""In the order in which they are shown; presets that train teachers are not among them."""
