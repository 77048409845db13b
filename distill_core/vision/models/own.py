"""A model of one's own: ``mypackage.nets:tiny`` is what the function `tiny` of the module `mypackage.nets` returns.

The function is called with those of `channels`, `classes` and `size` (height and width of the images) that it takes.
Modules are found as Python finds them, and in the current folder.
"""

from __future__ import annotations

import contextlib
import difflib
import functools
import hashlib
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from distill_core.errors import ConfigError


def build(channels: int, classes: int, size: tuple[int, int], module: str, function: str) -> nn.Module:
    """Calls the function, and sees with two empty images that its model answers as it must.

    Raises:
        ConfigError: if there is no such module or function, if it fails, or if what it returns is no model with
            `classes` outputs.
    """
    name = f"{module}:{function}"
    make = _function(name, module, function)
    takes = _takes(make)
    given = {
        key: value for key, value in (("channels", channels), ("classes", classes), ("size", size)) if key in takes
    }
    try:
        model = make(**given)
    except Exception as error:
        shown = ", ".join(f"{key}={value}" for key, value in given.items())
        raise ConfigError(
            f"student: {function}({shown}) of {module} failed ({type(error).__name__}: {_line(error)}). "
            "It may take channels, classes and size, and needs a default for anything else"
        ) from error
    if not isinstance(model, nn.Module):
        raise ConfigError(f"student: {name!r} returned {type(model).__name__}; let it return a torch.nn.Module")
    if not any(parameter.is_meta for parameter in model.parameters()):
        _check_answers(name, model, channels, classes, size)
    return model


def code_sha256(module: str, function: str) -> str:
    """A hash of the file that holds the function, as it was when Python loaded it; "" where there is none to read.

    Raises:
        ConfigError: if there is no such module or function.
    """
    return _source_sha256(_function(f"{module}:{function}", module, function))


@functools.lru_cache
def _source_sha256(make: Callable[..., Any]) -> str:
    try:
        source = Path(inspect.getsourcefile(inspect.unwrap(make)) or "").read_bytes()
    except (OSError, TypeError):
        return ""
    return hashlib.sha256(source).hexdigest()


def _function(name: str, module: str, function: str) -> Callable[..., Any]:
    with _current_folder():
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name and (module == error.name or module.startswith(f"{error.name}.")):
                raise ConfigError(
                    f"student: {name!r} needs a module {error.name!r}, which is neither installed nor in {Path.cwd()}; "
                    "put its folder on PYTHONPATH, or install it"
                ) from None
            raise ConfigError(f"student: the module {module!r} needs {error.name!r}, which is not installed") from None
        except Exception as error:
            raise ConfigError(
                f"student: the module {module!r} cannot be imported ({type(error).__name__}: {_line(error)})"
            ) from error
    make: Any = getattr(found, function, None)
    if not callable(make):
        known = [key for key, value in vars(found).items() if callable(value) and not key.startswith("_")]
        close = difflib.get_close_matches(function, known, n=1)
        guess = f" Did you mean {close[0]!r}?" if close else ""
        raise ConfigError(f"student: the module {module!r} has no function {function!r}.{guess}")
    named: Callable[..., Any] = make
    _source_sha256(named)
    return named


@contextlib.contextmanager
def _current_folder() -> Iterator[None]:
    """Lets Python find modules in the current folder, after all others."""
    folder = str(Path.cwd())
    added = folder not in sys.path and "" not in sys.path
    if added:
        sys.path.append(folder)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if added:
            sys.path.remove(folder)


def _takes(make: Callable[..., Any]) -> set[str]:
    try:
        parameters = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return set()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return {"channels", "classes", "size"}
    return {parameter.name for parameter in parameters if parameter.kind is not parameter.POSITIONAL_ONLY}


def _check_answers(name: str, model: nn.Module, channels: int, classes: int, size: tuple[int, int]) -> None:
    was_training = model.training
    shape = (2, channels, *size)
    try:
        with torch.no_grad():
            answers = model.eval()(torch.zeros(shape))
    except Exception as error:
        raise ConfigError(
            f"student: the model of {name!r} fails on images {list(shape)} ({type(error).__name__}: {_line(error)}). "
            "Let its function take channels, classes and size, and build for them"
        ) from error
    finally:
        model.train(was_training)
    if not isinstance(answers, torch.Tensor):
        raise ConfigError(
            f"student: the model of {name!r} answers with {type(answers).__name__}; let it return logits [N, {classes}]"
        )
    if tuple(answers.shape) != (2, classes):
        raise ConfigError(
            f"student: the model of {name!r} answers {list(answers.shape)} to {list(shape)}; "
            f"it must be logits [2, {classes}], one for each class"
        )


def _line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".")
