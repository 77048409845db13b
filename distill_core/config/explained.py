"""What every setting is called on a screen, its unit, and why one would move it: said here, and nowhere else.

The line that says what a setting is stands at its field. Screens, the terminal and `docs/settings.md` take
both from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from distill_core.config import DistillConfig
from distill_core.config.parts import PARTS, Part, Phase, Term
from distill_core.errors import unknown_name


@dataclass(frozen=True)
class Explanation:
    """A setting in words.

    Attributes:
        title: what it is called on a screen.
        line: what it is, as a piece of a sentence; `null` is there as in JSON.
        why: when to move it and what that costs, in whole sentences.
        unit: of its value; "" for none.
    """

    title: str
    line: str
    why: str
    unit: str = ""

    def typed(self, null: str = "none") -> str:
        """The line where JSON's null is called something else, such as on a command line."""
        return self.line.replace("; null for all", "; or all").replace("null", null)

    def sentence(self, null: str = "none") -> str:
        """The line as a sentence."""
        line = self.typed(null)
        return f"{line[:1].upper()}{line[1:].rstrip('. ')}."

    def sentences(self, null: str = "none") -> str:
        """Line and why, as a text."""
        return f"{self.sentence(null)} {self.why}"


def explanation(name: str) -> Explanation:
    """Of a setting of a run by its leaf name, of a phase's or a term's as ``phases.share``, ``terms.weight``.

    Raises:
        ConfigError: if there is no such setting.
    """
    if name not in _WORDS:
        raise unknown_name("setting", name, _WORDS)
    title, why, *unit = _WORDS[name]
    return Explanation(title, _lines()[name], why, *unit)


def explained() -> tuple[str, ...]:
    """The names of all that is explained, in the order of a configuration."""
    return tuple(_lines())


@lru_cache(1)
def _lines() -> dict[str, str]:
    parts: list[tuple[str, type[Part]]] = [("", DistillConfig), *(("", part) for part in PARTS.values())]
    parts += [("phases.", Phase), ("terms.", Term)]
    return {
        prefix + leaf: field.description
        for prefix, part in parts
        for leaf, field in part.model_fields.items()
        if field.description is not None
    }


