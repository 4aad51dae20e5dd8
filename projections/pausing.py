"""Folding makes many small objects and no cycles, and the cycle collector takes a third of the time to find none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Leave memory to reference counts for a while; nothing is paused where somebody else paused it already."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
