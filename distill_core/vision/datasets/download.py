"""Fetching a published file: no output, a time limit on silence, and the file appears only when it is whole."""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from distill_core.errors import DataUnavailable
from distill_core.home import writable_folder
from distill_core.task import no_matter

SILENCE_SECONDS = 20.0


def fetch(urls: Sequence[str], path: Path, md5: str, between: Callable[[], None] = no_matter) -> None:
    """Downloads to `path` from the first address that gives the file with this MD5; does nothing if it is there.

    Args:
        urls: addresses of the same file, tried in order.
        path: where it goes; the folder is made.
        md5: the published checksum.
        between: called before each megabyte; may raise to end the download, of which nothing is kept then.

    Raises:
        DataUnavailable: with what went wrong at each address.
        StorageError: if the folder cannot be written to.
    """
    if path.is_file() and _md5(path) == md5:
        return
    writable_folder(path.parent)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    failures = []
    try:
        for url in urls:
            try:
                _copy(url, partial, between)
            except (OSError, http.client.HTTPException) as error:
                failures.append(f"{urlsplit(url).hostname}: {_reason(error)}")
                continue
            if _md5(partial) == md5:
                partial.replace(path)
                return
            failures.append(f"{urlsplit(url).hostname}: what came does not have the published checksum")
    finally:
        partial.unlink(missing_ok=True)
    raise DataUnavailable("; ".join(failures))


def _reason(error: Exception) -> str:
    """Why an address gave nothing, without the system's error number."""
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason)


def _copy(url: str, path: Path, between: Callable[[], None]) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "distillation-workbench"})
    between()
    with urllib.request.urlopen(request, timeout=SILENCE_SECONDS) as response, path.open("wb") as file:
        while chunk := response.read(1 << 20):
            file.write(chunk)
            between()


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