_WORDS: dict[str, tuple[str, str] | tuple[str, str, str]] = {
    "name": ("Name", "Left empty, it is made of what the run is."),
    "task": (
        "The student learns from",
        "Images and texts share few settings, so each begins with a preset of its own.",
    ),
    "teacher": (
        "Teacher",
        "Also a folder with card.json and weights.safetensors, your own weights as weights.safetensors@ARCHITECTURE, "
        "torchvision/NAME:WEIGHTS, or module:function. Without one the student learns from labels, and can become a "
        "teacher itself.",
    ),
    "student": (
        "Student",
        "Also torchvision/NAME, your own module:function, or a student that begins with your own weights, "
        "weights.safetensors@ARCHITECTURE. A smaller one is faster and holds less of what the teacher knows.",
    ),
    "begin_from": (
        "Begins with",
        "A student of the teacher's width can begin with some of its blocks instead of random weights; its baseline "
        "then begins with the same.",
    ),
    "begin_layers": (
        "Which of its layers",
        "One for each block of the student, counted from 1 as their names are: 1 is block1. Influence is how much a "
        "block changes the tokens that pass through it.",
    ),
    "dataset": ("Data set", "The student sees the inputs of all of it, and the labels of as many as it may."),
    "data_folder": (
        "Folder of images, or file of prompts",
        "The folder holds one sub-folder for each class, named after it, with that class's images inside. The file "
        'holds one JSON object a line: {"prompt": "...", "response": "..."}; the response may be left out where the '
        "student is cut from a Hugging Face model, which then writes it.",
    ),
    "image_size": ("Image size in pixels", "Twice the size takes about four times as long.", "pixels"),
    "text_length": ("Longest text", "Longer texts need more memory and time.", "tokens"),
    "label_budget": (
        "Labels",
        "Of the other images the student has only the teacher's opinion; the other prompts the teacher answers, and "
        "its opinion on every token of that is learned. The fewer labels, the more a teacher adds.",
        "labels",
    ),
    "labels_file": (
        "File of labels",
        "Its columns are image and label: an image's number, counted from 0, and its class by name or number.",
    ),
    "seed": (
        "Seed",
        "Two runs that differ only in the seed show how much is chance: a smaller difference between two settings "
        "means nothing.",
    ),
    "baseline": (
        "Train the baseline too",
        "It is trained once and kept for later runs. Without it nobody can say what the teacher added.",
    ),
    "temperature": ("Temperature", "The higher, the more the teacher's second and third choices count."),
    "alpha": (
        "Alpha",
        "With few labels the teacher knows more than they do, so a high alpha suits; at 1 no label is learned from.",
    ),
    "top_k": (
        "Likeliest tokens kept",
        "Whole answers over a large vocabulary, such as a Hugging Face model's, do not fit into memory: 64 do.",
        "tokens",
    ),
    "terms": (
        "Methods",
        "The student can copy more than the answers; every method joins the loss with its own weight.",
    ),
    "phases": (
        "Phases",
        "Warm-up draws from the easiest inputs (images by the teacher, prompts by their fewest steps), distil from "
        "all, and fine-tune takes smaller steps.",
    ),
    "epochs": (
        "Epochs",
        "More train longer and help a student most that still improves at the end of its curve.",
        "epochs",
    ),
    "batch_size": ("Batch size", "A larger one makes fewer and steadier steps, and needs more memory.", "inputs"),
    "micro_batch": (
        "Inputs at a time",
        "For where memory is short. The student's steps are the same as otherwise; batch norm alone sees the smaller "
        "number.",
        "inputs",
    ),
    "gradient_shares": (
        "Record gradient shares",
        "It tells weights that are too large or too small. At one point of the curve in five, for it costs time and "
        "memory.",
    ),
    "on_policy": (
        "Texts by the student",
        "The student answers as well as it can by then and learns to mend its own mistakes (GKD, Agarwal et al. "
        "2023). Such a step takes longer: the student has to write, and the teacher to read what it has not read "
        "before.",
        "share",
    ),
    "optimiser": ("Optimiser", "Convolutions learn well with SGD, transformers with AdamW."),
    "learning_rate": (
        "Learning rate",
        "The setting that matters most: too large and the loss jumps or is NaN, too small and little is learned. AdamW "
        "takes about a fiftieth of what SGD does.",
    ),
    "momentum": ("Momentum", "How much of the last steps' direction the next one keeps."),
    "weight_decay": ("Weight decay", "Draws weights towards 0 at every step, against learning by heart."),
    "lr_schedule": ("Learning-rate schedule", "Cosine falls to 0 by the end, which settles the weights."),
    "lr_warmup": ("Warm-up of the learning rate", "Spares fresh weights large steps.", "share"),
    "clip_norm": (
        "Gradient clipping",
        "A longer gradient is shortened to it, so that a large learning rate does not run away.",
    ),
    "crop_padding": ("Random crop", "The same image at slightly other places; 0 leaves it where it is.", "pixels"),
    "flip": ("Mirror half of the images", "For things that look alike from left and right; not for digits."),
    "draws": ("Versions of an image", "Fewer train faster, more say more; with 0 the teacher answers each anew."),
    "augmentation_seed": ("Seed of the augmentation", "Another one makes other crops and mirrorings."),
    "randaugment": ("RandAugment", "For long trainings, where a student would otherwise learn its images by heart."),
    "randaugment_magnitude": ("Strength of RandAugment", "The paper's scale, whose end is 30."),
    "mixup": (
        "Mixup",
        "Such as 0.2 or 1. Mixed images are never seen twice, so the teacher answers each step live, which is slower.",
    ),
    "cutmix": ("Cutmix", "Such as 1. The teacher answers each step live, as with mixup."),
    "accelerator": ("Accelerator", "A GPU, where there is one."),
    "precision": ("Precision", "Half the bits are faster on a GPU that has them, and less exact."),
    "threads": ("CPU threads", "One thread makes times that compare; more are faster.", "threads"),
    "phases.name": ("Name of the phase", "Methods and charts name it so."),
    "phases.share": ("Share of the training", "All phases together make 1.", "share"),
    "phases.pool": (
        "Draws from",
        "All, the easiest, the easiest at first and then ever more (a curriculum), the labelled ones, or some classes.",
    ),
    "phases.easiest": ("Easiest in warm-up", "The fewer, the easier the beginning.", "share"),
    "phases.ease": (
        "Easy are the images that …",
        "The teacher is surest of, gets right most clearly, or the student itself finds easiest. A prompt says itself "
        "how hard it is.",
    ),
    "phases.classes": ("Classes to fine-tune on", "Of prompts, their kinds. What the other classes lose is told then."),
    "phases.terms": ("Weights in the phase", "Such as labels alone in a last phase: {'ce': 1}."),
    "phases.temperature": (
        "Temperature of its own",
        "A ramp goes in a straight line from the phase's first step to its last.",
    ),
    "phases.alpha": (
        "Alpha of its own",
        "A falling ramp hands over from the teacher to the labels, in a straight line.",
    ),
    "phases.lr_scale": ("Learning rate, times", "Smaller steps near the end change less of what was learned."),
    "terms.loss": ("Method", "What each copies, and what it gained here, stands in docs/losses.md."),
    "terms.weight": (
        "Weight of a method",
        "The published weight does not suit every student: where the accuracy falls, try a tenth.",
    ),
    "terms.phases": ("Phases it is on in", "A comparison of features may help early and hinder late."),
    "terms.warmup": ("Warm-up of the weight", "DKD and ReviewKD were published with one.", "share"),
    "terms.layers": (
        "Layer map of a method",
        "Which layer of the student learns from which of the teacher, student first where pairs are listed.",
    ),
    "terms.options": ("Details", "Such as the temperature of a contrast; left alone, they are as published."),
}
