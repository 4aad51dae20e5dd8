"""Runs policies over a feed: what they say is submitted before the bookmark moves, so nothing is left unsaid.

After a crash an event comes again and is answered as before; a refusal is kept for people to look at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from consumers.policies.streams import RecordedStreams
from consumers.ports import PolicyStore
from ledger.envelope import Recorded, canonical_submission
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from projections.feed import Batch, Bookmarks, Delivered

SUBMITTER = "policies"
_AT_ONCE = 500

Policy = Callable[[Recorded, RecordedStreams], Iterable[Mapping[str, Any]]]

log = structlog.get_logger(__name__)


class Policies:
    """Some policies as a follower of one feed; :class:`consumers.projection_run.ProjectionRun` drives it."""

    def __init__(self, ledger: Ledger, store: PolicyStore, policies: Sequence[Policy]) -> None:
        self._ledger = ledger
        self._streams = RecordedStreams(ledger.event_log)
        self._store = store
        self._policies = policies
        self._known: dict[int, int] = {}

    def bookmarks(self) -> Bookmarks:
        """Return the position up to which each lane was reacted to. Raises ``LogUnavailable``."""
        self._known = dict(self._store.bookmarks())
        return dict(self._known)

    def apply(self, batch: Sequence[Delivered]) -> int:
        """Submit what follows from a batch, then move the bookmarks; return how many submissions were made.

        Raises ``LogUnavailable``: the batch comes again, and what was recorded already is answered as it was.
        """
        said, moved = 0, dict(batch.seen) if isinstance(batch, Batch) else {}
        for delivered in batch:
            if delivered.position <= self._known.get(delivered.lane, 0):
                continue
            moved[delivered.lane] = max(delivered.position, moved.get(delivered.lane, 0))
            for policy in self._policies:
                said += self._submit(delivered.recorded, list(policy(delivered.recorded, self._streams)))
        moved = {lane: position for lane, position in moved.items() if position > self._known.get(lane, 0)}
        if moved:
            self._store.move(moved)
            self._known.update(moved)
        return said

    def close(self) -> None:
        """Hold nothing between batches."""

    def _submit(self, cause: Recorded, events: Sequence[Mapping[str, Any]]) -> int:
        for start in range(0, len(events), _AT_ONCE):
            submissions = [canonical_submission(dict(event)) for event in events[start : start + _AT_ONCE]]
            outcomes = self._ledger.submit([Incoming(submission, SUBMITTER) for submission in submissions])
            refused = [outcome for outcome in outcomes if isinstance(outcome, Refusal)]
            for refusal in refused:
                log.warning("policy.refused", cause=cause.position, id=refusal.id, code=refusal.code)
            if refused:
                self._store.keep_refusals(cause.position, [(each.source, each.id, each.code) for each in refused])
        return len(events)
