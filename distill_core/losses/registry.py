"""Every loss a run can use, by name. Adding one is one file and one line here."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from distill_core.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from distill_core.losses.lesson import Site, Term

Family = Literal[
    "labels",
    "soft labels",
    "intermediate feature matching",
    "attention transfer",
    "spatial feature alignment",
    "multi-scale distillation",
    "classifier distillation",
    "relations between samples",
    "transformers",
]
LENDER = "simkd"
"""The loss with which the student is deployed with the teacher's classifier, and its layers have other names."""
Layers = Literal["none", "middle", "stages", "last", "attention", "projections"]
MeanOver = Literal["positions", "labels", "batch"]
"""Positions are the inputs of a classifier, or the tokens of a text that count."""


@dataclass(frozen=True)
class Option:
    """A setting of one loss.

    Attributes:
        default: the published value.
        title: its name on screen.
    """

    default: float | bool
    title: str


@dataclass(frozen=True)
class LossInfo:
    """A loss as the user meets it.

    Attributes:
        title: its name on screen.
        family: the group it is shown in.
        sentence: what the student copies, in one plain sentence.
        source: paper and equation.
        weight: the published default, for a term beside `kd` and `ce`.
        make: ``module:class`` of its `Term`.
        layers: which layers it pairs when the user does not say; "none" reads logits alone.
        connects: whether it puts a connector between layers of different shape.
        teacher: whether it needs one.
        labels: whether it needs a class of every sample (it takes the teacher's where there is no label).
        from_likeliest: whether it can do with the likeliest classes of the teacher's answer, where it reads answers.
        of_texts: whether it suits texts; one that compares the places of an image does not.
        of_images: whether it suits images; one that compares the tokens of a text does not.
        softens: whether it reads the run's temperature: always, never, or with one value of one of its options.
        mean_over: the positions of a batch, or those whose label is seen, each by itself: then the parts of a batch
            add up to the whole. "batch" for a loss that relates them to each other, or keeps something from each step
            for the next: then they do not.
        options: its own settings, by name.
    """

    title: str
    family: Family
    sentence: str
    source: str
    weight: float
    make: str
    layers: Layers = "none"
    connects: bool = False
    teacher: bool = True
    labels: bool = False
    from_likeliest: bool = False
    of_texts: bool = True
    of_images: bool = True
    softens: bool | tuple[str, bool] = False
    mean_over: MeanOver = "positions"
    options: Mapping[str, Option] = field(default_factory=dict)

    def reads_temperature(self, options: Mapping[str, Any]) -> bool:
        """Whether it does, with these of its options set and the others as they are by default."""
        if isinstance(self.softens, bool):
            return self.softens
        option, value = self.softens
        return bool((self.defaults | dict(options))[option] == value)

    def suits(self, images: bool) -> bool:
        """Whether it is for images, or for texts."""
        return self.of_images if images else self.of_texts

    @property
    def reads_answers(self) -> bool:
        """Whether it reads the teacher's answer, be it for a class alone."""
        return self.teacher and (self.layers == "none" or self.labels)

    @property
    def defaults(self) -> dict[str, float | bool]:
        """What its options are when the user does not say."""
        return {name: option.default for name, option in self.options.items()}


