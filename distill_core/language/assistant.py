"""Short questions for an assistant, made of templates: facts, the household, explanations, and small pieces of writing.

There are no answers; a model writes them. No question is in two splits, though questions of one template are alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

COUNTS = {"test": 36, "validation": 24, "train": 240}
"""How many there are of each; few, because a large model reads every one of them several times."""
KINDS = ("fact", "household", "explain", "writing")


@dataclass(frozen=True)
class Template:
    """A question with a gap, and what fills it."""

    kind: str
    text: str
    fillers: tuple[str, ...]


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split(", "))


COUNTRIES = _each(
    "France, Italy, Spain, Japan, Egypt, Canada, Brazil, India, Greece, Norway, Kenya, Peru, Poland, Turkey, "
    "Mexico, Ireland, Portugal, Sweden, Austria, Chile, Morocco, Vietnam, Finland, Cuba"
)
ANIMALS = _each(
    "dog, cat, horse, whale, eagle, bee, spider, snake, frog, bear, elephant, penguin, rabbit, shark, owl, ant, "
    "cow, lion, camel, bat"
)
FOODS = _each(
    "rice, pasta, a boiled egg, an omelette, pancakes, tomato soup, a green salad, toast, porridge, mashed "
    "potatoes, a sandwich, tea, coffee, fried fish, apple pie, bread"
)
CHORES = _each(
    "wash a woollen jumper, clean a window, iron a shirt, sharpen a pencil, water a cactus, store onions, fold a "
    "towel, unblock a sink, remove a coffee stain, sew on a button, clean a keyboard, dry wet shoes, polish a "
    "table, keep bread fresh, descale a kettle, paint a fence"
)
THINGS = _each(
    "gravity, rain, a rainbow, electricity, a volcano, the moon, a magnet, sleep, photosynthesis, a computer, the "
    "wind, a battery, thunder, an earthquake, the tide, a vaccine, rust, an echo, money, friendship"
)
SUBJECTS = _each(
    "the sea, a winter morning, an old bridge, a busy market, a quiet library, the first day of school, a lost key, "
    "a train journey, a small garden, the night sky, a birthday, a storm, a long walk, an empty house, a new "
    "friend, the city at night"
)
TEMPLATES = tuple(
    Template(kind, text, fillers)
    for kind, text, fillers in (
        ("fact", "What is the capital of {}?", COUNTRIES),
        ("fact", "Which language is spoken in {}?", COUNTRIES),
        ("fact", "On which continent is {}?", COUNTRIES),
        ("fact", "What does a {} eat?", ANIMALS),
        ("fact", "Where does a {} live?", ANIMALS),
        ("household", "How do I make {}?", FOODS),
        ("household", "What do I need to make {}?", FOODS),
        ("household", "How do I {}?", CHORES),
        ("household", "Give me one tip to {}.", CHORES),
        ("explain", "What is {}?", THINGS),
        ("explain", "Explain {} to a child.", THINGS),
        ("explain", "Why is {} important?", THINGS),
        ("writing", "Write one sentence about {}.", SUBJECTS),
        ("writing", "Write a short poem about {}.", SUBJECTS),
        ("writing", "Suggest a title for a story about {}.", SUBJECTS),
        ("writing", "Describe {} in a few words.", SUBJECTS),
    )
)


@dataclass(frozen=True)
class Question:
    """A prompt and the number of its kind."""

    prompt: str
    kind: int


def questions() -> dict[str, tuple[Question, ...]]:
    """The questions of each split, the same on every machine, in an order that is as good as random."""
    every = [
        Question(template.text.format(filler), KINDS.index(template.kind))
        for template in TEMPLATES
        for filler in template.fillers
    ]
    every.sort(key=lambda question: hashlib.sha256(question.prompt.encode()).digest())
    parts, begin = {}, 0
    for name, count in COUNTS.items():
        parts[name] = tuple(every[begin : begin + count])
        begin += count
    return parts
