"""While one batch is being recorded, the next one is judged on what the first will have recorded.

Where that came otherwise, the batch is judged again: what is recorded never rests on what was not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from ledger.envelope import Submission
from ledger.log import Appended, ConcurrentUpdate, LogUnavailable
from ledger.outcomes import Outcome

if TYPE_CHECKING:
    from ledger.service import Incoming, Judged, Ledger


class Pipeline:
    """The way into a ledger for one thread; while a batch is under way, other threads' submissions wait.

    Where :meth:`put` raises, nothing of its batch was recorded, and :meth:`settle` gives the outcomes of the batch
    before it; if that then returns ``None``, the fate of that batch is unknown too.
    """

    def __init__(self, ledger: Ledger, on_recorded: Callable[[], object]) -> None:
        self._ledger = ledger
        self._on_recorded = on_recorded
        self._recorder = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._under_way: tuple[Judged, Future[list[Appended]]] | None = None
        self._answered: list[Outcome] | None = None

    @property
    def is_recorded(self) -> bool:
        """Whether a batch is under way that only waits to be settled."""
        return self._under_way is not None and self._under_way[1].done()

    def put(self, incoming: Sequence[Incoming]) -> list[Outcome] | None:
        """Judge a batch and begin to record it; return the outcomes of the batch before it, if one was under way."""
        ledger = self._ledger
        if self._under_way is None:
            ledger.lock.acquire()
        try:
            judged: Judged | None = None
            if self._under_way is not None:
                judged = self._judge_beside(incoming, self._under_way[0])
                self._answered, came_as_judged = self._finish()
                judged = judged if came_as_judged else None
            if judged is None:
                judged = self._judged_for_sure(incoming)
            ledger.remember(judged)
            appending = self._recorder.submit(ledger.record, judged, ledger.head_for(judged))
        except BaseException:
            if self._under_way is None and self._answered is None:
                ledger.lock.release()
            raise
        self._under_way = (judged, appending)
        appending.add_done_callback(lambda _: self._on_recorded())
        outcomes, self._answered = self._answered, None
        return outcomes

    def settle(self) -> list[Outcome] | None:
        """Wait for the batch under way and return its outcomes, ``None`` where there is none."""
        if self._under_way is None and self._answered is None:
            return None
        try:
            outcomes, self._answered = self._answered, None
            return outcomes if outcomes is not None else self._finish()[0]
        finally:
            self._ledger.lock.release()

    def close(self) -> None:
        """Let the batch under way be recorded, though nobody asks for its outcomes, and end the thread."""
        with suppress(LogUnavailable, ConcurrentUpdate):
            self.settle()
        self._recorder.shutdown()

    def _judge_beside(self, incoming: Sequence[Incoming], under_way: Judged) -> Judged | None:
        """Judge a batch on what another one, still under way, will have recorded; ``None`` where that must be seen."""
        identities = {each.submission.identity for each in incoming if isinstance(each.submission, Submission)}
        if not identities.isdisjoint(under_way.batch.identities):
            return None
        try:
            return self._ledger.judge(incoming, ours=frozenset(draft.stream for draft in under_way.batch.drafts))
        except LogUnavailable:
            return None

    def _judged_for_sure(self, incoming: Sequence[Incoming]) -> Judged:
        try:
            return self._ledger.judge(incoming)
        except LogUnavailable:
            # A dead pooled connection looks like a dead database: once more tells them apart.
            return self._ledger.judge(incoming)

    def _finish(self) -> tuple[list[Outcome], bool]:
        """Return the outcomes of the batch under way, and whether it came to be recorded as it was judged."""
        if self._under_way is None:
            raise AssertionError("no batch is under way")
        (judged, appending), self._under_way = self._under_way, None
        try:
            appended = appending.result()
        except (ConcurrentUpdate, LogUnavailable):
            self._ledger.forget()
            return self._ledger.attempt(judged.incoming), False
        return self._ledger.settled(judged, appended), True
