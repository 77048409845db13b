"""Any causal language model of Hugging Face transformers, offering what the project's own GPTs offer.

transformers is imported only when a model is built. Weights come from safetensors, never from a pickle, and no code
that a repository brings is run.
"""

from __future__ import annotations

import copy
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from distill_core.errors import CheckpointError, ConfigError, DataUnavailable
from distill_core.language.models.gpt import Shape
from distill_core.language.models.references import Reference

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel


class Kept:
    """A `Cache` of keys and values, as transformers keeps them."""

    def __init__(self) -> None:
        from transformers import DynamicCache

        self.past = DynamicCache()

    @property
    def length(self) -> int:
        """Tokens read of each text."""
        return int(self.past.get_seq_length())

    def keep(self, rows: Tensor) -> None:
        """Goes on with these texts only, given by their rows in the batch, or by which of them stay."""
        self.past.batch_select_indices(rows.nonzero().flatten() if rows.dtype == torch.bool else rows)


class HuggingFace(nn.Module):
    """Token ids `[N, L]` -> logits of the token after each `[N, L, vocabulary]`.

    Args:
        model: a causal language model of transformers.
        vocabulary: tokens of the tokenizer. A model may have rows beyond them, to fill its matrices up; these are no
            tokens, and their logits are left out.

    Attributes:
        shape: its size.
        blocks: the names of its blocks, in the order they run.
        sha256: of the weights' files; "" for an untrained model.
    """

    def __init__(self, model: PreTrainedModel, vocabulary: int) -> None:
        super().__init__()
        self.model = model
        config = model.config.get_text_config()
        depth = int(config.num_hidden_layers)
        self.shape = Shape(vocabulary, int(config.hidden_size), depth, int(config.num_attention_heads))
        self.blocks = tuple(f"{_blocks_name(self, depth)}.{number}" for number in range(depth))
        self.sha256 = ""
        self._where: Tensor | None = None
        self._past = _name_of_past(model)
        self._tied = _tied(self)
        _head_of(model).register_forward_pre_hook(self._only_where)
        self.register_state_dict_post_hook(_without_copies)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_with_copies)  # type: ignore[no-untyped-call]

    @property
    def embedding(self) -> nn.Module:
        """The vectors of the tokens."""
        found: nn.Module = self.model.get_input_embeddings()
        return found

    @property
    def norm(self) -> nn.Module | None:
        """The norm behind the last block, by the names that models give it."""
        inner = self.model.base_model
        names = ("norm", "ln_f", "final_layer_norm", "final_layernorm")
        return next((getattr(inner, name) for name in names if hasattr(inner, name)), None)

    def new_cache(self) -> Kept:
        """An empty cache to write with."""
        return Kept()

    def features(self, ids: Tensor, cache: Kept | None = None) -> Tensor:
        """The tokens `[N, L, width]` behind the last block, normed; see `forward`."""
        said = self.model.base_model(input_ids=ids, **self._keeping(cache))
        tokens: Tensor = said[0]
        return tokens

    def forward(self, ids: Tensor, cache: Kept | None = None, where: Tensor | None = None) -> Tensor:
        """Logits of the token after each.

        Args:
            ids: `[N, L]`, int64; with a cache, the tokens that follow those it has read.
            cache: read and extended, if given.
            where: `[N, L]` bool, of which positions logits are wanted, at least one: the result is then
                `[P, vocabulary]`. Tokens behind the last of them are not read, for none sees what follows it, unless
                somebody looks at a layer: it is given whole.
        """
        if where is not None and not self._is_watched():
            reach = int(where.any(dim=0).nonzero().max()) + 1
            ids, where = ids[:, :reach], where[:, :reach]
        self._where = where
        try:
            logits: Tensor = self.model(input_ids=ids, **self._keeping(cache)).logits
        finally:
            self._where = None
        return logits[..., : self.shape.vocabulary]

    def _is_watched(self) -> bool:
        """Whether somebody reads a layer's output."""
        return any(part._forward_hooks for part in self.modules())

    def _keeping(self, cache: Kept | None) -> dict[str, Any]:
        return {"use_cache": False} if cache is None else {"use_cache": True, self._past: cache.past}

    def _only_where(self, _head: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        """Gives the output layer the tokens alone whose logits are wanted."""
        return None if self._where is None else (inputs[0][self._where],)


def _head_of(model: Any) -> nn.Module:
    """The output layer of a model of transformers."""
    head: nn.Module | None = model.get_output_embeddings()
    if head is None:
        raise ConfigError(f"{type(model).__name__} has no output layer over the vocabulary; take another model")
    return head


def _name_of_past(model: nn.Module) -> str:
    """What this version of transformers calls the argument for keys and values."""
    known = signature(model.forward).parameters
    return "cache" if "cache" in known else "past_key_values"


def _blocks_name(model: nn.Module, depth: int) -> str:
    """The name of the list of a model's blocks."""
    name: str
    for name, module in model.named_modules():
        if isinstance(module, nn.ModuleList) and len(module) == depth:
            return name
    raise ConfigError(f"{type(model).__name__}: a list of its {depth} blocks is not to be found; take another model")


def _tied(model: nn.Module) -> dict[str, str]:
    """Names of parameters that are others under a second name, with the first."""
    first: dict[int, str] = {}
    copies = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if first.setdefault(id(parameter), name) != name:
            copies[name] = first[id(parameter)]
    return copies


def _without_copies(model: nn.Module, state: dict[str, Any], prefix: str, _metadata: Any) -> None:
    """What is one tensor is kept once."""
    assert isinstance(model, HuggingFace)
    for name in model._tied:
        state.pop(prefix + name, None)


def _with_copies(model: nn.Module, state: dict[str, Any], prefix: str, *_others: Any) -> None:
    assert isinstance(model, HuggingFace)
    for name, first in model._tied.items():
        if prefix + first in state:
            state[prefix + name] = state[prefix + first]


def load(folder: Path, vocabulary: int) -> HuggingFace:
    """A trained model in single precision, in evaluation mode.

    Args:
        folder: with `config.json` and weights as safetensors.
        vocabulary: tokens of its tokenizer.

    Raises:
        CheckpointError: if the files cannot be read or do not fit each other.
        ConfigError: if the tokenizer has more tokens than the model.
    """
    transformers = _transformers()
    try:
        model, notes = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.float32,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as error:
        raise CheckpointError(
            f"{folder} cannot be loaded as a causal language model ({type(error).__name__}: {_first(error)}). Restore "
            "it, or name another."
        ) from None
    missing = sorted(notes.get("missing_keys", ()))
    if missing:
        raise CheckpointError(f"The weights in {folder} lack {missing[0]!r}. Restore the folder, or name another.")
    return _wrapped(model.eval(), vocabulary, str(folder))


def build(reference: Reference, folder: Path, vocabulary: int, seed: int) -> HuggingFace:
    """An untrained model of a reference's configuration; the same seed gives the same weights.

    Args:
        reference: says how many blocks, and how wide.
        folder: of the model whose configuration it is.
        vocabulary: tokens of its tokenizer.
        seed: of the weights; torch's own generator is left alone.

    Raises:
        CheckpointError: if the configuration cannot be read.
        ConfigError: if it cannot have so many blocks, or that width.
    """
    transformers = _transformers()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        raise CheckpointError(
            f"{folder / 'config.json'} is no configuration that transformers {transformers.__version__} knows "
            f"({_first(error)}). Name another model."
        ) from None
    config = resized(config, reference)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32, trust_remote_code=False)
        except Exception as error:
            raise ConfigError(
                f"student: {reference} cannot be built ({type(error).__name__}: {_first(error)})"
            ) from None
    return _wrapped(model, vocabulary, str(reference))


