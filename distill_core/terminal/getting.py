"""Getting Hugging Face models: from a package, or from the hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from distill_core.cards import HF
from distill_core.errors import unknown_name
from distill_core.home import default_home

CONVERTED = ("smollm2",)
QUESTION = "What is the capital of France?"
MOST_SAID = 24


def convert(what: str, told: Callable[[str], None]) -> dict[str, Any]:
    """Converts a model that comes in a package, and lets it answer a question.

    Args:
        what: which.
        told: what is being done, in a sentence each.

    Returns:
        `name`, `folder`, `what` (a sentence), and `question` and `answer`.

    Raises:
        ConfigError: if there is no such model to convert.
        DataUnavailable: if its package is missing; says how to install it.
    """
    if what not in CONVERTED:
        raise unknown_name("model to convert", what, CONVERTED)
    from distill_core.language import smollm2

    folder = smollm2.convert(default_home(), told=told)
    told(f"Asking it: {QUESTION}")
    return {
        "name": f"{HF}{smollm2.NAME}",
        "folder": str(folder),
        "what": smollm2.card_text(folder),
        "question": QUESTION,
        "answer": asked(folder, QUESTION),
    }


def asked(folder: Path, question: str) -> str:
    """What a model says to a question, greedily."""
    import torch

    from distill_core.language.models.hugging_face import load
    from distill_core.language.tokenizer import tokenizer_in
    from distill_core.language.writing import write

    tokenizer = tokenizer_in(folder)
    model = load(folder, len(tokenizer.tokens))
    prompt = torch.tensor(tokenizer.prompt(question))
    writing = write(model, [prompt], MOST_SAID, tokenizer.eos, tokenizer.unwritten)
    return tokenizer.decode(writing.answers[0].tolist()).strip()


def fetch(hub_id: str) -> dict[str, Any]:
    """Fetches a model from the hub; one that is here already is not fetched again.

    Returns:
        `name`, `folder`, `parameters` and `tokens`.

    Raises:
        DistillError: if it cannot be had, or is in a form that is not read.
    """
    from distill_core.language.models.references import Reference, folder_of, weights_of
    from distill_core.language.tokenizer import tokenizer_in

    reference = Reference(hub_id.removeprefix(HF))
    folder = folder_of(reference, fetch=True)
    found = {"parameters": weights_of(folder).parameters, "tokens": len(tokenizer_in(folder).tokens)}
    return {"name": reference.teacher, "folder": str(folder), **found}
