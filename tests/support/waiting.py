"""A test waits for a condition with a deadline; it never sleeps and hopes."""

import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")


def eventually(ask: Callable[[], Answer], seconds: float = 20.0) -> Answer:
    """The first true answer of `ask`; fails the test if none comes in time."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"did not come true in {seconds} s: {ask}"
        time.sleep(0.02)
    return answer
