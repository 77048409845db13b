"""Reading the outputs of named layers while a model runs."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from types import TracebackType

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from distill_core.errors import ConfigError, unknown_name


class Taps:
    """Keeps the outputs of named layers of the last forward until they are taken.

    Outputs keep their gradients. A module called twice gives its last output. An activation that would overwrite a
    tapped output in place is told not to, for as long as the tap is there.

    Remove the taps before the model is copied or exported: hooks go along with a copy.

    Example:
        with Taps(model, ["stage1.block1"]) as taps:
            logits = model(images)
            features = taps.take()["stage1.block1"]
    """

    def __init__(self, model: nn.Module, names: Iterable[str]) -> None:
        """Hooks the layers.

        Args:
            model: any module, also one set up by Lightning Fabric, compiled, or data-parallel: names are those of the
                model inside.
            names: as in `model.named_modules()`.

        Raises:
            ConfigError: if the model has no layer of such a name.
        """
        inner = inner_model(model)
        modules = {name: module for name, module in inner.named_modules() if name}
        self.names = tuple(dict.fromkeys(names))
        for name in self.names:
            if name not in modules:
                raise unknown_layer("layer", name, modules)
        self._outputs: dict[str, tuple[Tensor, int]] = {}
        self._not_in_place: list[nn.Module] = []
        self._handles = [modules[name].register_forward_hook(self._keeper(name)) for name in self.names]
        self._guards: list[RemovableHandle] = []
        if self.names:
            overwriting = [module for module in inner.modules() if getattr(module, "inplace", False) is True]
            self._guards = [module.register_forward_pre_hook(self._guard) for module in overwriting]

    def take(self) -> dict[str, Tensor]:
        """The outputs of the last forward, by layer name in the order asked for; they are then forgotten.

        Raises:
            ConfigError: if a layer did not run, or its output was overwritten by a function that works in place.
        """
        outputs, self._outputs = self._outputs, {}
        for name in self.names:
            if name not in outputs:
                raise ConfigError(
                    f"layer {name!r} returned no tensor in the last forward; choose a layer that runs each time"
                )
            output, version = outputs[name]
            if output._version != version:
                raise ConfigError(
                    f"layer {name!r} cannot be read: the model overwrites its output in place; "
                    "choose the end of the block it lies in"
                )
        for guard in self._guards:
            guard.remove()
        self._guards = []
        return {name: outputs[name][0] for name in self.names}

    def remove(self) -> None:
        """Takes the hooks off, forgets what they kept, and lets activations work in place again."""
        for handle in (*self._handles, *self._guards):
            handle.remove()
        for module in self._not_in_place:
            module.inplace = True  # type: ignore[assignment]
        self._handles, self._guards, self._not_in_place, self._outputs = [], [], [], {}

    def __enter__(self) -> Taps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _keeper(self, name: str) -> Callable[[nn.Module, object, object], None]:
        def keep(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor):
                self._outputs[name] = (output, output._version)

        return keep

    def _guard(self, module: nn.Module, inputs: tuple[object, ...]) -> None:
        """Before an activation works in place: not on memory that is tapped. Needed in the first forward only."""
        if inputs and isinstance(inputs[0], Tensor):
            memory = inputs[0].untyped_storage().data_ptr()
            if any(memory == kept.untyped_storage().data_ptr() for kept, _ in self._outputs.values()):
                module.inplace = False  # type: ignore[assignment]
                self._not_in_place.append(module)


def inner_model(model: nn.Module) -> nn.Module:
    """The model inside what Lightning Fabric, `torch.compile` or data parallelism wrapped around it."""
    while True:
        inner = getattr(model, "_original_module", None) or getattr(model, "_orig_mod", None)
        if inner is None and type(model).__name__ in ("DistributedDataParallel", "DataParallel"):
            inner = model.module
        if not isinstance(inner, nn.Module):
            return model
        model = inner


def unknown_layer(what: str, name: str, known: Iterable[str], shown: Iterable[str] = ()) -> ConfigError:
    """The error for a layer that does not exist; of a model with many it lists the likely ones only.

    Args:
        what: such as ``student layer``.
        name: the value that is not known.
        known: all names.
        shown: the names to list if there are too many.
    """
    known = list(known)
    if len(known) > 40:
        close = difflib.get_close_matches(name, known, n=5, cutoff=0.4)
        known = list(dict.fromkeys([*close, *shown])) or known[:40]
    return unknown_name(what, name, known)
