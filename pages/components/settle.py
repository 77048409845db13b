"""Keeps the garbage collector off what was imported for good.

Streamlit collects garbage after every run of a page, and a live page runs once a second. With torch loaded a
collection walks through 400,000 objects that will never be garbage: 0.2 s of CPU a tick, many times what the page
itself takes. Frozen, they are left alone.
"""

from __future__ import annotations

import gc
import sys
import threading

MANY_NEW_MODULES = 200

_lock = threading.Lock()
_modules_seen = 0


def settle() -> None:
    """Freezes what is there, once each time that many modules came; otherwise it costs nothing."""
    global _modules_seen
    if len(sys.modules) - _modules_seen < MANY_NEW_MODULES or not _lock.acquire(blocking=False):
        return
    try:
        gc.collect()
        gc.freeze()
        _modules_seen = len(sys.modules)
    finally:
        _lock.release()