LOSSES: dict[str, LossInfo] = {
    "ce": LossInfo(
        "Labels",
        "labels",
        "Learns the right answers, where it may see them.",
        "cross-entropy",
        1.0,
        "distill_core.losses.soft_labels:Labels",
        teacher=False,
        mean_over="labels",
    ),
    "kd": LossInfo(
        "Soft labels",
        "soft labels",
        "Copies how sure the teacher is of every class.",
        "Hinton et al. 2015 (1503.02531), section 2",
        1.0,
        "distill_core.losses.soft_labels:SoftLabels",
        from_likeliest=True,
        softens=True,
    ),
    "hard": LossInfo(
        "Hard labels of the teacher",
        "soft labels",
        "Learns the teacher's first choice as if it were the right answer; of a text, what the teacher wrote.",
        "Kim & Rush 2016 (1606.07947), section 3.2; Touvron et al. 2021 (2012.12877), eq. 3",
        1.0,
        "distill_core.losses.hard_labels:HardLabels",
        from_likeliest=True,
        softens=("softened", True),
        options={"softened": Option(False, "Softened and scaled like soft labels, to compare with them")},
    ),
    "kd-std": LossInfo(
        "Standardised soft labels",
        "soft labels",
        "Copies the order and spacing of the answers, whatever their scale.",
        "Sun et al. 2024 (2403.01427), algorithm 1",
        9.0,
        "distill_core.losses.standardised:StandardisedSoftLabels",
        options={"temperature": Option(2.0, "Temperature after standardising")},
    ),
    "dkd": LossInfo(
        "Decoupled soft labels (DKD)",
        "soft labels",
        "Splits the teacher's answer into 'how hard is this' and 'what else could it be'.",
        "Zhao et al. 2022 (2203.08679), eq. 7",
        1.0,
        "distill_core.losses.decoupled:DecoupledSoftLabels",
        labels=True,
        softens=True,
        options={
            "alpha": Option(1.0, "Weight of the right class against the rest (TCKD)"),
            "beta": Option(8.0, "Weight among the other classes (NCKD)"),
        },
    ),
    "dist": LossInfo(
        "Correlations (DIST)",
        "soft labels",
        "Copies rankings: which answers fit an input best, and which inputs an answer fits best.",
        "Huang et al. 2022 (2205.10536), eq. 10",
        2.0,
        "distill_core.losses.correlations:Correlations",
        mean_over="batch",
        softens=True,
        options={
            "between": Option(1.0, "Weight over the classes of an image"),
            "within": Option(1.0, "Weight over the images of a class"),
        },
    ),
    "rkl": LossInfo(
        "Reverse KL",
        "soft labels",
        "Keeps to what the teacher finds likely; the rest it may leave out.",
        "Gu et al. 2023, MiniLLM (2306.08543), section 2.1",
        1.0,
        "distill_core.losses.divergences:ReverseKL",
        softens=True,
    ),
    "jsd": LossInfo(
        "Jensen-Shannon (JSD)",
        "soft labels",
        "Stands between soft labels and reverse KL, as near to either as you like.",
        "Agarwal et al. 2023, GKD (2306.13649), eq. 1, divided by beta (1 - beta)",
        1.0,
        "distill_core.losses.divergences:JensenShannon",
        softens=True,
        options={"beta": Option(0.5, "From soft labels (0) to reverse KL (1)")},
    ),
    "skl": LossInfo(
        "Skewed KL (SKL)",
        "soft labels",
        "Copies the teacher's answer, but is pulled less hard where the two disagree most.",
        "Ko et al. 2024, DistiLLM (2402.03898), section 3.1",
        1.0,
        "distill_core.losses.divergences:SkewedKL",
        softens=True,
        options={
            "skew": Option(0.1, "Share of itself in what an answer is compared with (0 is plain KL)"),
            "reverse": Option(False, "Reversed: keep to what the teacher finds likely"),
        },
    ),
    "hint": LossInfo(
        "Hint (FitNets)",
        "intermediate feature matching",
        "Copies what a middle layer of the teacher computes.",
        "Romero et al. 2015 (1412.6550), eq. 3",
        100.0,
        "distill_core.losses.hint:Hint",
        layers="middle",
        connects=True,
    ),
    "vid": LossInfo(
        "Variational information (VID)",
        "intermediate feature matching",
        "Predicts the teacher's features and how sure it can be of each channel.",
        "Ahn et al. 2019 (1904.05835), Gaussian with a learnt variance",
        1.0,
        "distill_core.losses.variational:Variational",
        layers="stages",
        of_texts=False,
        connects=True,
    ),
    "at": LossInfo(
        "Attention transfer",
        "attention transfer",
        "Looks where the teacher looks.",
        "Zagoruyko & Komodakis 2017 (1612.03928), eq. 2",
        1000.0,
        "distill_core.losses.attention:SpatialAttention",
        layers="stages",
        of_texts=False,
    ),
    "spatial": LossInfo(
        "Location by location",
        "spatial feature alignment",
        "At every place of the image, points its features the way the teacher's point; maps may differ in size.",
        "ours: cosine distance at each location",
        10.0,
        "distill_core.losses.spatial:SpatialAlignment",
        layers="stages",
        of_texts=False,
        connects=True,
    ),
    "nst": LossInfo(
        "Neuron selectivity (NST)",
        "spatial feature alignment",
        "Matches which places excite the channels, as a distribution.",
        "Huang & Wang 2017 (1707.01219), polynomial kernel",
        50.0,
        "distill_core.losses.selectivity:NeuronSelectivity",
        layers="last",
        of_texts=False,
    ),
    "review": LossInfo(
        "Knowledge review (ReviewKD)",
        "multi-scale distillation",
        "Fuses deep layers into shallow ones and matches each at several scales.",
        "Chen et al. 2021 (2104.09044), section 3",
        1.0,
        "distill_core.losses.review:KnowledgeReview",
        layers="stages",
        of_texts=False,
        connects=True,
    ),
    "simkd": LossInfo(
        "Reused classifier (SimKD)",
        "classifier distillation",
        "Keeps the teacher's classifier and learns only the features it expects.",
        "Chen et al. 2022 (2203.14001), eq. 3",
        1.0,
        "distill_core.losses.reused_classifier:ReusedClassifier",
        layers="last",
        of_texts=False,
    ),
    "sp": LossInfo(
        "Similarity-preserving (SP)",
        "relations between samples",
        "Finds the same images alike as the teacher does.",
        "Tung & Mori 2019 (1907.09682), section 3",
        3000.0,
        "distill_core.losses.similarity:SimilarityPreserving",
        layers="last",
        mean_over="batch",
        of_texts=False,
    ),
    "rkd": LossInfo(
        "Distances and angles (RKD)",
        "relations between samples",
        "Keeps the distances and angles between images.",
        "Park et al. 2019 (1904.05068), eq. 4-9",
        1.0,
        "distill_core.losses.relational:Relational",
        layers="last",
        mean_over="batch",
        of_texts=False,
        options={"distance": Option(25.0, "Weight of the distances"), "angle": Option(50.0, "Weight of the angles")},
    ),
    "crd": LossInfo(
        "Contrastive (CRD)",
        "relations between samples",
        "Recognises the teacher's view of the same image among thousands of others.",
        "Tian et al. 2020 (1910.10699), section 3",
        0.8,
        "distill_core.losses.contrastive:Contrastive",
        layers="last",
        mean_over="batch",
        of_texts=False,
        labels=True,
        from_likeliest=True,
        options={
            "negatives": Option(16384, "Other images each is told from"),
            "temperature": Option(0.07, "Temperature of the contrast"),
            "momentum": Option(0.5, "How slowly a remembered view changes"),
            "dimensions": Option(128, "Numbers a view is described by"),
        },
    ),
    "relations": LossInfo(
        "Relations between tokens (MiniLMv2)",
        "transformers",
        "Relates the queries, keys and values of a text to each other as the teacher's last block does.",
        "Wang et al. 2021 (2012.15828), eq. 3-4",
        1.0,
        "distill_core.losses.token_relations:TokenRelations",
        layers="projections",
        of_images=False,
        options={"heads": Option(4, "Relation heads, into which both models are split")},
    ),
    "ofa": LossInfo(
        "Across architectures (OFA)",
        "transformers",
        "Gives every stage of the student an exit that answers like the teacher.",
        "Hao et al. 2023 (2310.19444), section 3",
        1.0,
        "distill_core.losses.one_for_all:OneForAll",
        layers="stages",
        of_texts=False,
        labels=True,
        options={"eps": Option(1.5, "Emphasis on the right class")},
    ),
    "vit-attention": LossInfo(
        "Attention maps between transformers",
        "attention transfer",
        "Copies which patch of an image, or token of a text, looks at which.",
        "Wang et al. 2020 (2002.10957), section 3.1, averaged over heads where their numbers differ",
        1.0,
        "distill_core.losses.transformer_attention:TransformerAttention",
        layers="attention",
    ),
    "deit": LossInfo(
        "Distillation token (DeiT)",
        "transformers",
        "An extra token of the student answers what the teacher would.",
        "Touvron et al. 2021 (2012.12877), eq. 3",
        0.5,
        "distill_core.losses.distillation_token:DistillationToken",
        of_texts=False,
        softens=("hard", False),
        options={"hard": Option(True, "Copy the teacher's choice, not its softened answer")},
    ),
}


