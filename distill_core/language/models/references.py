"""References to Hugging Face models: `hf:REFERENCE` is a model, `hf:REFERENCE:24` its configuration with 24 blocks.

REFERENCE is a folder, a hub id (`OWNER/NAME`), or the name of a model that was converted into `DISTILL_HOME/models`.
`hf:REFERENCE:12x384` has 12 blocks and is 384 wide. Nothing here imports torch or transformers.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from distill_core.cards import HF
from distill_core.errors import CheckpointError, ConfigError, DataUnavailable, unknown_name
from distill_core.home import default_home

CONFIG, TOKENIZER = "config.json", "tokenizer.json"
FILES = ("*.json", "*.safetensors", "*.jinja")
"""What is fetched of a hub's repository: nothing that is pickled, no code."""
INDEX = "model.safetensors.index.json"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True)
class Reference:
    """A reference taken apart.

    Attributes:
        model: the folder, hub id or name behind `hf:`.
        blocks: of a student; None for as many as the model has.
        width: of a student; None for the model's.
    """

    model: str
    blocks: int | None = None
    width: int | None = None

    @property
    def teacher(self) -> str:
        """The reference of the model itself."""
        return f"{HF}{self.model}"

    def __str__(self) -> str:
        if self.blocks is None:
            return self.teacher
        return f"{self.teacher}:{self.blocks}{'' if self.width is None else f'x{self.width}'}"


def is_reference(name: str) -> bool:
    """Whether a name is one of a Hugging Face model."""
    return name.startswith(HF)


def parse(name: str) -> Reference:
    """A reference by its parts.

    Raises:
        ConfigError: if nothing stands behind `hf:`, or no block is left.
    """
    match = re.fullmatch(r"(.+?)(?::(\d+)(?:x(\d+))?)?", name.removeprefix(HF))
    if match is None:
        raise ConfigError(
            f"student: {name!r} names no model; write {HF}FOLDER, {HF}OWNER/NAME or {HF}NAME, and for a student of 24 "
            f"blocks {HF}NAME:24"
        )
    blocks, width = (int(part) if part else None for part in match.groups()[1:])
    if blocks == 0 or width == 0:
        raise ConfigError(f"student: {name!r} has nothing in it; give at least 1 block and a width above 0")
    return Reference(match[1], blocks, width)


def absolute(reference: Reference) -> Reference:
    """The same with the folder's whole path, where it is one, so that it is found from anywhere."""
    folder = Path(reference.model).expanduser()
    if reference.model in converted() or not folder.is_dir():
        return reference
    return Reference(str(folder.absolute()), reference.blocks, reference.width)


def converted() -> dict[str, Path]:
    """The models in `DISTILL_HOME/models` by name."""
    parent = default_home() / "models"
    return {file.parent.name: file.parent for file in sorted(parent.glob(f"*/{CONFIG}"))}


def folder_of(reference: Reference, fetch: bool = False) -> Path:
    """The folder with a model's files.

    Args:
        reference: of the model.
        fetch: fetches one that a hub id names; else it must be on this machine already.

    Raises:
        ConfigError: if there is no such model.
        DataUnavailable: if it is not here and cannot be fetched; names the ways out.
    """
    named = converted()
    if reference.model in named:
        return named[reference.model]
    folder = Path(reference.model).expanduser()
    if folder.is_dir():
        if not (folder / CONFIG).is_file():
            raise ConfigError(
                f"{reference.teacher}: {folder} holds no Hugging Face model, for {CONFIG} is missing; name a folder "
                f"with {CONFIG}, {TOKENIZER} and weights as .safetensors"
            )
        return folder
    if _HUB_ID.fullmatch(reference.model):
        return _from_hub(reference.model, fetch)
    if folder.name != reference.model:
        raise ConfigError(f"{reference.teacher}: there is no folder {folder}; name one, or a hub id such as OWNER/NAME")
    error = unknown_name("model", reference.model, named)
    raise ConfigError(f"{error} `python -m distill_core convert smollm2` makes one; a folder or a hub id will do too.")


