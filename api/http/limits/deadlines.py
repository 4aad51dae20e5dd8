"""A request that finds no answer in its time is cancelled; one timer serves all, since one each would cost too much.

The deadline is met to a quarter of a second, and only up to the beginning of the answer.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

_LOOK_SECONDS = 0.25


class Deadlines:
    """Runs requests under a time limit; used on one event loop."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[asyncio.Task[Any], float] = {}
        self._expired: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def run(self, work: Awaitable[None]) -> None:
        """Run the work of the current task; raises ``TimeoutError`` where it took too long."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine that runs on a loop is in a task
        self._until[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop)
        try:
            await work
        except asyncio.CancelledError:
            # Cancelled from elsewhere too, it must end; cancelled by us alone, it is late (as asyncio.timeout has it).
            if task in self._expired and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            self._until.pop(task, None)
            self._expired.discard(task)

    def lift(self, task: asyncio.Task[Any] | None) -> None:
        """Take the deadline from a task: its answer has begun."""
        if task is not None:
            self._until.pop(task, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task in [task for task, until in self._until.items() if until < now]:
            del self._until[task]
            self._expired.add(task)
            task.cancel()
        self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop) if self._until else None
