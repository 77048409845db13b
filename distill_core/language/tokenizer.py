"""The tokenizer of a Hugging Face model: its `tokenizer.json`, its marks, and the way it puts a question to it.

The `tokenizers` package reads the file; transformers is not needed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from distill_core.errors import CheckpointError, ConfigError, DataUnavailable
from distill_core.language.models.references import CONFIG, TOKENIZER, read_json

GENERATION = "generation_config.json"
TEMPLATE = "chat_template.jinja"
SHORTEST = 2
"""Tokens of a prompt, at least."""


class Tokenizer:
    """A `Reader` of a model's own tokens.

    Args:
        folder: with `tokenizer.json`, and `tokenizer_config.json` and `config.json` for its marks.

    Attributes:
        tokens: all of them, by number.
        eos: ends a text.
        bos: begins one; None if the model is not used to any.
        pad: fills up rows; a mark other than the end if there is any.
        unwritten: `pad`, unless it is the end because there is no other mark.

    Raises:
        ConfigError: if there is no `tokenizer.json`, or no mark for the end of a text.
        CheckpointError: if a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from tokenizers import Tokenizer as Engine
        except ImportError:
            raise DataUnavailable(
                "Hugging Face models need the package tokenizers, which is not here: pip install -r requirements.txt"
            ) from None
        file = folder / TOKENIZER
        if not file.is_file():
            raise ConfigError(
                f"{folder} has no {TOKENIZER}; tokenizers in other forms are not read. Save it in this form with "
                "AutoTokenizer.from_pretrained(...).save_pretrained(...), or name another model."
            )
        try:
            self._engine = Engine.from_file(str(file))
        except Exception as error:
            raise CheckpointError(f"{file} cannot be read ({error}). Restore it, or get the model again.") from None
        self._engine.no_truncation()
        self._engine.no_padding()
        self._settings = _optional(folder / "tokenizer_config.json")
        self.tokens = _listed(self._engine.get_vocab(with_added_tokens=True))
        self._template = _template(folder, self._settings)
        self.bos = self._mark("bos_token")
        self.eos = self._end(folder)
        self.pad = self._filler()
        self.unwritten = None if self.pad == self.eos else self.pad

    @cached_property
    def sha256(self) -> str:
        """Of all tokens in their order."""
        return hashlib.sha256(json.dumps(self.tokens, ensure_ascii=False).encode()).hexdigest()

    def prompt(self, text: str) -> list[int]:
        """A question as the model's chat template puts it; without one, the text after the mark of a beginning.

        At least two tokens: an answer that followed the first would look like a text that is read from its beginning.
        """
        if self._template is not None:
            asked = self._ids(self._asked(text))
        else:
            begin = [self.bos] if self.bos is not None and self._settings.get("add_bos_token", True) else []
            asked = [*begin, *self.encode(text)]
        while len(asked) < SHORTEST:
            asked = [*self.start(), *asked]
        return asked

    def encode(self, text: str) -> list[int]:
        """The tokens of a text alone."""
        return self._ids(text)

    def start(self) -> list[int]:
        """The mark of a beginning; a model without one is used to texts that follow the end of another."""
        return [self.eos if self.bos is None else self.bos]

    def decode(self, ids: Iterable[int]) -> str:
        """The text up to the first end, without marks."""
        tokens = list(ids)
        if self.eos in tokens:
            tokens = tokens[: tokens.index(self.eos)]
        text: str = self._engine.decode(tokens, skip_special_tokens=True)
        return text

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._engine.encode(text, add_special_tokens=False).ids
        return ids

    def _asked(self, text: str) -> str:
        """A conversation of one question, in the template's words."""
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(why: str) -> None:
            raise TemplateError(why)

        rules = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        rules.globals["raise_exception"] = refuse
        marks = {name: self._named(name) for name in ("bos_token", "eos_token", "pad_token", "unk_token")}
        try:
            asked = rules.from_string(self._template or "").render(
                messages=[{"role": "user", "content": text}],
                add_generation_prompt=True,
                **{name: mark for name, mark in marks.items() if mark is not None},
            )
        except TemplateError as error:
            raise ConfigError(
                f"The chat template of the tokenizer cannot put a question ({error}); remove it from "
                "tokenizer_config.json to have prompts read as they are"
            ) from None
        return asked

    def _named(self, name: str) -> str | None:
        value = self._settings.get(name)
        return value.get("content") if isinstance(value, dict) else value

    def _mark(self, name: str) -> int | None:
        text = self._named(name)
        number: int | None = None if text is None else self._engine.token_to_id(text)
        return number

    def _end(self, folder: Path) -> int:
        own = self._mark("eos_token")
        if own is not None:
            return own
        for file in (GENERATION, CONFIG):
            found = _optional(folder / file).get("eos_token_id")
            found = found[0] if isinstance(found, list) and found else found
            if isinstance(found, int) and 0 <= found < len(self.tokens):
                return found
        raise ConfigError(
            f"{folder} does not say which token ends a text; write it into tokenizer_config.json as eos_token"
        )

    def _filler(self) -> int:
        """The tokenizer's padding if it is not the end, else another mark, else the end: the loss never sees it."""
        own = self._mark("pad_token")
        if own is not None and own != self.eos:
            return own
        marks = sorted(number for number, token in self._engine.get_added_tokens_decoder().items() if token.special)
        used = set() if self._template is None else set(self._ids(self._asked("")))
        others = [number for number in marks if number not in {self.eos, self.bos, *used}]
        return others[0] if others else self.eos


@lru_cache(maxsize=4)
def _tokenizer(folder: Path, _changed: tuple[int, ...]) -> Tokenizer:
    return Tokenizer(folder)


def tokenizer_in(folder: Path) -> Tokenizer:
    """The tokenizer of a model's folder, read again when its files change.

    Raises:
        DistillError: see `Tokenizer`.
    """
    files = (folder / name for name in (TOKENIZER, "tokenizer_config.json", TEMPLATE, GENERATION, CONFIG))
    return _tokenizer(folder, tuple(file.stat().st_mtime_ns if file.is_file() else 0 for file in files))


def _listed(numbers: dict[str, int]) -> tuple[str, ...]:
    """Tokens by number; a number without one has an empty name."""
    size = max(numbers.values(), default=-1) + 1
    names = [""] * size
    for token, number in numbers.items():
        names[number] = token
    return tuple(names)


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _template(folder: Path, settings: dict[str, Any]) -> str | None:
    file = folder / TEMPLATE
    if file.is_file():
        return file.read_text(encoding="utf-8")
    found = settings.get("chat_template")
    if isinstance(found, list):
        found = next((each.get("template") for each in found if each.get("name") == "default"), None)
    return found if isinstance(found, str) else None
