"""What is wrong with a setting, in the words of this project."""

from __future__ import annotations

import difflib
from typing import Any

from distill_core.config.names import paths_of
from distill_core.config.parts import PARTS, Part, Phase, Term

_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "tuple": "a list",
    "dict": "an object of settings",
    "model": "an object of settings",
}


def sentence(problem: Any, whole: type[Part]) -> str:
    """One of pydantic's problems with a configuration of the class `whole`, in the words of this project."""
    where = [str(part) for part in problem["loc"]]
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "extra_forbidden":
        inside = _inside(where, whole)
        known = tuple(inside.model_fields if inside is not whole else paths_of(whole))
        close = [name for name in difflib.get_close_matches(where[-1], known, n=1) if name != where[-1]]
        guess = f"; did you mean {close[0]!r}?" if close else "; see `python -m distill_core list settings`"
        if inside in (Phase, Term):
            guess = f"; {'a phase' if inside is Phase else 'a term'} takes {', '.join(known)}"
        return f"{'.'.join(where)}: there is no such setting{guess}"
    if problem["type"] == "missing":
        return f"{'.'.join(where)}: is missing; give it ({_description(where, whole) or 'it has no default'})"
    if problem["type"] == "value_error" or not where:
        return f"{'.'.join(where)}: {message}" if where else message
    kind = _KINDS.get(problem["type"].partition("_")[0])
    message = f"it must be {kind}" if kind else message.replace("Input should be", "it must be")
    if where == ["phases"]:
        message = "it must be three lengths that sum to 1, such as 0.2,0.6,0.2"
    hint = _description(where, whole)
    return f"{'.'.join(where)}: got {problem.get('input')!r}; {message}{f' ({hint})' if hint else ''}"


def _inside(where: list[str], whole: type[Part]) -> type[Part]:
    """The part that a setting stands in: ``["phases", "0", "pool"]`` -> `Phase`."""
    if len(where) > 2 and where[0] in ("phases", "terms"):
        return Phase if where[0] == "phases" else Term
    return PARTS.get(where[0], whole) if len(where) > 1 else whole


def _description(where: list[str], whole: type[Part]) -> str | None:
    leaf = where[-1]
    parts: tuple[type[Part], ...] = (_inside(where, whole), whole, *PARTS.values(), Phase, Term)
    for part in parts:
        if leaf in part.model_fields:
            return part.model_fields[leaf].description
    return None