def _from_hub(hub_id: str, fetch: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download
    except ImportError:
        raise DataUnavailable(f"{HF}{hub_id} needs transformers: pip install transformers") from None
    try:
        here = Path(snapshot_download(hub_id, allow_patterns=list(FILES), local_files_only=True))
        if _is_whole(here) or not fetch:
            return here
        missing: Exception | None = None
    except Exception as error:
        missing = error
    ways = (
        f"Put its files ({CONFIG}, {TOKENIZER}, the .safetensors) into a folder and name it, {HF}FOLDER; or take a "
        "model that is here: `python -m distill_core convert smollm2` makes one without the hub."
    )
    if not fetch:
        raise DataUnavailable(
            f"{HF}{hub_id} is not on this machine. `python -m distill_core fetch {hub_id}` gets it from the hub. {ways}"
        ) from missing
    try:
        return Path(snapshot_download(hub_id, allow_patterns=list(FILES)))
    except Exception as error:
        why = str(error).strip().splitlines() or [""]
        raise DataUnavailable(
            f"{HF}{hub_id} cannot be fetched from the hub ({type(error).__name__}: {why[0][:200]}). Check the name and "
            f"the network and try again. {ways}"
        ) from None


def _is_whole(folder: Path) -> bool:
    """Whether nothing is missing of what a fetch that was broken off may have left out."""
    index = folder / INDEX
    shards = set(read_json(index).get("weight_map", {}).values()) if index.is_file() else set()
    weights = [folder / shard for shard in shards] or list(folder.glob("*.safetensors"))
    return bool(weights) and all(file.is_file() for file in (folder / CONFIG, folder / TOKENIZER, *weights))


def settings_of(folder: Path) -> dict[str, Any]:
    """A model's `config.json`.

    Raises:
        CheckpointError: if it cannot be read.
    """
    return read_json(folder / CONFIG)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object of a model's folder.

    Raises:
        CheckpointError: if it cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}). Restore it, or get the model again.") from None
    if not isinstance(found, dict):
        raise CheckpointError(f"{path} is no JSON object. Restore it, or get the model again.")
    return found


@dataclass(frozen=True)
class Weights:
    """What the headers of a model's weights say.

    Attributes:
        files: that hold them, and `config.json`, each with the time of its last change and its size.
        parameters: in all.
        of_blocks: parameters of each block, in order.
    """

    files: tuple[tuple[Path, int, int], ...]
    parameters: int
    of_blocks: tuple[int, ...]

    @property
    def sha256(self) -> str:
        """Of the files' content: the same weights compute something else under another configuration."""
        return _hashed(self.files)

    def with_blocks(self, blocks: int) -> int:
        """Parameters of a model with so many of the blocks, all as large as the mean one."""
        if not self.of_blocks:
            return self.parameters
        held = sum(self.of_blocks)
        return self.parameters - held + round(held * blocks / len(self.of_blocks))


def weights_of(folder: Path) -> Weights:
    """The weights of a model's folder, read without loading them.

    Raises:
        CheckpointError: if there are none as safetensors, or they are damaged.
    """
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise CheckpointError(
            f"{folder} has no weights as .safetensors; others are not read, for they can run code. Get the model in "
            "this form, or convert it with its own tools."
        )
    config = [folder / CONFIG] if (folder / CONFIG).is_file() else []
    return _weights(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in (*files, *config)))


@lru_cache(maxsize=16)
def _weights(files: tuple[tuple[Path, int, int], ...]) -> Weights:
    blocks, total = dict[int, int](), 0
    for file, _, _ in files:
        if file.name == CONFIG:
            continue
        try:
            with file.open("rb") as opened:
                header = json.loads(opened.read(int.from_bytes(opened.read(8), "little")))
            counts = {name: math.prod(each["shape"]) for name, each in header.items() if name != "__metadata__"}
        except (OSError, ValueError, MemoryError, OverflowError, LookupError, TypeError, AttributeError) as error:
            raise CheckpointError(f"{file} is damaged ({error}). Restore it, or get the model again.") from None
        total += sum(counts.values())
        for name, count in counts.items():
            block = re.search(r"\b(?:layers|h|blocks)\.(\d+)\.", name)
            if block:
                blocks[int(block[1])] = blocks.get(int(block[1]), 0) + count
    return Weights(files, total, tuple(blocks[number] for number in sorted(blocks)))


@lru_cache(maxsize=16)
def _hashed(files: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for file, _, _ in files:
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