def loss_named(name: str) -> LossInfo:
    """The loss of this name.

    Raises:
        ConfigError: if there is none.
    """
    if name not in LOSSES:
        raise unknown_name("loss", name, LOSSES)
    return LOSSES[name]


def make_term(name: str, site: Site, options: Mapping[str, Any]) -> Term:
    """Builds a loss for its place; options the user left out take their defaults.

    Raises:
        ConfigError: if the loss or one of the options does not exist, or the place does not suit the loss.
    """
    info = loss_named(name)
    chosen = {option: _chosen(info, name, option, value) for option, value in options.items()}
    module, _, kind = info.make.partition(":")
    term: Term = getattr(importlib.import_module(module), kind)(site, **{**info.defaults, **chosen})
    return term


def _chosen(info: LossInfo, name: str, option: str, value: Any) -> Any:
    """An option's value as its default is: a whole number, any number, or yes and no."""
    if option not in info.options:
        raise unknown_name(f"option of {name}", option, info.options)
    default = info.options[option].default
    if isinstance(default, bool):
        fits, takes = isinstance(value, bool), "true or false"
    else:
        whole = isinstance(default, int)
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        fits = number and (not whole or value == int(value))
        takes = "a whole number" if whole else "a number"
    if not fits:
        raise ConfigError(f"terms: option {option!r} of {name} takes {takes}, such as {default}; got {value!r}")
    return type(default)(value)
