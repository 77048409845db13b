"""A tiny Llama with random weights and a tiny tokenizer, as files in the form of Hugging Face."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

WORDS = ("the", "cat", "dog", "sees", "a", "bird", "and", "runs", "home", "red", "blue", "says", "why", "not")
MARKS = ("<end>", "<start>", "<fill>")
TEMPLATE = (
    "{% for message in messages %}{{ '<start>' + message['role'] + ' ' + message['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start>' }}{% endif %}"
)
DEPTH, WIDTH, HEADS = 4, 32, 4


def make(
    folder: Path,
    *,
    words: tuple[str, ...] = WORDS,
    template: str | None = TEMPLATE,
    pad: str | None = "<end>",
    marks: tuple[str, ...] = MARKS,
    filled_up: int = 0,
    tied: bool = True,
    seed: int = 0,
    config: dict[str, Any] | None = None,
) -> Path:
    """Writes a model of 4 blocks, 32 wide; by default its padding is its end, as with many models.

    Args:
        folder: is made.
        words: tokens beside the marks; others are read as "?".
        template: of a chat; None for none.
        pad: what `tokenizer_config.json` calls the padding.
        marks: the first of them ends a text.
        filled_up: rows of the embedding beyond the tokens.
        tied: whether the embedding is the output layer too.
        seed: of the weights.
        config: further settings of the model.
    """
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    numbers = {token: number for number, token in enumerate((*marks, "?", *words))}
    tokenizer = Tokenizer(models.WordLevel(vocab=numbers, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {"eos_token": marks[0], "bos_token": marks[1] if len(marks) > 1 else None}
    settings |= {"pad_token": pad, "chat_template": template}
    (folder / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in settings.items() if v is not None}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(numbers) + filled_up,
                hidden_size=WIDTH,
                intermediate_size=48,
                num_hidden_layers=DEPTH,
                num_attention_heads=HEADS,
                num_key_value_heads=2,
                max_position_embeddings=128,
                initializer_range=0.4,
                tie_word_embeddings=tied,
                **(config or {}),
            )
        )
    model.save_pretrained(folder)
    return folder
