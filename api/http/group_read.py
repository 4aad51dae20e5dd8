"""Group reads: what is asked while a query runs is asked together in the next one, and each gets its own answer.

A lone question is asked at once; under load the round trip and its costs are shared by all who wait.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

BATCH = 200
_SPILL = 100


class GroupRead(Generic[Question, Answer]):
    """Gathers questions for ``read``, which answers a batch in order; used on one event loop."""

    def __init__(self, read: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]]) -> None:
        self._read = read
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, question: Question) -> Answer:
        """Return the answer, or raise what the batch raised."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, answer))
        # A second query at once would only make the groups smaller, unless the first one is stuck.
        if self._running == 0 or (self._running == 1 and len(self._waiting) >= _SPILL):
            self._running += 1
            task = loop.create_task(self._run())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await answer

    async def _run(self) -> None:
        try:
            await self._answer_all()
        finally:
            # At once when nothing waits, so that no question can come in between and wait for nobody.
            self._running -= 1

    async def _answer_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                answers = await self._read([question for question, _ in batch])
            except Exception as error:  # noqa: BLE001 - each who waits learns it, and handles it as its own
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                continue
            for (_, answer), given in zip(batch, answers, strict=True):
                if not answer.done():
                    answer.set_result(given)
