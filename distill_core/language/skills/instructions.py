"""Commands on a word: `rev word=` is answered `drow`, `upp+rev word=` `DROW`, one command after the other.

Some pairs of commands are kept out of training, though each of their commands is in it, first and second: a model that
answers them has put two things it knows together (Lake and Baroni 2018, 1711.00350).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_lowercase

from distill_core.errors import ConfigError, unknown_name

COMMANDS: dict[str, Callable[[str], str]] = {
    "rev": lambda word: word[::-1],
    "upp": str.upper,
    "srt": lambda word: "".join(sorted(word)),
    "cnt": lambda word: str(len(word)),
    "fst": lambda word: word[0],
    "lst": lambda word: word[-1],
}
TITLES = {
    "rev": "write it backwards",
    "upp": "in capitals",
    "srt": "letters in alphabetical order",
    "cnt": "how many letters",
    "fst": "the first letter",
    "lst": "the last letter",
}
PAIRS = tuple(f"{first}+{second}" for first in ("rev", "upp", "srt") for second in COMMANDS if first != second)
"""A first command that keeps the word whole, and any other."""
UNSEEN_PAIRS = ("rev+srt", "rev+fst", "upp+rev", "upp+lst", "srt+upp", "srt+cnt")
"""Never in training: two of each first command, one of each second."""
SEEN_PAIRS = tuple(pair for pair in PAIRS if pair not in UNSEEN_PAIRS)
LENGTHS = (3, 4, 5, 6, 7)
"""Letters of a word."""


@dataclass(frozen=True)
class InstructionVerdict:
    """Whether an answer is right.

    Attributes:
        strict: to the letter.
        loose: but for capitals and for spaces around it, so where only capitals were asked for it forgives all.
    """

    strict: bool
    loose: bool


def prompt_of(commands: str, word: str) -> str:
    """The prompt for a command or several, such as ``upp+rev``, on a word."""
    return f"{commands} {word}="


def parse(prompt: str) -> tuple[str, str]:
    """The commands, such as ``upp+rev``, and the word of a prompt.

    Raises:
        ConfigError: if it is not written so, or a command is not known.
    """
    commands, space, rest = prompt.partition(" ")
    word = rest[:-1]
    if not (space and rest.endswith("=") and word and all(letter in ascii_lowercase for letter in word)):
        raise ConfigError(
            f"prompt: {prompt!r} is no instruction. Write a command, a space, a word of small letters and =, "
            "such as rev word= or upp+rev word="
        )
    for command in commands.split("+"):
        if command not in COMMANDS:
            raise unknown_name("command", command, COMMANDS)
    return commands, word


def answer(prompt: str) -> str:
    """What the commands make of the word, from left to right.

    Raises:
        ConfigError: if the prompt is no instruction.
    """
    commands, text = parse(prompt)
    for command in commands.split("+"):
        text = COMMANDS[command](text)
    return text


def check(prompt: str, written: str) -> InstructionVerdict:
    """Judges a written answer.

    Raises:
        ConfigError: if the prompt is no instruction.
    """
    right = answer(prompt)
    return InstructionVerdict(written == right, written.strip().lower() == right.lower())


def word_at(place: int, letters: int) -> str:
    """The word at a place from 0 to `how_many(letters) - 1` of all of that many small letters, each once."""
    word = ""
    for _ in range(letters):
        place, letter = divmod(place, len(ascii_lowercase))
        word += ascii_lowercase[letter]
    return word


def how_many(letters: int) -> int:
    """How many words of that many letters there are."""
    return int(len(ascii_lowercase) ** letters)
