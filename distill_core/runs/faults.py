"""Errors as a user should read them."""

from __future__ import annotations


def sentence_of(error: BaseException) -> str:
    """An error for the user: the library's own as it is, another with its kind."""
    if is_named(error, "DistillError"):
        return str(error)
    return (
        f"Something went wrong that the workbench did not expect ({type(error).__name__}: {error}). "
        "What the run had saved is kept; the traceback is in its details."
    )


def is_named(error: BaseException, name: str) -> bool:
    """Whether an error is of this class, by name: a reloaded module's class is another object."""
    return any(kind.__name__ == name for kind in type(error).__mro__)
