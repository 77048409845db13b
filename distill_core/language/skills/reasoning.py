"""Sums in a chain, left to right, modulo 10, with a scratchpad (Nye et al. 2021, 2112.00114).

`3-8+7*7+8=` is answered `5,2,4,2;2`: the result after every operation, then the last one again. There is no
precedence: `1+2*3=` is (1 + 2) * 3. The scratchpad lets a judge tell a right answer from a right way to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import add, mul, sub

from distill_core.errors import ConfigError

MODULUS = 10
OPERATIONS: dict[str, Callable[[int, int], int]] = {"+": add, "-": sub, "*": mul}
LENGTHS = (2, 3, 4)
"""Operations of a chain in training, validation and test."""
LONGER = (5, 6)
"""Operations of a chain longer than any in training."""


@dataclass(frozen=True)
class ChainVerdict:
    """What is right in a written answer.

    Attributes:
        right: the result behind the last ``;`` is the true one.
        steps: for each operation, whether the result written for it follows from the result written before it,
            right or wrong; a step that is missing is not valid.
        surplus: how many results were written beyond the operations there are.
        concludes: the result is the last step written, not one from nowhere.
    """

    right: bool
    steps: tuple[bool, ...]
    surplus: int
    concludes: bool

    @property
    def sound(self) -> bool:
        """Every step is valid, none is missing or too many, and the result is the last of them."""
        return all(self.steps) and not self.surplus and self.concludes

    @property
    def right_by_wrong_steps(self) -> bool:
        """The answer is right but not the way to it."""
        return self.right and not self.sound


def parse(prompt: str) -> tuple[tuple[int, ...], str]:
    """The digits `[n + 1]` and the operators `[n]` of a prompt such as ``3-8+7=``.

    Raises:
        ConfigError: if it is none.
    """
    digits, operators = prompt[:-1:2], prompt[1:-1:2]
    chain = len(prompt) >= 4 and len(prompt) % 2 == 0 and prompt.endswith("=")
    if not (chain and digits.isascii() and digits.isdigit() and all(sign in OPERATIONS for sign in operators)):
        raise ConfigError(
            f"prompt: {prompt!r} is no chain of sums. Write single digits with {', '.join(OPERATIONS)} between them "
            "and = at the end, without spaces, such as 3-8+7="
        )
    return tuple(int(digit) for digit in digits), operators


def results(prompt: str) -> tuple[int, ...]:
    """The result after every operation, `[n]`, each 0..9.

    Raises:
        ConfigError: if the prompt is no chain of sums.
    """
    digits, operators = parse(prompt)
    running, value = [], digits[0]
    for operator, digit in zip(operators, digits[1:], strict=True):
        value = OPERATIONS[operator](value, digit) % MODULUS
        running.append(value)
    return tuple(running)


def answer(prompt: str) -> str:
    """The scratchpad and the result, such as ``5,2,4,2;2``.

    Raises:
        ConfigError: if the prompt is no chain of sums.
    """
    running = [str(value) for value in results(prompt)]
    return f"{','.join(running)};{running[-1]}"


def check(prompt: str, written: str) -> ChainVerdict:
    """Judges a written answer; any text can be judged, the empty one too.

    Raises:
        ConfigError: if the prompt is no chain of sums.
    """
    digits, operators = parse(prompt)
    scratchpad, mark, result = written.rpartition(";")
    steps = scratchpad.split(",") if scratchpad else []
    if not mark:
        steps, result = written.split(","), ""
    before: int | None = digits[0]
    valid = []
    for place, operator in enumerate(operators):
        value = _digit(steps[place]) if place < len(steps) else None
        follows = None if before is None else OPERATIONS[operator](before, digits[place + 1]) % MODULUS
        valid.append(value is not None and value == follows)
        before = value
    return ChainVerdict(
        right=result == str(results(prompt)[-1]),
        steps=tuple(valid),
        surplus=max(0, len(steps) - len(operators)),
        concludes=bool(steps) and bool(result) and steps[-1] == result,
    )


def chain_at(place: int, operations: int) -> str:
    """The prompt at a place from 0 to `how_many(operations) - 1` of all with that many operations, each once."""
    place, digit = divmod(place, MODULUS)
    chain = [str(digit)]
    for _ in range(operations):
        place, operator = divmod(place, len(OPERATIONS))
        place, digit = divmod(place, MODULUS)
        chain += [tuple(OPERATIONS)[operator], str(digit)]
    return "".join([*chain, "="])


def how_many(operations: int) -> int:
    """How many prompts with that many operations there are."""
    return int(MODULUS ** (operations + 1) * len(OPERATIONS) ** operations)


def _digit(step: str) -> int | None:
    return int(step) if len(step) == 1 and step in "0123456789" else None