def resized(config: PreTrainedConfig, reference: Reference) -> PreTrainedConfig:
    """A configuration with the blocks and the width of a reference; heads stay as wide as they are.

    Raises:
        ConfigError: if the model has fewer blocks, blocks of several kinds, or the width is no multiple of a head's.
    """
    config = copy.deepcopy(config)
    inner = config.get_text_config()
    if reference.blocks is not None and reference.blocks != inner.num_hidden_layers:
        _check_blocks(inner, reference)
        for name in ("layer_types", "mlp_layer_types", "no_rope_layers"):
            kinds = getattr(inner, name, None)
            if kinds:
                setattr(inner, name, [kinds[0]] * reference.blocks)
        inner.num_hidden_layers = reference.blocks
    if reference.width is not None and reference.width != inner.hidden_size:
        _set_width(inner, reference)
    return config


def _check_blocks(inner: Any, reference: Reference) -> None:
    if reference.blocks is not None and reference.blocks > inner.num_hidden_layers and reference.width is None:
        raise ConfigError(
            f"student: {reference} has {reference.blocks} blocks, but its model {inner.num_hidden_layers}; take at "
            f"most {inner.num_hidden_layers}"
        )
    for name in ("layer_types", "mlp_layer_types", "no_rope_layers"):
        kinds = getattr(inner, name, None)
        if kinds and len(set(kinds)) > 1:
            raise ConfigError(
                f"student: the blocks of {reference.teacher} are of several kinds ({name}: "
                f"{', '.join(sorted(set(map(str, kinds))))}), so none can be left out; take a model whose blocks are "
                "alike"
            )


def _set_width(inner: Any, reference: Reference) -> None:
    assert reference.width is not None
    before, heads = inner.hidden_size, inner.num_attention_heads
    of_head = getattr(inner, "head_dim", None) or before // heads
    if reference.width % of_head:
        raise ConfigError(
            f"student: {reference} is {reference.width} wide, but a head of its model has {of_head}; take a multiple, "
            f"such as {max(of_head, reference.width // of_head * of_head)}"
        )
    own = reference.width // of_head
    shared = getattr(inner, "num_key_value_heads", None)
    inner.hidden_size, inner.num_attention_heads = reference.width, own
    if shared:
        inner.num_key_value_heads = own if own % max(1, heads // shared) else own // max(1, heads // shared)
    if getattr(inner, "intermediate_size", None):
        inner.intermediate_size = round(inner.intermediate_size * reference.width / before)


def _wrapped(model: Any, vocabulary: int, name: str) -> HuggingFace:
    rows = int(model.get_input_embeddings().weight.shape[0])
    if vocabulary > rows:
        raise ConfigError(
            f"{name}: its tokenizer has {vocabulary:,} tokens, and the model only {rows:,}; the two do not belong "
            "together"
        )
    return HuggingFace(model, vocabulary)


def _transformers() -> Any:
    transformers: Any
    try:
        import transformers
    except ImportError:
        raise DataUnavailable(
            "Hugging Face models need the package transformers, which is not here: pip install -r requirements.txt"
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def _first(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
